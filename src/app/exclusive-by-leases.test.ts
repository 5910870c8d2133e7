import { describe, expect, it } from 'vitest';
import { startAnalysesWorld, urlRequest, type AnalysesWorld } from '../../test/helpers/analyses-world.js';
import { FakeAnalyses } from '../../test/helpers/fake-analyses.js';
import { MortalStore } from '../../test/helpers/mortal-store.js';
import { VirtualTime } from '../../test/helpers/virtual-time.js';
import { MemoryStore } from '../state/memory-store.js';
import { exclusiveByLeases } from './exclusive-by-leases.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const URL_TEXT = 'https://new.example.com/';

describe('replicas that share the state', () => {
  const setUp = (): {
    time: VirtualTime;
    virusTotal: FakeAnalyses;
    start: (platform?: (call: string) => Promise<void>) => {
      replica: AnalysesWorld;
      store: MortalStore;
      kill: () => void;
    };
  } => {
    const time = new VirtualTime('2026-01-02T03:04:00Z');
    const virusTotal = new FakeAnalyses(time);
    const shared = new MemoryStore();
    const start = (
      platform: (call: string) => Promise<void> = () => Promise.resolve(),
    ): { replica: AnalysesWorld; store: MortalStore; kill: () => void } => {
      const store = new MortalStore(shared, undefined);
      const { signal } = new AbortController();
      const exclusive = exclusiveByLeases(store, { clock: time.clock, sleep: time.sleep, signal });
      const replica = startAnalysesWorld({
        store,
        time,
        virusTotal,
        exclusive,
        platform: async (call) => {
          await store.alive();
          await platform(call);
        },
      });
      return {
        replica,
        store,
        kill: () => {
          store.isDead = true;
          replica.watch.stop();
        },
      };
    };
    return { time, virusTotal, start };
  };

  it('submit an object once, ask for it once at a time, and resume each request once', async () => {
    const { time, virusTotal, start } = setUp();
    const replicas = [start().replica, start().replica, start().replica];
    for (const [index, replica] of replicas.entries()) {
      const key = `work_${index}`;
      replica.deliver(urlRequest(URL_TEXT, { key, workId: key }));
    }
    await time.pass(5 * MINUTE_MS);
    expect(virusTotal.submitted).toHaveLength(1);
    // 30 s after the submission it is still running, 45 s later it has ended.
    expect(virusTotal.polls).toBe(2);
    const processed = replicas.flatMap(({ told }) => told).filter((line) => line.startsWith('processed'));
    expect(processed.map((line) => line.split(':')[0]).toSorted()).toEqual([
      'processed work_0',
      'processed work_1',
      'processed work_2',
    ]);
    for (const { watch } of replicas) watch.stop();
  });

  it('take over what another one left when it was killed, also in the middle of a submission', async () => {
    const { time, virusTotal, start } = setUp();
    const doomed = start();
    const { replica } = start();
    virusTotal.beforeAnswer = () => new Promise(() => undefined);
    const request = urlRequest(URL_TEXT);
    doomed.replica.deliver(request);
    await time.pass(SECOND_MS);
    doomed.kill();
    virusTotal.beforeAnswer = () => Promise.resolve();
    replica.deliver(request);
    await time.pass(10 * MINUTE_MS);
    expect(replica.told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
    replica.watch.stop();
  });

  it('take over an analysis whose replica was killed', async () => {
    const { time, virusTotal, start } = setUp();
    const doomed = start();
    const { replica } = start();
    doomed.replica.deliver(urlRequest(URL_TEXT));
    await time.pass(20 * SECOND_MS);
    doomed.kill();
    await time.pass(10 * MINUTE_MS);
    expect(virusTotal.submitted).toHaveLength(1);
    expect(replica.told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
    replica.watch.stop();
  });

  it.each(['poll', 'request'] as const)(
    'leave a %s to the one that is at it, without asking all the time',
    async (what) => {
      const { time, virusTotal, start } = setUp();
      let isSlow = true;
      let release: () => void = () => undefined;
      const held = (): Promise<void> =>
        isSlow ? new Promise((resolve) => (release = resolve)) : Promise.resolve();
      if (what === 'poll') virusTotal.beforePollAnswer = held;
      const busy = start(
        what === 'request' ? (call) => (call === 'publish' ? held() : Promise.resolve()) : undefined,
      );
      busy.replica.deliver(urlRequest(URL_TEXT));
      await time.pass(26 * SECOND_MS);
      const other = start();
      // The busy one is some seconds ahead.
      await time.pass(75 * SECOND_MS);
      const before = other.store.calls;
      await time.pass(60 * SECOND_MS);
      expect(other.store.calls - before).toBeLessThan(150);
      expect(other.replica.told).toEqual([]);
      isSlow = false;
      release();
      await time.pass(10 * MINUTE_MS);
      expect(virusTotal.submitted).toHaveLength(1);
      const told = [...busy.replica.told, ...other.replica.told];
      expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(1);
      for (const { replica } of [busy, other]) replica.watch.stop();
    },
  );
});
