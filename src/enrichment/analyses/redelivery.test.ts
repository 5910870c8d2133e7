import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  parkedKeys,
  startAnalysesWorld,
  urlRequest,
  type AnalysesWorld,
  type AnalysesWorldOptions,
} from '../../../test/helpers/analyses-world.js';
import { FakeAnalyses } from '../../../test/helpers/fake-analyses.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { playbookStepOf } from '../../../test/helpers/enrichment-requests.js';
import { StateError } from '../../state/errors.js';
import { MemoryStore } from '../../state/memory-store.js';
import { openResilientStore } from '../../state/resilient-store.js';
import { TransportError } from '../../virustotal/errors.js';
import type { EnrichmentRequest } from '../request.js';
import { ANALYSIS_BUCKET, analysisKeyOf } from './analysis-record.js';
import { PARKED_BUCKET } from './parked-request.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const URL_TEXT = 'https://new.example.com/';
const RESULT = 'processed work_1: VirusTotal: 3 of 10 engines call this malicious';

const step: Partial<EnrichmentRequest> = {
  key: 'playbook 1',
  mode: 'playbook',
  workId: undefined,
  playbook: playbookStepOf(URL_TEXT),
};

describe('a request that is delivered again', () => {
  let time: VirtualTime;
  let virusTotal: FakeAnalyses;
  let store: MemoryStore;
  const worlds: AnalysesWorld[] = [];

  beforeEach(() => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    virusTotal = new FakeAnalyses(time);
    store = new MemoryStore({ isDurable: true });
  });

  afterEach(() => {
    for (const world of worlds.splice(0)) world.watch.stop();
  });

  const start = (options: Partial<AnalysesWorldOptions> = {}): AnalysesWorld => {
    const world = startAnalysesWorld({ store, time, virusTotal, ...options });
    worlds.push(world);
    return world;
  };

  describe('after another process has settled it', () => {
    /** The first process parks the request; its host is gone before the acknowledgement reaches the broker. */
    const settledBySecond = async (changes: Partial<EnrichmentRequest> = {}): Promise<AnalysesWorld> => {
      const first = start();
      first.deliver(urlRequest(URL_TEXT, changes));
      await time.pass(5 * SECOND_MS);
      first.watch.stop();
      const second = start();
      await time.pass(5 * MINUTE_MS);
      return second;
    };

    it('is acknowledged, and its playbook step is not answered twice', async () => {
      const { told, acked, deliver } = await settledBySecond(step);
      deliver(urlRequest(URL_TEXT, step));
      await time.pass(5 * MINUTE_MS);
      expect(acked).toEqual(['playbook 1']);
      expect(told).toEqual([expect.stringMatching(/^reply playbook 1: [2-9] objects$/)]);
    });

    it('is acknowledged, and its work is not told anything more', async () => {
      const { told, acked, deliver } = await settledBySecond();
      expect(told.at(-1)).toBe(RESULT);
      const before = told.length;
      deliver(urlRequest(URL_TEXT));
      await time.pass(5 * MINUTE_MS);
      expect(acked).toEqual(['work_1']);
      expect(told).toHaveLength(before);
    });

    it('is remembered for an hour and not for ever', async () => {
      await settledBySecond();
      expect(await parkedKeys(store)).toEqual([]);
      expect(await store.list(PARKED_BUCKET)).toHaveLength(1);
      await time.pass(65 * MINUTE_MS);
      expect(await store.list(PARKED_BUCKET)).toEqual([]);
    });
  });

  it('while it is being answered is acknowledged, and its work is not told that it waits', async () => {
    let publish: () => void = () => undefined;
    const { deliver, told, acked } = start({
      platform: (call) =>
        call === 'publish' ? new Promise((resolve) => (publish = resolve)) : Promise.resolve(),
    });
    deliver(urlRequest(URL_TEXT));
    await time.pass(5 * MINUTE_MS);
    const before = told.length;
    deliver(urlRequest(URL_TEXT));
    await time.pass(SECOND_MS);
    expect(acked).toEqual(['work_1', 'work_1']);
    expect(told).toHaveLength(before);
    publish();
    await time.pass(SECOND_MS);
    expect(told.at(-1)).toBe(RESULT);
  });

  it('is left to the process that has its delivery, for some seconds', async () => {
    let isStuck = false;
    let receive: () => void = () => undefined;
    const busy = start({
      platform: (call) =>
        isStuck && call === 'received' ? new Promise((resolve) => (receive = resolve)) : Promise.resolve(),
    });
    busy.deliver(urlRequest(URL_TEXT));
    await time.pass(5 * MINUTE_MS);
    expect(busy.told.at(-1)).toBe(RESULT);
    // The analysis has ended already, so that nothing else keeps the next request for it from being resumed.
    virusTotal.known.clear();
    isStuck = true;
    busy.deliver(urlRequest(URL_TEXT, { key: 'work_2', workId: 'work_2' }));
    const other = start();
    await time.pass(8 * SECOND_MS);
    expect(await parkedKeys(store)).toEqual(['work_2']);
    expect(other.told).toEqual([]);
    isStuck = false;
    receive();
  });

  describe('because the answer to its submission was lost', () => {
    beforeEach(() => {
      virusTotal.beforeAnswer = () => Promise.reject(new TransportError('connection reset'));
    });

    it('finds out by a look-up that VirusTotal has taken it', async () => {
      const { deliver, told, requeued } = start();
      deliver(urlRequest(URL_TEXT));
      await time.pass(2 * MINUTE_MS);
      expect(requeued).toEqual(['work_1']);
      deliver(urlRequest(URL_TEXT));
      await time.pass(5 * MINUTE_MS);
      expect(virusTotal.submitted).toEqual([`url ${URL_TEXT}`]);
      expect(told.at(-1)).toBe(RESULT);
      expect(told.filter((line) => line.startsWith('failed'))).toEqual([]);
    });

    it('fails when that happens again and again', async () => {
      virusTotal.durationMs = 600 * MINUTE_MS;
      const { deliver, told, requeued, acked } = start();
      for (let delivery = 0; delivery < 4; delivery += 1) {
        deliver(urlRequest(URL_TEXT));
        await time.pass(MINUTE_MS);
      }
      expect(requeued).toEqual(['work_1', 'work_1', 'work_1']);
      expect(acked).toEqual(['work_1']);
      expect(told.at(-1)).toBe(
        `failed work_1: VirusTotal has no report on ${URL_TEXT}, and it could not be submitted: connection reset`,
      );
    });

    it('is not a playbook step, which is answered at once', async () => {
      const { deliver, told, requeued } = start();
      deliver(urlRequest(URL_TEXT, step));
      await time.pass(MINUTE_MS);
      expect(requeued).toEqual([]);
      expect(told).toEqual(['reply playbook 1: 1 objects']);
    });
  });
});

describe('while memory stands in for the state', () => {
  let time: VirtualTime;
  let virusTotal: FakeAnalyses;
  let isUsable: boolean;
  let world: AnalysesWorld;
  /** Records that the URL is being analysed. */
  let knows: () => Promise<void>;

  beforeEach(async () => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    virusTotal = new FakeAnalyses(time);
    isUsable = false;
    const disk = new MemoryStore({ isDurable: true });
    const store = await openResilientStore({
      open: () => (isUsable ? Promise.resolve(disk) : Promise.reject(new StateError('disk full'))),
      merge: ({ memory }) => memory,
      logger: recordedLogger().logger,
      sleep: time.sleep,
      clock: time.clock,
    });
    world = startAnalysesWorld({ store, time, virusTotal });
    knows = async () => {
      const now = time.clock.now().getTime();
      const object = { kind: 'url', url: URL_TEXT } as const;
      const moments = { begunAt: now, dueAt: now + 5 * MINUTE_MS, giveUpAt: now + 30 * MINUTE_MS };
      await store.update<unknown, undefined>(ANALYSIS_BUCKET, analysisKeyOf(object), () => ({
        next: { object, stage: 'waiting', priority: 'auto', ...moments },
        result: undefined,
      }));
    };
  });

  afterEach(() => {
    world.watch.stop();
  });

  it('nothing is submitted, and the request says so', async () => {
    world.deliver(urlRequest(URL_TEXT));
    await time.pass(SECOND_MS);
    expect(virusTotal.submitted).toEqual([]);
    expect(world.told.at(-1)).toBe(
      `processed work_1: VirusTotal has no report on ${URL_TEXT}. Nothing is submitted while the connector cannot keep its state; enrich it again later.`,
    );
  });

  it('a request for what is being analysed stays with the broker', async () => {
    await knows();
    world.deliver(urlRequest(URL_TEXT));
    await time.pass(SECOND_MS);
    expect(world.requeued).toEqual(['work_1']);
    expect(world.told).toEqual(['received work_1: VirusTotal: looking it up']);
  });

  it('a playbook step is answered all the same', async () => {
    await knows();
    world.deliver(urlRequest(URL_TEXT, step));
    await time.pass(SECOND_MS);
    expect(world.told).toEqual(['reply playbook 1: 1 objects']);
  });

  it('is over, requests are submitted and parked as ever', async () => {
    isUsable = true;
    await time.pass(2 * MINUTE_MS);
    world.deliver(urlRequest(URL_TEXT));
    await time.pass(SECOND_MS);
    expect(world.acked).toEqual(['work_1']);
    expect(virusTotal.submitted).toEqual([`url ${URL_TEXT}`]);
  });
});
