// The other side of import-reader.ts: a thread that reads one content after the other. What throws here ends the thread,
// and is told by the reader.
import { parentPort } from 'node:worker_threads';
import type { ReadRequest } from './import-reader.js';
import { readImport } from './read-import.js';

parentPort?.on('message', ({ content, options }: ReadRequest) => {
  parentPort?.postMessage(readImport(content, options));
});
