import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  startAnalysesWorld,
  urlRequest,
  type AnalysesWorld,
  type AnalysesWorldOptions,
} from '../../../test/helpers/analyses-world.js';
import { FakeAnalyses } from '../../../test/helpers/fake-analyses.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { MemoryStore } from '../../state/memory-store.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import type { Asker, Submission } from '../../virustotal/schema.js';
import { PARKED_BUCKET } from './parked-request.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const URL_TEXT = 'https://new.example.com/';
const manual = { key: 'manual', workId: 'manual' };
const auto = { key: 'auto', workId: 'auto', mode: 'auto' } as const;

describe('an analyst', () => {
  let time: VirtualTime;
  let virusTotal: FakeAnalyses;
  let store: MemoryStore;
  let world: AnalysesWorld | undefined;

  beforeEach(() => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    virusTotal = new FakeAnalyses(time);
    store = new MemoryStore({ isDurable: true });
  });

  afterEach(() => {
    world?.watch.stop();
  });

  const start = (options: Partial<AnalysesWorldOptions> = {}): AnalysesWorld => {
    world = startAnalysesWorld({ store, time, virusTotal, ...options });
    return world;
  };

  /** What is asked for on behalf of machines waits for quota, for ever unless it is told to stop. */
  const waitForQuota = ({ signal }: Asker): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });

  it('has the analysis asked for although many automatic ones wait for quota', async () => {
    const poll = virusTotal.analysisStatus.bind(virusTotal);
    const asked: string[] = [];
    virusTotal.analysisStatus = (...[submission, asker]: [Submission, Asker?]) => {
      asked.push(asker?.priority ?? 'nobody');
      return asker?.priority === 'auto' ? waitForQuota(asker) : poll(submission);
    };
    const { deliver, told } = start();
    for (let index = 0; index < 10; index += 1) {
      const key = `auto_${index}`;
      deliver(urlRequest(`https://a${index}.example.com/`, { ...auto, key, workId: key }));
    }
    await time.pass(10 * SECOND_MS);
    deliver(urlRequest(URL_TEXT, manual));
    await time.pass(5 * MINUTE_MS);
    expect(asked.filter((priority) => priority === 'auto')).toHaveLength(4);
    expect(told.at(-1)).toBe('processed manual: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('who joins a machine that has no quota left has the analysis asked for soon', async () => {
    virusTotal.durationMs = 6 * MINUTE_MS;
    const poll = virusTotal.analysisStatus.bind(virusTotal);
    virusTotal.analysisStatus = (...[submission, asker]: [Submission, Asker?]) =>
      asker?.priority === 'auto'
        ? Promise.reject(new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day'))
        : poll(submission);
    const { deliver, told } = start();
    deliver(urlRequest(URL_TEXT, auto));
    await time.pass(5 * MINUTE_MS);
    deliver(urlRequest(URL_TEXT, manual));
    await time.pass(5 * MINUTE_MS);
    expect(told).toContain('processed manual: VirusTotal: 3 of 10 engines call this malicious');
  });

  it('does not wait behind the automatic submission of the same object, which is made once all the same', async () => {
    const submit = virusTotal.submitUrl.bind(virusTotal);
    virusTotal.submitUrl = (url: string, asker: Asker) =>
      asker.priority === 'auto' ? waitForQuota(asker) : submit(url, asker);
    const { deliver, acked } = start();
    deliver(urlRequest(URL_TEXT, auto));
    await time.pass(SECOND_MS);
    expect(acked).toEqual([]);
    deliver(urlRequest(URL_TEXT, manual));
    await time.pass(SECOND_MS);
    expect(acked).toEqual(['manual', 'auto']);
    expect(virusTotal.submitted).toEqual([`url ${URL_TEXT}`]);
  });

  it('has the result first of all that wait for the same analysis', async () => {
    const { deliver, told } = start({ concurrency: 1 });
    for (const key of ['auto_1', 'auto_2']) deliver(urlRequest(URL_TEXT, { ...auto, key, workId: key }));
    await time.pass(SECOND_MS);
    deliver(urlRequest(URL_TEXT, manual));
    await time.pass(5 * MINUTE_MS);
    const ended = told.filter((line) => line.startsWith('processed')).map((line) => line.split(/[ :]/)[1]);
    expect(ended).toEqual(['manual', 'auto_1', 'auto_2']);
  });

  it('with three hundred requests does not have them all read again for each', async () => {
    virusTotal.durationMs = 10 * MINUTE_MS;
    let lists = 0;
    const list = store.list.bind(store);
    store.list = (bucket) => {
      if (bucket === PARKED_BUCKET) lists += 1;
      return list(bucket);
    };
    const { deliver, told } = start();
    for (let index = 0; index < 300; index += 1) {
      const key = `work_${index}`;
      deliver(urlRequest(`https://a${index}.example.com/`, { key, workId: key }));
    }
    await time.pass(20 * MINUTE_MS);
    expect(told.filter((line) => line.startsWith('processed'))).toHaveLength(300);
    expect(lists).toBeLessThan(60);
  });
});
