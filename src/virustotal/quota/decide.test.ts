import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, decide, type Decision } from './decide.js';
import { emptyLedger, type Priority, type QuotaLedger, reconcile, spend } from './ledger.js';
import { quotaLimits, type QuotaLimits } from './limits.js';

/** Units used at the moment of the row; `recent` by their age. */
interface Used {
  readonly recent?: readonly (readonly [ageMs: number, units: number])[];
  readonly hour?: number;
  readonly day?: number;
  readonly manual?: number;
  readonly month?: number;
  readonly elsewhere?: Partial<Record<'hour' | 'day' | 'month', number>>;
  readonly blockedForMs?: number;
}

const noLimits: QuotaLimits = {
  perMinute: undefined,
  perHour: undefined,
  perDay: undefined,
  perMonth: undefined,
};
const publicKey: QuotaLimits = { perMinute: 4, perHour: 240, perDay: 500, perMonth: 15_500 };
const minute4 = { perMinute: 4 };
const day10 = { perDay: 10 };

function ledgerAt(at: Date, used: Used): QuotaLedger {
  const atMs = at.getTime();
  const iso = at.toISOString();
  const use = (id: string, spent = 0, elsewhere = 0, manual = 0): QuotaLedger['day'] => [
    { id, spent, manual, elsewhere },
  ];
  return {
    ...emptyLedger,
    at: atMs,
    recent: (used.recent ?? []).map(([ageMs, units]) => [atMs - ageMs, units]),
    hour: use(iso.slice(0, 13), used.hour, used.elsewhere?.hour),
    day: use(iso.slice(0, 10), used.day, used.elsewhere?.day, used.manual),
    month: use(iso.slice(0, 7), used.month, used.elsewhere?.month),
    block:
      used.blockedForMs === undefined ? undefined : { from: atMs - 1000, until: atMs + used.blockedForMs },
  };
}

function inWords(decision: Decision): string {
  return decision.kind === 'grant' ? 'grant' : `${decision.window} ${decision.until.toISOString()}`;
}

const noon = '2026-03-15T10:20:30.000Z';
const auto: Claim = { priority: 'auto', reserveManualPercent: 0 };
const keep20 = (priority: Priority): Claim => ({ priority, reserveManualPercent: 20 });

type Row = [name: string, at: string, Used, Partial<QuotaLimits>, Claim, expected: string];

// prettier-ignore
const table: Row[] = [
  // Nothing used, no limits.
  ['an empty ledger', noon, {}, publicKey, auto, 'grant'],
  ['no limits, much used', noon, { recent: [[5, 9e6]], hour: 9e6, day: 9e6, month: 9e6 }, {}, auto, 'grant'],
  // The minute.
  ['one below the minute', noon, { recent: [[0, 3]] }, minute4, auto, 'grant'],
  ['the minute spent now', noon, { recent: [[0, 4]] }, minute4, auto, 'minute 2026-03-15T10:21:30.500Z'],
  ['the minute spent 10 s ago', noon, { recent: [[10_000, 4]] }, minute4, auto, 'minute 2026-03-15T10:21:20.500Z'],
  ['the minute spent 60 s ago', noon, { recent: [[60_000, 4]] }, minute4, auto, 'minute 2026-03-15T10:20:30.500Z'],
  ['a ms before the margin ends', noon, { recent: [[60_499, 4]] }, minute4, auto, 'minute 2026-03-15T10:20:30.001Z'],
  ['the margin over', noon, { recent: [[60_500, 4]] }, minute4, auto, 'grant'],
  ['an old and three new units', noon, { recent: [[60_500, 1], [1000, 3]] }, minute4, auto, 'grant'],
  ['the oldest leaving first', noon, { recent: [[40_000, 1], [1000, 3]] }, minute4, auto, 'minute 2026-03-15T10:20:50.500Z'],
  ['five units after the limit fell to four', noon, { recent: [[30_000, 1], [20_000, 1], [1000, 3]] }, minute4, auto, 'minute 2026-03-15T10:21:10.500Z'],
  ['five units at once after the limit fell', noon, { recent: [[30_000, 5]] }, minute4, auto, 'minute 2026-03-15T10:21:00.500Z'],
  ['a limit of one', noon, { recent: [[100, 1]] }, { perMinute: 1 }, auto, 'minute 2026-03-15T10:21:30.400Z'],
  ['a large limit not reached', noon, { recent: [[100, 999]] }, { perMinute: 1000 }, auto, 'grant'],
  ['a large limit reached', noon, { recent: [[200, 1], [100, 999]] }, { perMinute: 1000 }, auto, 'minute 2026-03-15T10:21:30.300Z'],
  ['the minute spent, asked by hand', noon, { recent: [[0, 4]] }, minute4, { ...auto, priority: 'manual' }, 'minute 2026-03-15T10:21:30.500Z'],
  // The hour.
  ['one below the hour', noon, { hour: 239 }, publicKey, auto, 'grant'],
  ['the hour spent', noon, { hour: 240 }, publicKey, auto, 'hour 2026-03-15T11:00:00.000Z'],
  ['the hour spent here and elsewhere', noon, { hour: 40, elsewhere: { hour: 200 } }, publicKey, auto, 'hour 2026-03-15T11:00:00.000Z'],
  ['the last hour of the day spent', '2026-03-15T23:59:59.999Z', { hour: 240 }, publicKey, auto, 'hour 2026-03-16T00:00:00.000Z'],
  // The day.
  ['one below the day', noon, { day: 499 }, publicKey, auto, 'grant'],
  ['the day spent', noon, { day: 500 }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  ['more used than the day allows', noon, { day: 10, elsewhere: { day: 690 } }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  ['the day spent elsewhere alone', noon, { elsewhere: { day: 500 } }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  ['one left of the day, used elsewhere too', noon, { day: 9, elsewhere: { day: 490 } }, publicKey, auto, 'grant'],
  ['the day spent on the last of February', '2026-02-28T12:00:00.000Z', { day: 500 }, publicKey, auto, 'day 2026-03-01T00:00:00.000Z'],
  ['a day of one spent', noon, { day: 1 }, { perDay: 1 }, auto, 'day 2026-03-16T00:00:00.000Z'],
  // The month.
  ['one below the month', noon, { month: 15_499 }, publicKey, auto, 'grant'],
  ['the month spent', noon, { month: 15_500 }, publicKey, auto, 'month 2026-04-01T00:00:00.000Z'],
  ['the month spent in December', '2026-12-24T18:00:00.000Z', { month: 15_500 }, publicKey, auto, 'month 2027-01-01T00:00:00.000Z'],
  ['the month spent elsewhere', noon, { month: 1, elsewhere: { month: 15_499 } }, publicKey, auto, 'month 2026-04-01T00:00:00.000Z'],
  // A 429.
  ['a 429 a moment ago', noon, { blockedForMs: 59_000 }, publicKey, auto, 'blocked 2026-03-15T10:21:29.000Z'],
  ['a 429, with no limits known', noon, { blockedForMs: 59_000 }, {}, auto, 'blocked 2026-03-15T10:21:29.000Z'],
  ['a pause that ends now', noon, { blockedForMs: 0 }, publicKey, auto, 'grant'],
  ['a 429, asked by hand', noon, { blockedForMs: 1 }, publicKey, { ...auto, priority: 'manual' }, 'blocked 2026-03-15T10:20:30.001Z'],
  // Several at once: the one that is renewed last.
  ['minute and day spent', noon, { recent: [[0, 4]], day: 500 }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  ['minute spent longer than the day', '2026-03-15T23:59:50.000Z', { recent: [[0, 4]], day: 500 }, publicKey, auto, 'minute 2026-03-16T00:00:50.500Z'],
  ['hour and day spent', noon, { hour: 240, day: 500 }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  ['day and month spent', noon, { day: 500, month: 15_500 }, publicKey, auto, 'month 2026-04-01T00:00:00.000Z'],
  ['all spent, renewed at the same moment', '2026-03-31T23:30:00.000Z', { hour: 240, day: 500, month: 15_500 }, publicKey, auto, 'month 2026-04-01T00:00:00.000Z'],
  ['hour and day spent, renewed at the same moment', '2026-03-15T23:30:00.000Z', { hour: 240, day: 500 }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  ['a pause longer than the minute', noon, { recent: [[30_000, 4]], blockedForMs: 50_000 }, publicKey, auto, 'blocked 2026-03-15T10:21:20.000Z'],
  ['a pause shorter than the minute', noon, { recent: [[0, 4]], blockedForMs: 50_000 }, publicKey, auto, 'minute 2026-03-15T10:21:30.500Z'],
  ['a pause longer than the day', noon, { day: 500, blockedForMs: 86_400_000 }, publicKey, auto, 'blocked 2026-03-16T10:20:30.000Z'],
  ['a pause that ends with the day', '2026-03-15T23:59:00.000Z', { day: 500, blockedForMs: 60_000 }, publicKey, auto, 'day 2026-03-16T00:00:00.000Z'],
  // A share of the day for manual requests.
  ['the last free unit, automatic', noon, { day: 7 }, day10, keep20('auto'), 'grant'],
  ['the reserve reached, automatic', noon, { day: 8 }, day10, keep20('auto'), 'day 2026-03-16T00:00:00.000Z'],
  ['the reserve reached, playbook', noon, { day: 8 }, day10, keep20('playbook'), 'day 2026-03-16T00:00:00.000Z'],
  ['the reserve reached, manual', noon, { day: 8 }, day10, keep20('manual'), 'grant'],
  ['the reserve spent too, manual', noon, { day: 10 }, day10, keep20('manual'), 'day 2026-03-16T00:00:00.000Z'],
  ['half of the reserve used by hand', noon, { day: 8, manual: 1 }, day10, keep20('auto'), 'grant'],
  ['half of the reserve used by hand, the rest reached', noon, { day: 9, manual: 1 }, day10, keep20('auto'), 'day 2026-03-16T00:00:00.000Z'],
  ['more than the reserve used by hand', noon, { day: 9, manual: 5 }, day10, keep20('auto'), 'grant'],
  ['a reserve of less than one unit', noon, { day: 9 }, day10, { priority: 'auto', reserveManualPercent: 1 }, 'day 2026-03-16T00:00:00.000Z'],
  ['the whole day reserved, automatic', noon, {}, day10, { priority: 'auto', reserveManualPercent: 100 }, 'day 2026-03-16T00:00:00.000Z'],
  ['the whole day reserved, manual', noon, { day: 9 }, day10, { priority: 'manual', reserveManualPercent: 100 }, 'grant'],
  ['a reserve, and use elsewhere', noon, { day: 3, elsewhere: { day: 5 } }, day10, keep20('auto'), 'day 2026-03-16T00:00:00.000Z'],
  ['a reserve of a day without a limit', noon, { day: 1000 }, {}, keep20('auto'), 'grant'],
  ['a reserve does not bind the month', noon, { month: 9 }, { perMonth: 10 }, keep20('auto'), 'grant'],
];

describe('decide', () => {
  it.each(table)('%s (%s)', (_, at, used, limits, claim, expected) => {
    const now = new Date(at);
    expect(inWords(decide(ledgerAt(now, used), { ...noLimits, ...limits }, now, claim))).toBe(expected);
  });

  it.each([
    ['hour', '2026-03-15T10:59:59.999Z', { hour: 240 }],
    ['day', '2026-03-15T23:59:59.999Z', { day: 500 }],
    ['month', '2026-03-31T23:59:59.999Z', { month: 15_500 }],
  ] as const)('grants again at the very moment a spent %s is renewed', (_, lastMoment, used) => {
    const last = new Date(lastMoment);
    const ledger = ledgerAt(last, used);
    expect(decide(ledger, publicKey, last, auto).kind).toBe('exhausted');
    expect(decide(ledger, publicKey, new Date(last.getTime() + 1), auto).kind).toBe('grant');
  });
});

const priorities = fc.constantFrom<Priority[]>('manual', 'playbook', 'auto');
/** From a burst to days between two requests. */
const gaps = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 120_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 * 86_400_000 }) },
);
const requests = fc.array(fc.record({ gapMs: gaps, priority: priorities }), { maxLength: 200 });
const limit = (max: number): fc.Arbitrary<number | undefined> =>
  fc.option(fc.integer({ min: 1, max }), { nil: undefined });
const anyLimits = fc.record<QuotaLimits>({
  perMinute: limit(10),
  perHour: limit(30),
  perDay: limit(60),
  perMonth: limit(100),
});
const someDay = Date.parse('2026-01-30T21:00:00.000Z');

function most(counts: Iterable<number>): number {
  return Math.max(0, ...counts);
}

function perWindow(granted: readonly { at: number }[], idLength: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { at } of granted) {
    const id = new Date(at).toISOString().slice(0, idLength);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function inAnyMinute(granted: readonly { at: number }[]): number {
  return most(
    granted.map(({ at }) => granted.filter((other) => other.at >= at && other.at < at + 60_000).length),
  );
}

describe('what decide grants', () => {
  it('never exceeds a limit in any window, however requests come', () => {
    fc.assert(
      fc.property(
        requests,
        anyLimits,
        fc.integer({ min: 0, max: 100 }),
        (asked, limits, reserveManualPercent) => {
          let ledger = emptyLedger;
          let at = someDay;
          const granted: { at: number; priority: Priority }[] = [];
          for (const { gapMs, priority } of asked) {
            at += gapMs;
            const now = new Date(at);
            if (decide(ledger, limits, now, { priority, reserveManualPercent }).kind !== 'grant') continue;
            ledger = spend(ledger, now, priority);
            granted.push({ at, priority });
          }
          expect(inAnyMinute(granted)).toBeLessThanOrEqual(limits.perMinute ?? Infinity);
          expect(most(perWindow(granted, 13).values())).toBeLessThanOrEqual(limits.perHour ?? Infinity);
          expect(most(perWindow(granted, 10).values())).toBeLessThanOrEqual(limits.perDay ?? Infinity);
          expect(most(perWindow(granted, 7).values())).toBeLessThanOrEqual(limits.perMonth ?? Infinity);
          const notManual = granted.filter(({ priority }) => priority !== 'manual');
          if (limits.perDay !== undefined) {
            const unreserved = Math.floor((limits.perDay * (100 - reserveManualPercent)) / 100);
            expect(most(perWindow(notManual, 10).values())).toBeLessThanOrEqual(unreserved);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is as much as can be: who asks at the moment told is served, and not a moment before', () => {
    fc.assert(
      fc.property(requests, anyLimits, (asked, limits) => {
        let ledger = emptyLedger;
        let at = someDay;
        for (const { gapMs, priority } of asked) {
          at += gapMs;
          const decision = decide(ledger, limits, new Date(at), { ...auto, priority });
          if (decision.kind !== 'grant') {
            expect(decision.until.getTime()).toBeGreaterThan(at);
            expect(decide(ledger, limits, new Date(decision.until.getTime() - 1), auto).kind).not.toBe(
              'grant',
            );
            at = decision.until.getTime();
            expect(decide(ledger, limits, new Date(at), auto).kind).toBe('grant');
          }
          ledger = spend(ledger, new Date(at), priority);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what is used here and elsewhere within what VirusTotal allows', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gapMs: fc.integer({ min: 0, max: 600_000 }),
            elsewhere: fc.integer({ min: 0, max: 3 }),
          }),
          {
            maxLength: 100,
          },
        ),
        fc.integer({ min: 1, max: 40 }),
        (steps, allowed) => {
          const options = { perMinute: 0, perDay: 'auto', perMonth: 0 } as const;
          let ledger = emptyLedger;
          let at = Date.parse('2026-03-15T01:00:00.000Z');
          let used = 0;
          for (const { gapMs, elsewhere } of steps) {
            at = Math.min(at + gapMs, Date.parse('2026-03-15T23:59:00.000Z'));
            used += elsewhere;
            const now = new Date(at);
            ledger = reconcile(
              ledger,
              { hourly: undefined, daily: { used, allowed }, monthly: undefined },
              now,
            );
            const decision = decide(ledger, quotaLimits(options, ledger.allowed), now, auto);
            expect(decision.kind).toBe(used < allowed ? 'grant' : 'exhausted');
            if (decision.kind !== 'grant') continue;
            ledger = spend(ledger, now, 'auto');
            used += 1;
          }
        },
      ),
    );
  });
});
