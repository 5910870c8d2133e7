import { beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { MemoryStore } from '../state/memory-store.js';
import type { StateStore } from '../state/port.js';
import type { KeptCallback } from '../platform/inbound/callback-store.js';
import { StoredCallbacks } from './stored-callbacks.js';

const AT = Date.parse('2026-01-02T03:04:05Z');
const SILENCE_MS = 20_000;

let nowMs: number;
let durable: boolean;
let store: StateStore;
/** Ends the pause between two looks of each process. */
let ticks: (() => void)[];

beforeEach(() => {
  nowMs = AT;
  durable = true;
  ticks = [];
  const memory = new MemoryStore();
  store = {
    description: 'test',
    get isDurable() {
      return durable;
    },
    update: (...args) => memory.update(...args),
    list: (bucket) => memory.list(bucket),
    read: () => Promise.resolve(undefined),
    write: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
});

interface Process {
  readonly callbacks: StoredCallbacks;
  readonly taken: string[];
}

/** A process on the same state; it is never closed unless a test does, as if it had been killed. */
async function start(isShared: boolean, connectorId = 'connector-1'): Promise<Process> {
  const callbacks = new StoredCallbacks({
    store,
    connectorId,
    isShared,
    clock: { now: () => new Date(nowMs) },
    logger: recordedLogger().logger,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        ticks.push(resolve);
        if (signal !== undefined)
          signal.onabort = () => {
            resolve();
          };
      }),
  });
  const taken: string[] = [];
  await callbacks.watch((all) => taken.push(...all.map(({ key }) => key)));
  return { callbacks, taken };
}

/** Lets so much time pass, and every process that is not stopped look. */
async function pass(durationMs: number): Promise<void> {
  for (let passed = 0; passed < durationMs; passed += 5_000) {
    nowMs += 5_000;
    for (const tick of ticks.splice(0)) tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A process that is killed looks no more. */
function kill(): void {
  ticks = [];
}

const callback = (key: string, receivedAt = AT): KeptCallback => ({
  key,
  body: Buffer.from([0x7b, 0xff, 0x00, 0x7d]),
  receivedAt: new Date(receivedAt),
});

describe('accepted callbacks of one process', () => {
  it('come back after a crash, as they were received, the oldest first', async () => {
    const before = await start(false);
    for (const [key, at] of [
      ['second', AT + 1],
      ['third', AT + 2],
      ['first', AT],
    ] as const)
      expect(await before.callbacks.keep(callback(key, at))).toBe('kept');
    await before.callbacks.forget('third');
    kill();

    const callbacks = new StoredCallbacks({
      store,
      connectorId: 'connector-1',
      isShared: false,
      clock: { now: () => new Date(nowMs) },
      logger: recordedLogger().logger,
    });
    let taken: readonly KeptCallback[] = [];
    await callbacks.watch((all) => (taken = all));
    expect(taken).toEqual([callback('first'), callback('second', AT + 1)]);
  });

  it('are left alone by another connector on the same state', async () => {
    const { callbacks } = await start(false);
    await callbacks.keep(callback('one'));
    expect((await start(false, 'connector-2')).taken).toEqual([]);
  });

  it('are refused while the state does not survive the process, and nothing of them is left', async () => {
    const { callbacks } = await start(false);
    durable = false;
    await expect(callbacks.keep(callback('one'))).rejects.toThrow('memory');
    expect(callbacks.health()).toEqual({ ok: false, detail: expect.stringContaining('503') as string });
    durable = true;
    expect(callbacks.health()).toEqual({ ok: true });
    expect((await start(false)).taken).toEqual([]);
  });

  it('are refused when memory stands in just while they are kept', async () => {
    const { callbacks } = await start(false);
    const { update } = store;
    store.update = async (...args) => {
      const result = await update(...args);
      durable = false;
      return result;
    };
    await expect(callbacks.keep(callback('one'))).rejects.toThrow('memory');
    durable = true;
    expect((await start(false)).taken).toEqual([]);
  });

  it('are looked for as soon as the state can be used', async () => {
    const before = await start(false);
    await before.callbacks.keep(callback('one'));
    kill();
    durable = false;
    const after = await start(false);
    expect(after.taken).toEqual([]);
    durable = true;
    await pass(5_000);
    expect(after.taken).toEqual(['one']);
    await pass(60_000);
    expect(after.taken).toEqual(['one']);
  });

  it('that cannot be read are dropped, and stop nothing', async () => {
    const { callbacks } = await start(false);
    await callbacks.keep(callback('one'));
    for (const [index, damaged] of [null, 5, [], {}, { body: 7, receivedAt: 1, holder: 'x' }].entries())
      await store.update('callback connector-1', `damaged-${index}`, () => ({
        next: damaged,
        result: undefined,
      }));
    expect((await start(false)).taken).toEqual(['one']);
    expect(await store.list('callback connector-1')).toHaveLength(1);
  });
});

describe('accepted callbacks of replicas', () => {
  it('of one that died are taken up by one of the others, once, and only when it is silent for long', async () => {
    const dead = await start(true);
    await dead.callbacks.keep(callback('one'));
    await dead.callbacks.keep(callback('two', AT + 1));
    kill();
    const others = [await start(true), await start(true)];
    await pass(SILENCE_MS - 5_000);
    expect(others.flatMap(({ taken }) => taken)).toEqual([]);
    await pass(10_000);
    expect(others.flatMap(({ taken }) => taken).toSorted()).toEqual(['one', 'two']);
    await pass(2 * SILENCE_MS);
    expect(others.flatMap(({ taken }) => taken)).toHaveLength(2);
    expect(await store.list('callback-holder connector-1')).toHaveLength(2);
  });

  it('of one that lives are left alone', async () => {
    const first = await start(true);
    await first.callbacks.keep(callback('one'));
    const second = await start(true);
    await pass(10 * SILENCE_MS);
    expect(second.taken).toEqual([]);
    expect(await second.callbacks.keep(callback('one'))).toBe('elsewhere');
    expect(await first.callbacks.keep(callback('one'))).toBe('kept');
  });

  it('of one that has stopped are taken up at once', async () => {
    const first = await start(true);
    const second = await start(true);
    await first.callbacks.keep(callback('one'));
    await first.callbacks.close();
    await pass(5_000);
    expect(second.taken).toEqual(['one']);
    await second.callbacks.close();
    expect((await start(true)).taken).toEqual(['one']);
  });

  it('of one that nobody knows are taken up when nobody has come to know it', async () => {
    const first = await start(true);
    await first.callbacks.keep(callback('one'));
    kill();
    const [holder] = await store.list('callback-holder connector-1');
    await store.update('callback-holder connector-1', holder!.key, () => ({
      next: undefined,
      result: undefined,
    }));
    const second = await start(true);
    await pass(SILENCE_MS + 5_000);
    expect(second.taken).toEqual(['one']);
  });

  it('are not taken for left behind after an outage of the state, which the others notice later', async () => {
    const first = await start(true);
    await first.callbacks.keep(callback('one'));
    kill();
    const second = await start(true);
    durable = false;
    await pass(600_000);
    durable = true;
    await pass(60_000 + SILENCE_MS - 5_000);
    expect(second.taken).toEqual([]);
    await pass(10_000);
    expect(second.taken).toEqual(['one']);
  });

  it('are refused by one of which the others do not know', async () => {
    durable = false;
    const { callbacks } = await start(true);
    durable = true;
    await expect(callbacks.keep(callback('one'))).rejects.toThrow('do not know');
    await pass(5_000);
    expect(await callbacks.keep(callback('one'))).toBe('kept');
  });
});
