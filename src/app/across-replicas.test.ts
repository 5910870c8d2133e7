import { beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { VirtualTime } from '../../test/helpers/virtual-time.js';
import { noTelemetry } from '../shared/telemetry.js';
import { StateError } from '../state/errors.js';
import { LEASE_BUCKET } from '../state/lease.js';
import { MemoryStore } from '../state/memory-store.js';
import { CachedVirusTotal } from '../virustotal/cache/cached-virustotal.js';
import type { LookUp, VirusTotal, VtObject } from '../virustotal/schema.js';
import { acrossReplicas } from './across-replicas.js';

const domain: VtObject = { kind: 'domain', name: 'example.com' };
const unknown: LookUp = { found: false };

let time: VirtualTime;
let store: MemoryStore;
let asked: string[];
/** How long VirusTotal takes, or requests wait for quota. */
let takesMs: Readonly<Record<string, number>>;
let failure: Error | undefined;

beforeEach(() => {
  time = new VirtualTime('2026-03-15T12:00:00.000Z');
  store = new MemoryStore();
  asked = [];
  takesMs = { manual: 200, auto: 200 };
  failure = undefined;
});

/** One replica: a process of its own that shares the store. */
function replica(stop?: AbortSignal): CachedVirusTotal {
  const { logger } = recordedLogger();
  const { clock, sleep } = time;
  const virusTotal: VirusTotal = {
    lookUp: async (_object, { priority, signal }) => {
      asked.push(priority);
      await sleep(takesMs[priority] ?? 0, signal);
      signal?.throwIfAborted();
      if (failure !== undefined) throw failure;
      return unknown;
    },
    yaraRuleset: () => Promise.resolve(undefined),
    extra: () => Promise.resolve(undefined),
    quota: () => Promise.reject(new Error('nobody asks')),
  };
  return new CachedVirusTotal(virusTotal, {
    store,
    keyId: 'key-a',
    foundMs: 600_000,
    unknownMs: 600_000,
    clock,
    logger,
    telemetry: noTelemetry,
    acrossReplicas: acrossReplicas(store, { clock, logger, sleep, signal: stop }),
  });
}

describe('replicas that want to know the same', () => {
  it('ask once', async () => {
    const answers = Promise.all(
      [replica(), replica(), replica()].map((one) => one.lookUp(domain, { priority: 'auto' })),
    );
    await time.pass(2000);
    expect(await answers).toEqual([unknown, unknown, unknown]);
    expect(asked).toEqual(['auto']);
    expect(await store.list(LEASE_BUCKET)).toEqual([]);
  });

  it('do not make a person wait for the machine of another', async () => {
    takesMs = { manual: 200, auto: 60_000 };
    const automatic = replica().lookUp(domain, { priority: 'auto' });
    await time.pass(1000);
    const manual = replica().lookUp(domain, { priority: 'manual' });
    await time.pass(300);
    expect(await manual).toEqual(unknown);
    expect(asked).toEqual(['auto', 'manual']);
    await time.pass(60_000);
    expect(await automatic).toEqual(unknown);
  });

  it('ask again when the first one fails', async () => {
    failure = new Error('no line');
    const first = replica().lookUp(domain, { priority: 'auto' });
    const second = replica().lookUp(domain, { priority: 'auto' });
    const ended = Promise.allSettled([first, second]);
    await time.pass(250);
    failure = undefined;
    await time.pass(2000);
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(asked).toEqual(['auto', 'auto']);
  });

  it('wait ten seconds for one that died', async () => {
    const key = await leaseKey();
    await store.update(LEASE_BUCKET, key, () => ({
      next: { holder: 'dead', expiresAt: time.clock.now().getTime() + 10_000 },
      result: undefined,
    }));
    const answer = replica().lookUp(domain, { priority: 'auto' });
    await time.pass(9_900);
    expect(asked).toEqual([]);
    await time.pass(1_000);
    expect(await answer).toEqual(unknown);
    expect(asked).toEqual(['auto']);
  });

  it('ask each for itself while the store fails', async () => {
    const answers = [replica(), replica()].map((one) => one.lookUp(domain, { priority: 'auto' }));
    store.update = () => Promise.reject(new StateError('The store is away.'));
    await time.pass(1000);
    expect(await Promise.all(answers)).toEqual([unknown, unknown]);
    expect(asked).toEqual(['auto', 'auto']);
  });

  it('wait for each other no longer when the connector stops', async () => {
    takesMs = { auto: 60_000 };
    const stop = new AbortController();
    const first = replica().lookUp(domain, { priority: 'auto' });
    await time.pass(100);
    const waiting = Promise.allSettled([replica(stop.signal).lookUp(domain, { priority: 'auto' })]);
    await time.pass(1000);
    stop.abort(new Error('stopping'));
    expect(await waiting).toMatchObject([{ status: 'rejected', reason: { message: 'stopping' } }]);
    await time.pass(60_000);
    expect(await first).toEqual(unknown);
  });
});

/** The name under which a replica takes the lease for the domain. */
async function leaseKey(): Promise<string> {
  const look = replica().lookUp(domain, { priority: 'auto' });
  await time.pass(50);
  const [lease] = await store.list(LEASE_BUCKET);
  await time.pass(1000);
  await look;
  store = new MemoryStore();
  asked = [];
  return lease!.key;
}
