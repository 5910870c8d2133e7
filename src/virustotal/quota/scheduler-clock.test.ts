import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { MemoryStore } from '../../state/memory-store.js';
import type { KeyQuota } from '../schema.js';
import type { QuotaOptions } from './limits.js';
import { QuotaScheduler } from './scheduler.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const started: Demand[] = [];
afterEach(() => {
  for (const demand of started.splice(0)) demand.close();
});

/** More requests than the plan allows, on a store that outlives the scheduler. */
class Demand {
  readonly time: VirtualTime;
  readonly store = new MemoryStore();
  /** Look-ups by when they were granted, in time that has really passed. */
  readonly grants: number[] = [];
  scheduler: QuotaScheduler;
  private present: QuotaScheduler | undefined;

  constructor(
    startsAt: string,
    private readonly limits: Partial<QuotaOptions>,
    private readonly callers = 5,
    /** How long VirusTotal takes to answer the look-up with this number. */
    private readonly latencyMs: (look: number) => number = () => 200,
  ) {
    this.time = new VirtualTime(startsAt);
    this.scheduler = this.start();
    started.push(this);
  }

  /** As after a crash: nothing is saved any more, and a further process goes on with what is in the store. */
  restart(): void {
    this.close();
    this.scheduler = this.start();
  }

  close(): void {
    this.present = undefined;
    void this.scheduler.close();
  }

  /** Look-ups granted from one moment to before another, in time that has really passed. */
  between(fromMs: number, untilMs: number): number {
    return this.grants.filter((at) => at >= fromMs && at < untilMs).length;
  }

  private start(): QuotaScheduler {
    const scheduler = new QuotaScheduler({
      store: this.store,
      keyId: 'key-1',
      limits: { perMinute: 0, perDay: 0, perMonth: 0, ...this.limits },
      reserveManualPercent: 0,
      clock: this.time.clock,
      sleep: this.time.sleep,
      logger: pino({ level: 'silent' }),
    });
    this.present = scheduler;
    for (let each = 0; each < this.callers; each += 1) void this.ask(scheduler);
    return scheduler;
  }

  private async ask(scheduler: QuotaScheduler): Promise<void> {
    while (this.present === scheduler) {
      try {
        const unit = await scheduler.acquire('auto');
        const latencyMs = this.latencyMs(this.grants.push(this.time.elapsedMs));
        await this.time.sleep(latencyMs);
        await unit.answered();
      } catch {
        // Sent away, as into the broker, to come again.
        await this.time.sleep(MINUTE);
      }
    }
  }
}

function mostInAnyMinute(moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let first = 0;
  return sorted.reduce((most, at, index) => {
    while ((sorted[first] ?? at) <= at - MINUTE) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

const jumps = [
  ['a second', SECOND],
  ['a minute', MINUTE],
  ['an hour', HOUR],
  ['a day', DAY],
  ['a month', 31 * DAY],
] as const;

describe('look-ups on their way to VirusTotal', () => {
  it.each([1, 4, 60, 1000])(
    'keep to a minute of %i there too, although some take 400 ms longer than others',
    async (perMinute) => {
      const demand = new Demand('2026-03-15T12:00:00.099Z', { perMinute }, 50);
      await demand.time.pass(10 * MINUTE - 1);
      // The worst that can happen: each minute all are late that come first, and all that follow are not.
      const hostile = demand.grants.map((at) => at + (Math.floor(at / 60_500) % 2 === 0 ? 400 : 0));
      expect(mostInAnyMinute(hostile)).toBe(perMinute);
      fc.assert(
        fc.property(
          fc.infiniteStream(fc.integer({ min: 0, max: 400 })),
          (delays) =>
            mostInAnyMinute(demand.grants.map((at) => at + Number(delays.next().value))) <= perMinute,
        ),
        { numRuns: 20 },
      );
      expect(demand.grants.length).toBeGreaterThanOrEqual(9.9 * perMinute);
    },
  );

  it.each([1, 4, 60])(
    'keep to a minute of %i when the connection is slow now and then',
    async (perMinute) => {
      // Each of the first calls after a rest makes a connection, which takes seconds; VirusTotal counts it when it is made.
      const latencies: number[] = [];
      const demand = new Demand('2026-03-15T12:00:00.099Z', { perMinute }, 50, (look) => {
        const latencyMs = Math.floor(look / perMinute) % 2 === 0 ? 3000 : 100;
        latencies.push(latencyMs);
        return latencyMs;
      });
      await demand.time.pass(10 * MINUTE - 1);
      const arrivals = demand.grants.map((at, index) => at + latencies[index]!);
      expect(mostInAnyMinute(arrivals)).toBeLessThanOrEqual(perMinute);
      expect(mostInAnyMinute(demand.grants)).toBeLessThanOrEqual(perMinute);
      expect(demand.grants.length).toBeGreaterThanOrEqual(9 * perMinute);
    },
  );
});

describe('a window that ends', () => {
  it.each([
    ['day', '2028-02-28T23:59:30.000Z'],
    ['day', '2028-02-29T23:59:30.000Z'],
    ['day', '2026-12-31T23:59:30.000Z'],
    ['month', '2026-02-28T23:59:30.000Z'],
    ['month', '2028-02-29T23:59:30.000Z'],
    ['month', '2026-12-31T23:59:30.000Z'],
  ] as const)(
    'is a %s that is spent at %s: the next begins at midnight UTC to the ms',
    async (window, startsAt) => {
      const demand = new Demand(startsAt, window === 'day' ? { perDay: 3 } : { perMonth: 3 }, 1);
      await demand.time.pass(30 * SECOND - 1);
      expect(demand.grants).toHaveLength(3);
      await demand.time.pass(1);
      await demand.time.pass(5 * SECOND);
      expect(demand.grants.slice(3)).toEqual([30_000, 30_200, 30_400]);
      await demand.time.pass(10 * HOUR);
      expect(demand.grants).toHaveLength(6);
    },
  );

  it('is a month of 28 days: a day that is renewed does not renew it', async () => {
    const demand = new Demand('2026-02-27T23:59:30.000Z', { perDay: 3, perMonth: 5 }, 1);
    await demand.time.pass(DAY);
    expect(demand.grants).toHaveLength(5);
    await demand.time.pass(MINUTE);
    expect(demand.grants).toHaveLength(8);
  });
});

describe('a clock that is set while requests wait and others come', () => {
  it.each(jumps)('forward by %s does not give the minute twice', async (_, byMs) => {
    const demand = new Demand('2026-03-15T12:00:00.000Z', { perMinute: 4 });
    await demand.time.pass(30 * SECOND);
    demand.time.setClock(byMs);
    // Whoever comes first makes the scheduler look at the clock again.
    const manual = demand.scheduler.acquire('manual').then(() => demand.grants.push(demand.time.elapsedMs));
    await demand.time.pass(10 * MINUTE - 30 * SECOND - 1);
    await manual;
    expect(mostInAnyMinute(demand.grants)).toBe(4);
    expect(demand.grants.length).toBeGreaterThanOrEqual(36);
  });

  it.each(jumps)('back by %s neither gives the minute twice nor holds it up for long', async (_, byMs) => {
    const demand = new Demand('2026-03-15T12:00:00.000Z', { perMinute: 4 });
    await demand.time.pass(30 * SECOND);
    demand.time.setClock(-byMs);
    const manual = demand.scheduler.acquire('manual').then(() => demand.grants.push(demand.time.elapsedMs));
    await demand.time.pass(10 * MINUTE - 30 * SECOND - 1);
    await manual;
    expect(mostInAnyMinute(demand.grants)).toBe(4);
    expect(demand.between(0, 92 * SECOND)).toBe(8);
    expect(demand.grants.length).toBeGreaterThanOrEqual(36);
  });

  it.each(jumps)('back by %s and forward again gives no day and no minute twice', async (_, byMs) => {
    const demand = new Demand('2026-03-15T12:00:00.000Z', { perMinute: 20, perDay: 50 }, 1);
    await demand.time.pass(2 * MINUTE + 30 * SECOND);
    expect(demand.grants).toHaveLength(50);
    demand.time.setClock(-byMs);
    await demand.time.pass(5 * MINUTE);
    demand.time.setClock(byMs);
    await demand.time.pass(5 * MINUTE);
    expect(demand.grants).toHaveLength(50);
    await demand.time.pass(DAY);
    expect(demand.grants).toHaveLength(100);
  });

  it('forward does not end a pause after a 429 early, nor make it longer than it was', async () => {
    const demand = new Demand('2026-03-15T12:00:00.000Z', { perMinute: 60 });
    const fetchQuota = (): Promise<KeyQuota> => Promise.reject(new Error('no quota told'));
    await demand.scheduler.blocked({ retryAfterMs: 300 * SECOND }, fetchQuota);
    await demand.time.pass(100 * SECOND);
    demand.time.setClock(HOUR);
    await demand.time.pass(199 * SECOND);
    expect(demand.grants.filter((at) => at > 0)).toEqual([]);
    await demand.time.pass(70 * SECOND);
    expect(demand.grants.filter((at) => at > 0).length).toBeGreaterThan(0);
  });
});

type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'set'; readonly ms: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

const jump = fc.oneof(
  fc.integer({ min: -90 * SECOND, max: 90 * SECOND }),
  fc.constantFrom(...jumps.flatMap(([, ms]) => [ms, -ms])),
);
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.integer({ min: 1, max: 3 * MINUTE }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('set' as const), ms: jump }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('refused' as const),
        retryAfterMs: fc.constantFrom(2000, 20_000),
      }),
    },
  ),
  { maxLength: 12 },
);

describe('whatever happens to clock, process and key', () => {
  it('no minute gets more than its budget, and requests go on within two minutes', async () => {
    const nothingTold: KeyQuota = { hourly: undefined, daily: undefined, monthly: undefined };
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(1, 4, 10), async (happens: readonly Step[], perMinute) => {
        const demand = new Demand('2026-03-15T12:00:00.000Z', { perMinute });
        for (const step of happens) {
          if (step.kind === 'pass') await demand.time.pass(step.ms);
          else if (step.kind === 'set') {
            demand.time.setClock(step.ms);
            // A request that comes; one that has to wait is given up again.
            const comes = new AbortController();
            const asked = demand.scheduler.acquire('manual', comes.signal).then(
              () => demand.grants.push(demand.time.elapsedMs),
              () => undefined,
            );
            await demand.time.pass(100);
            comes.abort(new Error('given up'));
            await asked;
          } else if (step.kind === 'restart') {
            demand.restart();
            // What happens to the clock while nobody runs, nobody can know.
            await demand.time.pass(1);
          } else
            await demand.scheduler.blocked({ retryAfterMs: step.retryAfterMs }, () =>
              Promise.resolve(nothingTold),
            );
        }
        expect(mostInAnyMinute(demand.grants)).toBeLessThanOrEqual(perMinute);
        const endMs = demand.time.elapsedMs;
        await demand.time.pass(4 * MINUTE);
        expect(demand.between(endMs, endMs + 2 * MINUTE + 10 * SECOND)).toBeGreaterThan(0);
        expect(mostInAnyMinute(demand.grants)).toBeLessThanOrEqual(perMinute);
        demand.close();
      }),
      { numRuns: 60 },
    );
  });
});
