import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  artifactRequest,
  parkedKeys,
  startAnalysesWorld,
  urlRequest,
  type AnalysesWorld,
  type AnalysesWorldOptions,
} from '../../../test/helpers/analyses-world.js';
import { FakeAnalyses } from '../../../test/helpers/fake-analyses.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { playbookStepOf } from '../../../test/helpers/enrichment-requests.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { MemoryStore } from '../../state/memory-store.js';
import { TLP_IDS } from '../../stix/markings.js';
import { ForbiddenError, VirusTotalError } from '../../virustotal/errors.js';
import { CircuitOpenError } from '../../virustotal/http/circuit-open-error.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import { ANALYSIS_BUCKET } from './analysis-record.js';
import { PARKED_BUCKET } from './parked-request.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const URL_TEXT = 'https://new.example.com/';
const SHA256 = 'a'.repeat(64);

const playbook = playbookStepOf(URL_TEXT);

describe('an analysis that is waited for', () => {
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

  const artifacts = {
    contentOf: () =>
      Promise.resolve({
        name: 'sample.bin',
        sizeBytes: 1,
        hash: SHA256,
        markings: [],
        open: () => Promise.resolve(Readable.from([new Uint8Array(1)])),
      }),
  };

  it('is submitted as part of the work that began with the look-up, so that no delivery is held for longer', async () => {
    const { deliver } = start();
    await time.pass(7 * SECOND_MS);
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * SECOND_MS);
    expect(virusTotal.submitters.map(({ startedAtMs }) => startedAtMs)).toEqual([7 * SECOND_MS]);
    expect(virusTotal.lookUps[0]?.asker.startedAtMs).toBe(7 * SECOND_MS);
  });

  it('holds no delivery: the work says what it waits for, and the result follows by itself', async () => {
    const { deliver, told, acked } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * SECOND_MS);
    expect(acked).toEqual(['work_1']);
    expect(told).toEqual([
      'received work_1: VirusTotal: looking it up',
      `received work_1: VirusTotal: the analysis of ${URL_TEXT} is queued since 2026-01-02 03:04 UTC; the result follows by itself.`,
    ]);
    await time.pass(5 * MINUTE_MS);
    expect(virusTotal.submitted).toEqual([`url ${URL_TEXT}`]);
    expect(told.slice(2)).toEqual([
      expect.stringMatching(/^expect work_1: \d+$/),
      'publish work_1',
      'processed work_1: VirusTotal: 3 of 10 engines call this malicious',
    ]);
    expect(await parkedKeys(store)).toEqual([]);
  });

  it('is asked for after half a minute, and then more and more rarely', async () => {
    virusTotal.durationMs = 10 * MINUTE_MS;
    const { deliver } = start();
    const seen: number[] = [];
    virusTotal.before = (call) => {
      if (call === 'poll') seen.push(time.elapsedMs / SECOND_MS);
    };
    deliver(urlRequest(URL_TEXT));
    await time.pass(13 * MINUTE_MS);
    const gaps = seen.map((at, index) => at - (seen[index - 1] ?? 0));
    expect(gaps).toEqual([30, 45, 67.5, 101.25, 151.875, 180, 180]);
  });

  it('is one submission for many requests, which are all resumed with one look-up', async () => {
    const { deliver, told } = start();
    for (const key of ['work_1', 'work_2', 'work_3']) deliver(urlRequest(URL_TEXT, { key, workId: key }));
    await time.pass(5 * SECOND_MS);
    deliver(urlRequest(URL_TEXT, { key: 'work_4', workId: 'work_4' }));
    await time.pass(10 * MINUTE_MS);
    expect(virusTotal.submitted).toHaveLength(1);
    expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(4);
    // Answers from before the end of the analysis would not have done.
    const resumed = virusTotal.lookUps.slice(-4).map(({ asker }) => asker.notBefore?.toISOString());
    expect(new Set(resumed).size).toBe(1);
    expect(resumed[0]).toBeDefined();
  });

  it('counts for a request that finds the object known but not yet analysed', async () => {
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(5 * SECOND_MS);
    virusTotal.known.set(virusTotal.lookUps[0]!.path, undefined);
    deliver(urlRequest(URL_TEXT, { key: 'work_2', workId: 'work_2' }));
    await time.pass(10 * MINUTE_MS);
    expect(virusTotal.submitted).toHaveLength(1);
    expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(2);
  });

  it('is over only when the report is there, which may be later than the end', async () => {
    virusTotal.lagMs = 25 * SECOND_MS;
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(5 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('is taken as it is when the report does not come', async () => {
    virusTotal.lagMs = 24 * 60 * MINUTE_MS;
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * MINUTE_MS);
    expect(told.at(-1)).toBe(
      `processed work_1: VirusTotal has no report on ${URL_TEXT}. Its analysis has ended, but there is no new report yet; enrich it again later.`,
    );
  });

  it('is given up at last, and whoever asks again waits for the same one', async () => {
    virusTotal.durationMs = 60 * MINUTE_MS;
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(40 * MINUTE_MS);
    expect(told.at(-1)).toBe(
      `processed work_1: VirusTotal has no report on ${URL_TEXT}. Its analysis has not ended in time; enrich it again later to have the result.`,
    );
    deliver(urlRequest(URL_TEXT, { key: 'work_2', workId: 'work_2' }));
    await time.pass(40 * MINUTE_MS);
    expect(virusTotal.submitted).toHaveLength(1);
    expect(told.at(-1)).toBe('processed work_2: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('keeps the work alive every five minutes, also when that fails', async () => {
    virusTotal.durationMs = 25 * MINUTE_MS;
    let isDeleted = false;
    const { deliver, told } = start({
      platform: (call) =>
        isDeleted && call === 'ping'
          ? Promise.reject(new ConnectorError('gone', 'invalid'))
          : Promise.resolve(),
    });
    deliver(urlRequest(URL_TEXT));
    await time.pass(12 * MINUTE_MS);
    expect(told.filter((line) => line === 'ping work_1')).toHaveLength(2);
    isDeleted = true;
    await time.pass(20 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('answers a playbook step once, and only then', async () => {
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT, { key: 'playbook 1', mode: 'playbook', workId: undefined, playbook }));
    await time.pass(30 * SECOND_MS);
    expect(told.filter((line) => line.startsWith('reply'))).toEqual([]);
    await time.pass(10 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('reply'))).toEqual([
      expect.stringMatching(/^reply playbook 1: [2-9] objects$/),
    ]);
  });

  it('answers a playbook step with its own bundle when the waiting time is over', async () => {
    virusTotal.durationMs = 600 * MINUTE_MS;
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT, { key: 'playbook 1', mode: 'playbook', workId: undefined, playbook }));
    await time.pass(40 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('reply'))).toEqual(['reply playbook 1: 1 objects']);
  });

  it('waits for quota without failing, and without that time counting', async () => {
    virusTotal.durationMs = 2 * MINUTE_MS;
    const resetsAt = new Date(time.clock.now().getTime() + 6 * 60 * MINUTE_MS);
    const { deliver, told, lines } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * SECOND_MS);
    virusTotal.before = () => {
      if (time.clock.now() < resetsAt) throw new QuotaExhaustedError(resetsAt, 'day');
    };
    await time.pass(5 * 60 * MINUTE_MS);
    expect(virusTotal.polls).toBe(0);
    await time.pass(2 * 60 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('goes on when VirusTotal cannot be asked for a while', async () => {
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * SECOND_MS);
    virusTotal.before = () => {
      if (time.elapsedMs < 4 * MINUTE_MS) throw new ConnectorError('not reachable', 'transient');
    };
    await time.pass(10 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('that has not ended when the quota returns has its waiting time before it', async () => {
    virusTotal.durationMs = 370 * MINUTE_MS;
    const resetsAt = new Date(time.clock.now().getTime() + 360 * MINUTE_MS);
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * SECOND_MS);
    virusTotal.before = () => {
      if (time.clock.now() < resetsAt) throw new QuotaExhaustedError(resetsAt, 'day');
    };
    await time.pass(385 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('is not given up for an outage of VirusTotal, however long', async () => {
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT, { mode: 'auto' }));
    await time.pass(5 * SECOND_MS);
    const since = time.clock.now();
    virusTotal.before = () => {
      const retryAt = new Date(time.clock.now().getTime() + 30 * SECOND_MS);
      throw new CircuitOpenError(since, retryAt, new Error('down'));
    };
    await time.pass(3 * 60 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('processed'))).toEqual([]);
    virusTotal.before = () => undefined;
    await time.pass(5 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('is not given up while the line to VirusTotal is bad', async () => {
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(5 * SECOND_MS);
    virusTotal.before = () => {
      throw new VirusTotalError('not reachable', 'transient');
    };
    await time.pass(60 * MINUTE_MS);
    virusTotal.before = () => undefined;
    await time.pass(5 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('is given up when VirusTotal refuses for good to tell how far it is', async () => {
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(5 * SECOND_MS);
    virusTotal.before = (call) => {
      if (call === 'poll') throw new ForbiddenError({ status: 403 });
    };
    await time.pass(40 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(1);
  });

  it('that was given up is looked for afresh, and not in what was known before the submission', async () => {
    virusTotal.durationMs = 600 * MINUTE_MS;
    const { deliver } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(40 * MINUTE_MS);
    const { notBefore } = virusTotal.lookUps.at(-1)?.asker ?? {};
    expect(notBefore?.getTime()).toBeGreaterThan(Date.parse('2026-01-02T03:04:00Z'));
  });

  it('is not followed any more once its object is excluded', async () => {
    const first = start();
    first.deliver(urlRequest(URL_TEXT));
    await time.pass(5 * SECOND_MS);
    first.watch.stop();
    const second = start({ exclude: ['new.example.com'] });
    await time.pass(10 * MINUTE_MS);
    expect(virusTotal.polls).toBe(0);
    expect(second.told).toContainEqual(expect.stringMatching(/^processed work_1: .*VIRUSTOTAL_EXCLUDE/));
  });

  it('whose record cannot be read is dropped, and so is such a request, each with one line', async () => {
    const garbage = () => ({ next: { stage: 'of another version' }, result: undefined });
    await store.update<unknown, undefined>(ANALYSIS_BUCKET, 'url 1', garbage);
    await store.update<unknown, undefined>(PARKED_BUCKET, 'work_9', garbage);
    const { lines } = start();
    await time.pass(5 * MINUTE_MS);
    expect(await store.list(ANALYSIS_BUCKET)).toEqual([]);
    expect(await store.list(PARKED_BUCKET)).toEqual([]);
    expect(lines.filter(({ level }) => level !== 'debug')).toMatchObject([
      { level: 'warn', key: 'url 1' },
      { level: 'error', key: 'work_9' },
    ]);
  });

  it('is followed by look-ups where its id is not known', async () => {
    virusTotal.forgetsAnalyses = true;
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * MINUTE_MS);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('of somebody else is waited for as well', async () => {
    await virusTotal.submitFile(await artifacts.contentOf());
    const { deliver, told } = start({ artifacts });
    deliver(artifactRequest(SHA256));
    await time.pass(10 * MINUTE_MS);
    expect(virusTotal.polls).toBe(0);
    expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('resumes a request later when the platform is away at its end', async () => {
    let isAway = false;
    const { deliver, told } = start({
      platform: () =>
        isAway
          ? Promise.reject(new ConnectorError('away', 'transient', { untouched: true }))
          : Promise.resolve(),
    });
    deliver(urlRequest(URL_TEXT));
    await time.pass(10 * SECOND_MS);
    isAway = true;
    await time.pass(10 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('processed'))).toEqual([]);
    isAway = false;
    await time.pass(3 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(1);
    expect(await parkedKeys(store)).toEqual([]);
  });

  it('resumes no more requests at the same time than there are places', async () => {
    const waiting: (() => void)[] = [];
    let isSlow = false;
    const { deliver, acked } = start({
      concurrency: 2,
      platform: (call) =>
        isSlow && call === 'expect' ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(),
    });
    const keys = Array.from({ length: 5 }, (_, index) => `work_${index}`);
    for (const key of keys) deliver(urlRequest(URL_TEXT, { key, workId: key }));
    await time.pass(10 * SECOND_MS);
    expect(acked).toHaveLength(5);
    isSlow = true;
    await time.pass(5 * MINUTE_MS);
    expect(waiting).toHaveLength(2);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await time.pass(10 * SECOND_MS);
    }
    expect(await parkedKeys(store)).toEqual([]);
  });

  it('is forgotten in the end', async () => {
    const { deliver } = start();
    deliver(urlRequest(URL_TEXT));
    await time.pass(30 * MINUTE_MS);
    expect(await store.list(ANALYSIS_BUCKET)).toHaveLength(1);
    await time.pass(60 * MINUTE_MS);
    expect(await store.list(ANALYSIS_BUCKET)).toEqual([]);
  });

  it('keeps requests parked at a stop, and the next process resumes them', async () => {
    const first = start();
    first.deliver(urlRequest(URL_TEXT));
    await time.pass(20 * SECOND_MS);
    await first.watch.drain(SECOND_MS);
    await time.pass(30 * MINUTE_MS);
    expect(await parkedKeys(store)).toHaveLength(1);
    const second = start();
    await time.pass(MINUTE_MS);
    expect(second.told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
    expect(virusTotal.submitted).toHaveLength(1);
  });

  it('at a stop leaves parked what is not settled in time, and counts as answered what may be', async () => {
    let isStuck = false;
    const { deliver, watch } = start({
      platform: () => (isStuck ? new Promise(() => undefined) : Promise.resolve()),
    });
    deliver(urlRequest(URL_TEXT));
    deliver(urlRequest(URL_TEXT, { key: 'playbook 1', mode: 'playbook', workId: undefined, playbook }));
    await time.pass(20 * SECOND_MS);
    isStuck = true;
    await time.pass(5 * MINUTE_MS);
    const drained = watch.drain(SECOND_MS);
    await time.pass(2 * SECOND_MS);
    await drained;
    expect(await parkedKeys(store)).toEqual(['work_1']);
  });

  it('at a stop leaves a playbook step parked whose answer has failed, while it asks whether the platform is there', async () => {
    let isDown = false;
    const { deliver, watch } = start({
      platform: () =>
        isDown
          ? Promise.reject(new ConnectorError('platform down', 'transient', { untouched: true }))
          : Promise.resolve(),
      isPlatformThere: () => new Promise(() => undefined),
    });
    deliver(urlRequest(URL_TEXT, { key: 'playbook 1', mode: 'playbook', workId: undefined, playbook }));
    await time.pass(20 * SECOND_MS);
    isDown = true;
    await time.pass(5 * MINUTE_MS);
    const drained = watch.drain(SECOND_MS);
    await time.pass(2 * SECOND_MS);
    await drained;
    expect(await parkedKeys(store)).toEqual(['playbook 1']);
  });

  it('comes about for a request that has the file when another one for the same object has none', async () => {
    const half = {
      contentOf: ({ key }: { readonly key: string }) =>
        key === 'work_1' ? Promise.resolve(undefined) : artifacts.contentOf(),
    };
    const { deliver, told } = start({ artifacts: half });
    for (const key of ['work_1', 'work_2']) deliver(artifactRequest(SHA256, { key, workId: key }));
    await time.pass(10 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('processed'))).toEqual([
      `processed work_1: VirusTotal has no report on ${SHA256}. It was not submitted: no file is attached to it.`,
      'processed work_2: VirusTotal: 3 of 10 engines call this malicious',
    ]);
  });

  it('sees whoever comes while the file is uploaded', async () => {
    let answer: () => void = () => undefined;
    virusTotal.beforeAnswer = () => new Promise((resolve) => (answer = resolve));
    const { deliver, told, acked } = start({ artifacts });
    for (const key of ['work_1', 'work_2', 'work_3']) deliver(artifactRequest(SHA256, { key, workId: key }));
    await time.pass(SECOND_MS);
    expect(acked).toEqual([]);
    answer();
    await time.pass(10 * MINUTE_MS);
    expect(virusTotal.submitted).toEqual(['upload sample.bin']);
    expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(3);
  });

  describe('does not come about', () => {
    const unknown = `VirusTotal has no report on ${SHA256}.`;
    const settledAs = async (options: Partial<AnalysesWorldOptions>, request = artifactRequest(SHA256)) => {
      const world = start(options);
      world.deliver(request);
      await time.pass(10 * SECOND_MS);
      expect(await parkedKeys(store)).toEqual([]);
      expect(await store.list(ANALYSIS_BUCKET)).toEqual([]);
      return world.told.at(-1);
    };

    it('when the option is off', async () => {
      expect(await settledAs({ rules: { uploadArtifacts: false }, artifacts })).toBe(
        `processed work_1: ${unknown}`,
      );
      expect(virusTotal.submitted).toEqual([]);
    });

    it('when the marking is above the ceiling', async () => {
      const marked = artifactRequest(SHA256);
      const entity = { ...marked.entity, object_marking_refs: [TLP_IDS['TLP:GREEN']] };
      expect(await settledAs({ artifacts }, { ...marked, entity })).toBe(
        `processed work_1: ${unknown} It was not submitted: its marking is above TLP:CLEAR, the highest that may be published there (VIRUSTOTAL_UPLOAD_MAX_TLP).`,
      );
      expect(virusTotal.submitted).toEqual([]);
    });

    it('when there is no file', async () => {
      expect(await settledAs({})).toBe(
        `processed work_1: ${unknown} It was not submitted: no file is attached to it.`,
      );
    });

    it('when the file is too large', async () => {
      const tooLarge = {
        contentOf: () => Promise.reject(new ConnectorError('The file is too large.', 'invalid')),
      };
      expect(await settledAs({ artifacts: tooLarge })).toBe(
        `processed work_1: ${unknown} It was not submitted: The file is too large.`,
      );
    });

    it('when the key may not submit', async () => {
      virusTotal.before = (call) => {
        if (call === 'submit') throw new ForbiddenError({ status: 403 });
      };
      expect(await settledAs({ artifacts })).toMatch(
        /^processed work_1: .* It was not submitted: The VirusTotal API key has no right/,
      );
    });

    it('when VirusTotal fails, which fails the request', async () => {
      virusTotal.before = (call) => {
        if (call === 'submit')
          throw new VirusTotalError('try again later.', 'transient', { untouched: true });
      };
      expect(await settledAs({}, urlRequest(URL_TEXT))).toBe(
        `failed work_1: VirusTotal has no report on ${URL_TEXT}, and it could not be submitted: try again later.`,
      );
    });

    it('while the platform cannot hand out the file, and the request comes again', async () => {
      const away = { contentOf: () => Promise.reject(new ConnectorError('away', 'transient')) };
      const world = start({ artifacts: away });
      world.deliver(artifactRequest(SHA256));
      await time.pass(SECOND_MS);
      expect(world.requeued).toEqual(['work_1']);
    });

    it('while the quota is spent, and the request comes again', async () => {
      virusTotal.before = (call) => {
        if (call === 'submit') throw new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day');
      };
      const world = start();
      world.deliver(urlRequest(URL_TEXT));
      await time.pass(SECOND_MS);
      expect(world.requeued).toEqual(['work_1']);
      expect(await store.list(ANALYSIS_BUCKET)).toEqual([]);
    });
  });

  describe('of a stale report', () => {
    const rules = { reanalyseAfterMs: 30 * 24 * 60 * MINUTE_MS };
    const path = `/urls/${Buffer.from(URL_TEXT).toString('base64url')}`;

    beforeEach(() => {
      virusTotal.known.set(path, Date.parse('2025-06-01T00:00:00Z'));
    });

    it('is asked for, whatever the marking, and its report is mapped', async () => {
      const { deliver, told } = start({ rules });
      const request = urlRequest(URL_TEXT);
      const entity = { ...request.entity, object_marking_refs: [TLP_IDS['TLP:AMBER']] };
      deliver({ ...request, entity });
      await time.pass(20 * SECOND_MS);
      expect(told.filter((line) => line.startsWith('processed'))).toEqual([]);
      await time.pass(5 * MINUTE_MS);
      expect(virusTotal.submitted).toEqual([`reanalyse ${path}`]);
      expect(virusTotal.known.get(path)).toBe(Date.parse('2026-01-02T03:05:00Z'));
      expect(told.at(-1)).toBe('processed work_1: VirusTotal: 3 of 10 engines call this malicious');
    });

    it('leaves the old one when it is refused', async () => {
      virusTotal.before = (call) => {
        if (call === 'submit') throw new VirusTotalError('not now.', 'transient', { untouched: true });
      };
      const { deliver, told } = start({ rules });
      deliver(urlRequest(URL_TEXT));
      await time.pass(SECOND_MS);
      expect(told.at(-1)).toBe(
        'processed work_1: VirusTotal: 3 of 10 engines call this malicious; A fresh analysis could not be asked for: not now.',
      );
    });

    it('leaves the old one when it does not end in time', async () => {
      virusTotal.durationMs = 600 * MINUTE_MS;
      const { deliver, told } = start({ rules });
      deliver(urlRequest(URL_TEXT));
      await time.pass(40 * MINUTE_MS);
      expect(told.at(-1)).toBe(
        'processed work_1: VirusTotal: 3 of 10 engines call this malicious; Its analysis has not ended in time; enrich it again later to have the result.',
      );
    });
  });
});
