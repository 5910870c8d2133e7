import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LOADER = new URL('./typescript-loader.mjs', import.meta.url).href;
const WORKER = fileURLToPath(new URL('./state-worker.ts', import.meta.url));

/** Starts `state-worker.ts` in a process of its own; its standard output is a pipe. */
export function startStateWorker(command: 'count' | 'cache', store: string, times: number): ChildProcess {
  return spawn(process.execPath, ['--import', LOADER, WORKER, command, store, String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Waits for the end of a worker. @returns its exit code, or the signal that ended it. */
export async function endOf(worker: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(worker, 'exit')) as [number | null, string | null];
  return code ?? signal ?? 'unknown';
}

/** What a worker caches under `file:<index>`, so that the test can tell whether it is whole. */
export function cachedBytes(index: number): Buffer {
  return Buffer.from(`${index} `.repeat(200 + ((index * 37) % 4_000)));
}

/** What became of the command `fill`. */
export interface FillReport {
  /** The record, after it was counted up so many times. */
  readonly counted: number;
  readonly health: { readonly ok: boolean; readonly detail?: string };
  /** What was logged, without details. */
  readonly messages: readonly string[];
}

/**
 * Runs the command `fill` to its end, in a process whose files cannot grow beyond a bound: as on a disk that is full.
 *
 * @param blocks - The bound, in blocks of 512 bytes.
 */
export async function fillUp(path: string, times: number, blocks: number): Promise<FillReport> {
  const worker = spawn(
    '/bin/sh',
    [
      '-c',
      `ulimit -f ${blocks} && exec "$@"`,
      'sh',
      process.execPath,
      '--import',
      LOADER,
      WORKER,
      'fill',
      path,
      String(times),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let report = '';
  worker.stdout.setEncoding('utf8').on('data', (text: string) => (report += text));
  const [code] = (await once(worker, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the worker ended with ${String(code)}`);
  return JSON.parse(report) as FillReport;
}
