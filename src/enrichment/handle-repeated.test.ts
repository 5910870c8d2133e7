import { beforeEach, describe, expect, it } from 'vitest';
import { playbookStepOf, requestOf } from '../../test/helpers/enrichment-requests.js';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { VirtualTime } from '../../test/helpers/virtual-time.js';
import { noTelemetry } from '../shared/telemetry.js';
import { MemoryStore } from '../state/memory-store.js';
import { QuotaExhaustedError } from '../virustotal/quota/quota-exhausted-error.js';
import { AttemptJournal } from './attempt-journal.js';
import { Attempts } from './attempts.js';
import { createRequestHandler } from './handle-request.js';
import type { EnrichmentOutcome } from './outcome.js';
import { HandBackError } from './platform-call.js';
import type { EnrichmentRequest } from './request.js';

const unknown: EnrichmentOutcome = { status: 'unknown', message: 'no report' };
const timedOut = new HandBackError(
  new Error('no answer', { cause: new DOMException('late', 'TimeoutError') }),
);
const refusedBy = (reason: string): HandBackError => new HandBackError(new Error(reason));
const quota = new HandBackError(new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day'));

describe('a request that comes again and again', () => {
  let time: VirtualTime;
  let store: MemoryStore;
  let settled: string[];
  let asked: string[];

  beforeEach(() => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    store = new MemoryStore({ isDurable: true });
    settled = [];
    asked = [];
  });

  interface Process {
    /** Delivers a request, and lets all happen that can. */
    deliver(key: string, changes?: Partial<EnrichmentRequest>): Promise<void>;
    stop(): Promise<void>;
  }

  /** A process. One that is never stopped was killed. */
  function start(
    enrich: (key: string) => Promise<EnrichmentOutcome>,
    { maxAttempts = 3, isPlatformThere = true } = {},
  ): Process {
    const { logger } = recordedLogger();
    const journal = new AttemptJournal({ store, clock: time.clock, sleep: time.sleep, logger });
    const handle = createRequestHandler({
      startedAt: new Date(0),
      enrich: ({ key }) => {
        asked.push(key);
        return enrich(key);
      },
      settle: (request, { status, message }) => {
        settled.push(`${request.key} ${status}: ${message}`);
        return Promise.resolve();
      },
      works: {
        received: () => Promise.resolve(),
        addExpectations: () => Promise.resolve(),
        reportExpectation: () => Promise.resolve(),
        processed: () => Promise.resolve(),
      },
      telemetry: noTelemetry,
      clock: time.clock,
      sleep: time.sleep,
      logger,
      attempts: new Attempts(journal),
      maxAttempts,
      isPlatformThere: () => Promise.resolve(isPlatformThere),
    });
    return {
      deliver: async (key, changes = {}) => {
        handle(requestOf({ key, workId: key, redelivered: true, ...changes })).catch(() => undefined);
        await time.pass(100);
      },
      stop: () => journal.close(),
    };
  }

  const never = (): Promise<never> => new Promise(() => undefined);
  const answer = (): Promise<EnrichmentOutcome> => Promise.resolve(unknown);
  const reason = 'the connector ended 3 times while it worked on it';
  const givenUp = (key: string, why = reason): string =>
    `${key} failed: VirusTotal: this request is not tried again (CONNECTOR_MAX_ATTEMPTS is 3): ${why}. The log of the connector says more; please report it.`;

  it('is given up when the process died over it too often, without being asked for again', async () => {
    for (let deaths = 0; deaths < 3; deaths += 1) await start(never).deliver('a');
    await start(never).deliver('a');
    expect([asked.length, settled]).toEqual([3, [givenUp('a')]]);
  });

  it('counts from its first delivery on', async () => {
    await start(never).deliver('a', { redelivered: false });
    for (let deaths = 0; deaths < 2; deaths += 1) await start(never).deliver('a');
    await start(never).deliver('a');
    expect(settled).toEqual([givenUp('a')]);
  });

  it('answers a playbook all the same', async () => {
    const step = { workId: undefined, playbook: playbookStepOf('https://example.com/') };
    for (let deliveries = 0; deliveries < 4; deliveries += 1) await start(never).deliver('a', step);
    expect(settled).toEqual([givenUp('a')]);
  });

  it('is tried for ever without a limit', async () => {
    for (let deaths = 0; deaths < 20; deaths += 1) await start(never, { maxAttempts: 0 }).deliver('a');
    await start(answer, { maxAttempts: 0 }).deliver('a');
    expect([asked.length, settled]).toEqual([21, ['a unknown: no report']]);
  });

  it.each([
    ['quota', () => Promise.reject(quota)],
    ['an outage of the platform', () => Promise.reject(refusedBy('down'))],
  ])('is not blamed for %s', async (_, enrich) => {
    for (let deliveries = 0; deliveries < 10; deliveries += 1) await start(enrich).deliver('a');
    await start(answer).deliver('a');
    expect(settled).toEqual(['a unknown: no report']);
  });

  it('is not blamed for stops', async () => {
    for (let stops = 0; stops < 10; stops += 1) {
      const process = start(never);
      await process.deliver('a');
      await process.stop();
    }
    await start(answer).deliver('a');
    expect(settled).toEqual(['a unknown: no report']);
  });

  it('is given up when it times out too often, in one process or several', async () => {
    const first = start(() => Promise.reject(timedOut));
    await first.deliver('a', { redelivered: false });
    await first.deliver('a');
    await first.stop();
    await start(() => Promise.reject(timedOut)).deliver('a');
    await start(answer).deliver('a');
    expect(settled).toEqual([givenUp('a', 'OpenCTI did not answer in time 3 times')]);
  });

  it('is not blamed for time-outs while the platform does not answer at all', async () => {
    const process = start(() => Promise.reject(timedOut), { isPlatformThere: false });
    for (let deliveries = 0; deliveries < 10; deliveries += 1) await process.deliver('a');
    await start(answer).deliver('a');
    expect(settled).toEqual(['a unknown: no report']);
  });

  it('is alone when the process died twice, so that those beside it are cleared, and it alone is given up', async () => {
    const keys = ['a', 'deadly', 'b', 'c'];
    const deadly = (key: string): Promise<EnrichmentOutcome> => (key === 'deadly' ? never() : answer());
    // Twice all were in work when it happened.
    for (let deaths = 0; deaths < 2; deaths += 1) {
      const process = start(never);
      for (const key of keys) await process.deliver(key);
    }
    asked = [];
    const third = start(deadly);
    for (const key of keys) await third.deliver(key);
    // Those behind it wait, and are not in work when it kills the process again.
    expect(asked).toEqual(['a', 'deadly']);
    const fourth = start(deadly);
    for (const key of keys.slice(1)) await fourth.deliver(key);
    expect(settled).toEqual([
      'a unknown: no report',
      givenUp('deadly'),
      'b unknown: no report',
      'c unknown: no report',
    ]);
  });
});
