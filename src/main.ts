#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { runCommandLine } from './cli/command-line.js';

// Garbage is collected when the old generation has grown by two fifths. Left to itself, V8 lets it become several times
// as large, because there is room: a third less memory is worth a little more processor time. With a heap so small the
// threads that help to collect cost more than they take off the main one (docs/performance.md).
for (const flag of ['--heap-growing-percent=40', '--no-parallel-scavenge', '--no-concurrent-marking']) {
  setFlagsFromString(flag);
}

/** The only place that touches signals and exit codes. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort(signal);
  });
}

process.exitCode = await runCommandLine(process.argv, stop.signal);

// A call to a server that does not answer must not keep a stopped process alive.
setTimeout(() => {
  process.exit();
}, 1_000).unref();
