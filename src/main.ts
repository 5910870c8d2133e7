#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js';

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
