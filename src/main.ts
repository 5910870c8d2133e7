#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { runCommandLine } from './cli/command-line.js';
import { CrashReport } from './cli/crash-report.js';

// Garbage is collected when the old generation has grown by four fifths. Left to itself, V8 lets it become several times
// as large, because there is room: a third less memory is worth a little more processor time (docs/performance.md).
setFlagsFromString('--heap-growing-percent=80');

/** The only place that touches signals and exit codes. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort(signal);
  });
}

/** Nobody knows what state the process is in then; what it had not settled comes again. */
const crashes = new CrashReport();
for (const origin of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(origin, (error: unknown) => {
    crashes.tell(error, origin, console.error);
    // Not at once: the lines for persons are written a moment later.
    setImmediate(() => process.exit(1));
  });
}

process.exitCode = await runCommandLine(process.argv, stop.signal, crashes);

// A call to a server that does not answer must not keep a stopped process alive.
setTimeout(() => {
  process.exit();
}, 1_000).unref();
