import { describe, expect, it } from 'vitest';
import type { Sleep } from '../shared/backoff.js';
import { StateError } from './errors.js';
import {
  acquireLease,
  LEASE_BUCKET,
  releaseLease,
  sweepLeases,
  withLease,
  type LeaseTerms,
} from './lease.js';
import { MemoryStore } from './memory-store.js';

const START = Date.parse('2026-01-02T03:04:05.000Z');
const at = (ms: number): Date => new Date(START + ms);

/** A clock that only moves when somebody sleeps on it. */
function sleepyClock(): { clock: { now(): Date }; sleep: Sleep; slept: number[] } {
  let now = START;
  const slept: number[] = [];
  return {
    clock: { now: () => new Date(now) },
    slept,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

/** Sleeps only end when they are aborted: nothing is renewed. */
const untilAborted: Sleep = (_ms, signal) =>
  new Promise((resolve) => {
    signal?.addEventListener('abort', () => {
      resolve();
    });
  });

function termsOf(changes: Partial<LeaseTerms>): LeaseTerms {
  return {
    store: new MemoryStore(),
    key: 'file:1',
    holder: 'replica-a',
    ttlMs: 30_000,
    clock: { now: () => at(0) },
    sleep: untilAborted,
    ...changes,
  };
}

describe('a lease', () => {
  it('is refused to others until it is released', async () => {
    const store = new MemoryStore();
    expect(await acquireLease(store, 'k', 'a', 1_000, at(0))).toEqual({ held: true });
    expect(await acquireLease(store, 'k', 'b', 1_000, at(999))).toEqual({ held: false, until: at(1_000) });
    await releaseLease(store, 'k', 'a');
    expect(await acquireLease(store, 'k', 'b', 1_000, at(999))).toEqual({ held: true });
  });

  it('goes to another when it has expired, and its first holder cannot release it then', async () => {
    const store = new MemoryStore();
    await acquireLease(store, 'k', 'a', 1_000, at(0));
    expect(await acquireLease(store, 'k', 'b', 1_000, at(1_000))).toEqual({ held: true });
    await releaseLease(store, 'k', 'a');
    expect(await acquireLease(store, 'k', 'a', 1_000, at(1_500))).toEqual({
      held: false,
      until: at(2_000),
    });
  });

  it('is renewed when its holder asks again', async () => {
    const store = new MemoryStore();
    await acquireLease(store, 'k', 'a', 1_000, at(0));
    await acquireLease(store, 'k', 'a', 1_000, at(600));
    expect(await acquireLease(store, 'k', 'b', 1_000, at(1_200))).toEqual({ held: false, until: at(1_600) });
  });

  it('is swept away only after it has expired', async () => {
    const store = new MemoryStore();
    await acquireLease(store, 'dead', 'a', 1_000, at(0));
    await acquireLease(store, 'alive', 'a', 5_000, at(0));
    await sweepLeases(store, at(1_000));
    expect((await store.list(LEASE_BUCKET)).map(({ key }) => key)).toEqual(['alive']);
  });
});

describe('withLease', () => {
  it('runs the task and gives the lease back', async () => {
    const terms = termsOf({});
    const answer = await withLease(terms, {
      ready: () => Promise.resolve(undefined),
      task: async () => {
        expect(await acquireLease(terms.store, terms.key, 'replica-b', 1, at(0))).toMatchObject({
          held: false,
        });
        return 'report';
      },
    });
    expect(answer).toBe('report');
    expect(await terms.store.list(LEASE_BUCKET)).toEqual([]);
  });

  it('takes what the former holder left between our look and our lease', async () => {
    const answer = await withLease(termsOf({}), {
      ready: () => Promise.resolve('cached'),
      task: () => Promise.reject(new Error('must not run')),
    });
    expect(answer).toBe('cached');
  });

  it('waits for another holder and takes its answer', async () => {
    const { clock, sleep, slept } = sleepyClock();
    const terms = termsOf({ clock, sleep, pollMs: 400 });
    await acquireLease(terms.store, terms.key, 'replica-b', 30_000, clock.now());
    let looks = 0;
    const answer = await withLease(terms, {
      ready: () => Promise.resolve((looks += 1) === 3 ? 'their report' : undefined),
      task: () => Promise.reject(new Error('must not run')),
    });
    expect(answer).toBe('their report');
    expect(slept).toEqual([400, 400, 400]);
  });

  it('takes over when the other holder died', async () => {
    const { clock, sleep, slept } = sleepyClock();
    const terms = termsOf({
      clock,
      sleep: (ms, signal) => (signal ? untilAborted(ms, signal) : sleep(ms)),
      pollMs: 400,
    });
    await acquireLease(terms.store, terms.key, 'replica-b', 1_000, clock.now());
    const answer = await withLease(terms, {
      ready: () => Promise.resolve(undefined),
      task: () => Promise.resolve('our report'),
    });
    expect(answer).toBe('our report');
    expect(slept).toEqual([400, 400, 200]);
  });

  it('renews the lease while the task runs', async () => {
    let renewals = 0;
    const sleep: Sleep = (ms, signal) => {
      expect(ms).toBe(10_000);
      renewals += 1;
      return renewals > 3 ? untilAborted(ms, signal) : Promise.resolve();
    };
    const terms = termsOf({ clock: { now: () => at(renewals * 10_000) }, sleep });
    await withLease(terms, {
      ready: () => Promise.resolve(undefined),
      task: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        // Taken at 0 s, renewed at 10, 20 and 30 s.
        expect(await terms.store.list(LEASE_BUCKET)).toEqual([
          { key: 'file:1', value: { holder: 'replica-a', expiresAt: START + 60_000 } },
        ]);
      },
    });
    expect(await terms.store.list(LEASE_BUCKET)).toEqual([]);
  });

  it('passes the error of the task on and gives the lease back', async () => {
    const terms = termsOf({});
    const failing = withLease(terms, {
      ready: () => Promise.resolve(undefined),
      task: () => Promise.reject(new Error('quota exhausted')),
    });
    await expect(failing).rejects.toThrow('quota exhausted');
    expect(await terms.store.list(LEASE_BUCKET)).toEqual([]);
  });

  it('keeps the answer even when the lease cannot be given back', async () => {
    const store = new MemoryStore();
    const answer = await withLease(termsOf({ store }), {
      ready: () => Promise.resolve(undefined),
      task: async () => {
        await store.close();
        return 'report';
      },
    });
    expect(answer).toBe('report');
    await expect(store.list(LEASE_BUCKET)).rejects.toThrow(StateError);
  });

  it('stops waiting when its signal aborts', async () => {
    const stop = new AbortController();
    const terms = termsOf({
      signal: stop.signal,
      sleep: () => {
        stop.abort(new Error('shutting down'));
        return Promise.resolve();
      },
    });
    await acquireLease(terms.store, terms.key, 'replica-b', 30_000, at(0));
    const waiting = withLease(terms, {
      ready: () => Promise.resolve(undefined),
      task: () => Promise.resolve('never'),
    });
    await expect(waiting).rejects.toThrow('shutting down');
  });

  it('runs one task for five replicas that ask at once', async () => {
    const store = new MemoryStore();
    let report: string | undefined;
    let runs = 0;
    const replica = (holder: string): Promise<string> =>
      withLease(termsOf({ store, holder, sleep: () => new Promise((resolve) => setImmediate(resolve)) }), {
        ready: () => Promise.resolve(report),
        task: async () => {
          runs += 1;
          await new Promise((resolve) => setImmediate(resolve));
          return (report = `report by ${holder}`);
        },
      });
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(replica));
    expect(runs).toBe(1);
    expect(new Set(answers)).toEqual(new Set(['report by a']));
  });
});
