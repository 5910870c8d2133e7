import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../test/helpers/recorded-logger.js';
import { CONTRACT_NOW, itKeepsTheStateContract } from '../../test/helpers/state-store-contract.js';
import type { Sleep } from '../shared/backoff.js';
import { fixedClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { StateError } from './errors.js';
import { MemoryStore } from './memory-store.js';
import type { CachedValue, Change, StateStore, StoredRecord } from './port.js';
import { openResilientStore, type RecordConflict, type ResilientStore } from './resilient-store.js';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const LATER = new Date('2026-01-02T04:04:05.678Z');

/** A server that can be switched off, seen through any number of connections. */
class Backend {
  readonly data = new MemoryStore();
  usable = true;
  /** Operations that are still carried out before the server fails. */
  operationsLeft = Infinity;
  /** Runs before each operation. */
  beforeOperation: () => Promise<void> = () => Promise.resolve();
  connections = 0;

  open = (): Promise<StateStore> => {
    if (!this.usable) return Promise.reject(new StateError('Redis redis.example.com:6379 is down'));
    this.connections += 1;
    return Promise.resolve(new Connection(this));
  };
}

class Connection implements StateStore {
  readonly isDurable = true;
  readonly description = 'Redis redis.example.com:6379';
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async #use<R>(operation: (data: MemoryStore) => Promise<R>): Promise<R> {
    await this.#backend.beforeOperation();
    this.#backend.operationsLeft -= 1;
    if (!this.#backend.usable || this.#backend.operationsLeft < 0) {
      throw new StateError('Redis redis.example.com:6379 does not answer');
    }
    return operation(this.#backend.data);
  }

  update<T, R>(bucket: string, key: string, change: (current: T | undefined) => Change<T, R>): Promise<R> {
    return this.#use((data) => data.update(bucket, key, change));
  }
  list(bucket: string): Promise<readonly StoredRecord[]> {
    return this.#use((data) => data.list(bucket));
  }
  read(key: string, now: Date): Promise<CachedValue | undefined> {
    return this.#use((data) => data.read(key, now));
  }
  write(key: string, value: CachedValue): Promise<void> {
    return this.#use((data) => data.write(key, value));
  }
  forget(key: string): Promise<void> {
    return this.#use((data) => data.forget(key));
  }
  close(): Promise<void> {
    this.#backend.connections -= 1;
    return Promise.resolve();
  }
}

interface Fixture {
  readonly backend: Backend;
  readonly store: ResilientStore;
  readonly lines: LogLine[];
  readonly conflicts: RecordConflict[];
  /** Pauses asked for so far, in milliseconds (without jitter). */
  readonly pauses: number[];
  /** Ends the pause before the next attempt to open the store, and waits until that attempt is over. */
  attempt(): Promise<void>;
}

const countOf = (record: unknown): number => (record as number | undefined) ?? 0;
const addUp = ({ base, memory, primary }: RecordConflict): number =>
  countOf(primary) + countOf(memory) - countOf(base);

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function fixture(
  backend = new Backend(),
  merge: (conflict: RecordConflict) => unknown = addUp,
): Promise<Fixture> {
  const { logger, lines } = recordedLogger();
  const conflicts: RecordConflict[] = [];
  const pauses: number[] = [];
  let endPause: () => void = () => undefined;
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      pauses.push(ms);
      endPause = resolve;
      signal?.addEventListener('abort', () => {
        resolve();
      });
    });
  const store = await openResilientStore({
    open: backend.open,
    merge: (conflict) => {
      conflicts.push(conflict);
      return merge(conflict);
    },
    logger,
    sleep,
    clock: fixedClock(NOW),
  });
  const attempt = async (): Promise<void> => {
    endPause();
    await turns();
  };
  return { backend, store, lines, conflicts, pauses, attempt };
}

function increment(store: StateStore, key = 'day'): Promise<number> {
  return store.update<number, number>('ledger', key, (count = 0) => ({ next: count + 1, result: count + 1 }));
}

function remove(store: StateStore, key: string): Promise<undefined> {
  return store.update<number, undefined>('ledger', key, () => ({ next: undefined, result: undefined }));
}

async function ledgerOf(store: StateStore): Promise<Record<string, unknown>> {
  const records = await store.list('ledger');
  return Object.fromEntries(records.map(({ key, value }) => [key, value]));
}

const levels = (lines: readonly LogLine[]): string[] =>
  lines.filter(({ level }) => level !== 'debug').map(({ level, msg }) => `${level}: ${msg}`);

describe('a resilient store whose primary works', () => {
  itKeepsTheStateContract(() =>
    openResilientStore({
      open: () => Promise.resolve(new MemoryStore()),
      merge: addUp,
      logger: recordedLogger().logger,
      clock: fixedClock(CONTRACT_NOW),
    }),
  );

  it('uses the primary and says so', async () => {
    const { store, backend, lines } = await fixture();
    await increment(store);
    expect(await ledgerOf(backend.data)).toEqual({ day: 1 });
    expect(store.description).toBe('Redis redis.example.com:6379');
    expect(store.health()).toEqual({ ok: true });
    expect(levels(lines)).toEqual([]);
  });

  it('does not take an error of the caller for a failure of the primary', async () => {
    const { store } = await fixture();
    const failing = store.update('ledger', 'day', () => {
      throw new RangeError('a bug of the caller');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(store.health()).toEqual({ ok: true });
  });
});

describe('a resilient store whose primary cannot be opened', () => {
  it('begins in memory, and carries over what it has when the primary comes', async () => {
    const backend = new Backend();
    backend.usable = false;
    const { store, lines, attempt } = await fixture(backend);
    expect(await increment(store)).toBe(1);
    expect(store.description).toBe('memory');
    expect(store.health()).toEqual({
      ok: false,
      detail: 'state is kept in memory: Redis redis.example.com:6379 is down',
    });
    backend.usable = true;
    await attempt();
    expect(store.health()).toEqual({ ok: true });
    expect(await ledgerOf(backend.data)).toEqual({ day: 1 });
    expect(levels(lines)).toEqual([
      'error: the state store cannot be used; going on with limits and cache in memory until it can',
      'info: the state store can be used again',
    ]);
  });

  it('does not hide a mistake in the configuration', async () => {
    const opening = openResilientStore({
      open: () => Promise.reject(new ConnectorError('The Redis URL is not valid.', 'configuration')),
      merge: addUp,
      logger: recordedLogger().logger,
    });
    await expect(opening).rejects.toThrow('The Redis URL is not valid.');
  });
});

describe('a resilient store whose primary fails', () => {
  it('goes on at once from the records it has seen there', async () => {
    const { store, backend, lines } = await fixture();
    await increment(backend.data, 'parked');
    await store.list('ledger');
    await increment(store);
    await increment(store);
    backend.usable = false;
    expect(await increment(store)).toBe(3);
    expect(await Promise.all([increment(store), increment(store)])).toEqual([4, 5]);
    expect(await ledgerOf(store)).toEqual({ parked: 1, day: 5 });
    expect(store.health().ok).toBe(false);
    expect(levels(lines)).toHaveLength(1);
  });

  it('logs once when many operations fail together, and closes what failed', async () => {
    const { store, backend, lines } = await fixture();
    await increment(store);
    backend.usable = false;
    const counts = await Promise.all(Array.from({ length: 10 }, () => increment(store)));
    expect(counts.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(levels(lines)).toHaveLength(1);
    expect(backend.connections).toBe(0);
  });

  it('carries its changes over without a question when nobody else changed the records', async () => {
    const { store, backend, conflicts, attempt } = await fixture();
    for (const key of ['kept', 'changed', 'deleted']) await increment(store, key);
    backend.usable = false;
    await increment(store, 'changed');
    await remove(store, 'deleted');
    await increment(store, 'created');
    backend.usable = true;
    await attempt();
    expect(await ledgerOf(backend.data)).toEqual({ kept: 1, changed: 2, created: 1 });
    expect(conflicts).toEqual([]);
    expect(await increment(store, 'changed')).toBe(3);
  });

  it('asks how to merge a record that others changed meanwhile', async () => {
    const { store, backend, conflicts, attempt } = await fixture();
    await increment(store);
    backend.usable = false;
    await increment(store);
    await increment(store);
    for (let others = 0; others < 10; others += 1) await increment(backend.data);
    backend.usable = true;
    await attempt();
    expect(conflicts).toEqual([{ bucket: 'ledger', key: 'day', base: 1, memory: 3, primary: 11 }]);
    expect(await ledgerOf(backend.data)).toEqual({ day: 13 });
    expect(await increment(store)).toBe(14);
  });

  it('keeps its own version, and reports the defect, when merging fails', async () => {
    const { store, backend, lines, attempt } = await fixture(new Backend(), () => {
      throw new TypeError('a bug of the merge');
    });
    backend.usable = false;
    await increment(store);
    backend.usable = true;
    await backend.data.update('ledger', 'day', () => ({ next: 5, result: undefined }));
    await attempt();
    expect(await ledgerOf(backend.data)).toEqual({ day: 1 });
    expect(levels(lines)).toContain('error: two versions of a record cannot be merged; keeping ours');
  });

  it('carries over cached values that were written and forgotten meanwhile', async () => {
    const { store, backend, attempt } = await fixture();
    const value: CachedValue = { bytes: Buffer.from('report'), storedAt: NOW, expiresAt: LATER };
    await store.write('old', value);
    backend.usable = false;
    await store.write('new', value);
    await store.forget('old');
    expect(await store.read('new', NOW)).toEqual(value);
    backend.usable = true;
    await attempt();
    expect(await backend.data.read('new', NOW)).toEqual(value);
    expect(await backend.data.read('old', NOW)).toBeUndefined();
  });

  it('does not answer with what it cached in an earlier outage', async () => {
    const { store, backend, attempt } = await fixture();
    const value = (text: string): CachedValue => ({
      bytes: Buffer.from(text),
      storedAt: NOW,
      expiresAt: LATER,
    });
    backend.usable = false;
    await store.write('file:1', value('older'));
    await store.write('file:2', value('older'));
    backend.usable = true;
    await attempt();
    await store.write('file:1', value('newer'));
    await store.forget('file:2');
    backend.usable = false;
    expect(await store.read('file:1', NOW)).toBeUndefined();
    expect(await store.read('file:2', NOW)).toBeUndefined();
  });

  it('loses no change that is made while it carries over', async () => {
    const { store, backend, attempt } = await fixture();
    backend.usable = false;
    await increment(store, 'first');
    await increment(store, 'second');
    backend.usable = true;
    let late = 0;
    backend.beforeOperation = async () => {
      if ((late += 1) > 5) return;
      await increment(store, 'first');
      await increment(store, `late-${late}`);
    };
    await attempt();
    backend.beforeOperation = () => Promise.resolve();
    expect(store.health()).toEqual({ ok: true });
    expect(await ledgerOf(backend.data)).toEqual({
      first: 6,
      second: 1,
      'late-1': 1,
      'late-2': 1,
      'late-3': 1,
      'late-4': 1,
      'late-5': 1,
    });
  });

  it('stays in memory with everything when the primary fails again halfway', async () => {
    const { store, backend, lines, attempt } = await fixture();
    await increment(store, 'a');
    backend.usable = false;
    for (const key of ['a', 'b', 'c']) await increment(store, key);
    backend.usable = true;
    backend.operationsLeft = 1;
    await attempt();
    expect(store.health().ok).toBe(false);
    await increment(store, 'a');
    backend.operationsLeft = Infinity;
    await attempt();
    expect(store.health()).toEqual({ ok: true });
    expect(await ledgerOf(backend.data)).toEqual({ a: 3, b: 1, c: 1 });
    expect(levels(lines)).toHaveLength(2);
    expect(backend.connections).toBe(1);
  });

  it('waits longer and longer, also when the primary opens but fails again soon', async () => {
    const { store, backend, pauses, attempt } = await fixture();
    for (let outage = 0; outage < 4; outage += 1) {
      backend.usable = false;
      await increment(store);
      await attempt();
      backend.usable = true;
      await attempt();
    }
    const ceilings = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
    expect(pauses).toHaveLength(ceilings.length);
    expect(pauses.every((pause, index) => pause <= ceilings[index]!)).toBe(true);
  });

  it('tries a last time to carry over when it is closed', async () => {
    const { store, backend } = await fixture();
    backend.usable = false;
    await increment(store);
    backend.usable = true;
    await store.close();
    expect(await ledgerOf(backend.data)).toEqual({ day: 1 });
    expect(backend.connections).toBe(0);
  });

  it('can be closed while the primary is still out of reach', async () => {
    const { store, backend } = await fixture();
    backend.usable = false;
    await increment(store);
    await store.close();
    await expect(increment(store)).rejects.toThrow(StateError);
  });

  it('counts exactly, whatever the order of our changes, those of others, and outages', async () => {
    const event = fc.constantFrom('ours', 'theirs', 'fails', 'recovers');
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
        const { store, backend, attempt } = await fixture();
        let expected = 0;
        for (const happening of [...events, 'recovers']) {
          if (happening === 'fails') backend.usable = false;
          else if (happening === 'recovers') {
            backend.usable = true;
            await attempt();
          } else {
            await increment(happening === 'ours' ? store : backend.data);
            expected += 1;
          }
        }
        expect(countOf((await ledgerOf(backend.data)).day)).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });
});
