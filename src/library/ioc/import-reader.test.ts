import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { typescriptThread } from '../../../test/helpers/typescript-thread.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { ImportReader, type ImportReaderOptions } from './import-reader.js';
import { readImport } from './read-import.js';

const LARGE = 'hxxp://evil[.]com/a and 198.51.100.3\n'.repeat(3000);

const readers: ImportReader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

/** A reader whose threads are counted. */
function readerOf(
  startThread: () => Worker,
  options: ImportReaderOptions = {},
): { reader: ImportReader; threads: Worker[] } {
  const threads: Worker[] = [];
  const reader = new ImportReader({
    maxThreads: 1,
    ...options,
    startThread: () => {
      const thread = startThread();
      threads.push(thread);
      return thread;
    },
  });
  readers.push(reader);
  return { reader, threads };
}

const real = (): Worker => typescriptThread(new URL('./import-thread.ts', import.meta.url));

/** A thread that does this with each message. */
const doing = (body: string) => (): Worker =>
  new Worker(
    `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => { ${body} });`,
    {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    },
  );
const silent = doing('');

async function faultOf(reading: Promise<unknown>): Promise<Pick<ConnectorError, 'kind' | 'message'>> {
  const error: unknown = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectorError)) throw new Error('nothing was told', { cause: error });
  return { kind: error.kind, message: error.message };
}

describe('an import reader', () => {
  it('reads a large content on a thread, as it would be read in place', async () => {
    const { reader, threads } = readerOf(real);
    const [first, second] = await Promise.all([
      reader.read(LARGE),
      reader.read(LARGE, { format: 'csv', filename: 'x' }),
    ]);
    expect(first).toEqual(readImport(LARGE));
    expect(second).toEqual(readImport(LARGE, { format: 'csv', filename: 'x' }));
    expect(threads).toHaveLength(1);
  });

  it('reads a small content without a thread', async () => {
    const { reader, threads } = readerOf(silent);
    expect(await reader.read('evil.com', { format: 'text' })).toEqual(
      readImport('evil.com', { format: 'text' }),
    );
    expect(threads).toHaveLength(0);
  });

  it('refuses what is too large before it starts a thread', async () => {
    const { reader, threads } = readerOf(silent);
    expect(await faultOf(reader.read('a'.repeat(5_000_001)))).toEqual({
      kind: 'invalid',
      message: 'content has 5.0 MB; 5 MB at most are read at once. Split it.',
    });
    expect(threads).toHaveLength(0);
  });

  it('ends a thread that has nothing to do, and starts another one when there is', async () => {
    const { reader, threads } = readerOf(real, { idleMs: 1 });
    await reader.read(LARGE);
    const [thread] = threads;
    if (thread !== undefined && thread.threadId !== -1) await once(thread, 'exit');
    await reader.read(LARGE);
    expect(threads).toHaveLength(2);
  });

  it.each([
    [
      'throws',
      doing('throw new Error("a defect")'),
      { kind: 'defect', message: 'The content could not be read: a defect. Split it, or try again.' },
    ],
    [
      'exits',
      doing('process.exit(7)'),
      {
        kind: 'defect',
        message: 'The content could not be read: its thread ended with code 7. Split it, or try again.',
      },
    ],
    [
      'takes too much memory',
      doing('const all = []; for (;;) all.push(new Array(1000).fill(all.length))'),
      { kind: 'invalid', message: 'content takes too much memory to read. Split it.' },
    ],
  ])('tells of a thread that %s, and reads the next content on another one', async (_, body, fault) => {
    let isFirst = true;
    const start = (): Worker => {
      const thread = isFirst ? body() : real();
      isFirst = false;
      return thread;
    };
    const { reader, threads } = readerOf(start);
    expect(await faultOf(reader.read(LARGE))).toEqual(fault);
    expect(await reader.read(LARGE)).toEqual(readImport(LARGE));
    expect(threads).toHaveLength(2);
  });

  it('ends a thread that takes too long, and gives the next content a thread and time of its own', async () => {
    const { reader, threads } = readerOf(doing('for (;;);'), { timeoutMs: 100 });
    const fault = { kind: 'invalid', message: 'content takes longer than 0.1 s to read. Split it.' };
    expect(await Promise.all([1, 2].map(() => faultOf(reader.read(LARGE))))).toEqual([fault, fault]);
    expect(threads).toHaveLength(2);
  });

  it('gives what waits to another thread when the first one dies', async () => {
    let started = 0;
    const { reader } = readerOf(() => ((started += 1) === 1 ? doing('process.exit(1)')() : real()));
    const [first, second] = await Promise.allSettled([reader.read(LARGE), reader.read(LARGE)]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('says so when a thread cannot be started', async () => {
    const { reader } = readerOf(() => {
      throw new Error('no thread');
    });
    expect(await faultOf(reader.read(LARGE))).toEqual({
      kind: 'defect',
      message: 'The content could not be read: no thread. Split it, or try again.',
    });
  });

  it('uses no more threads than it may, lets some wait, refuses the others, and tells all when it is closed', async () => {
    const { reader, threads } = readerOf(silent, { maxThreads: 2, maxWaiting: 1 });
    const waiting = [1, 2, 3].map(() => faultOf(reader.read(LARGE)));
    expect(await faultOf(reader.read(LARGE))).toEqual({
      kind: 'transient',
      message: 'Too many contents are being read. Try again in a minute.',
    });
    expect(threads).toHaveLength(2);
    await reader.close();
    const stopped = {
      kind: 'transient',
      message: 'The library is stopping. Try again when it has started.',
    };
    expect(await Promise.all([...waiting, faultOf(reader.read(LARGE))])).toEqual(Array(4).fill(stopped));
  });
});
