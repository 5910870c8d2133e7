import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyQuota } from '../schema.js';
import { decide } from './decide.js';
import {
  answered,
  block,
  emptyLedger,
  giveBack,
  presentUse,
  type Priority,
  type QuotaLedger,
  reconcile,
  rolled,
  spend,
  unitsIn,
} from './ledger.js';
import { quotaLimits } from './limits.js';

const at = (iso: string): Date => new Date(iso);
const noon = at('2026-03-15T12:00:00.000Z');
const later = (date: Date, ms: number): Date => new Date(date.getTime() + ms);
const nothingTold: KeyQuota = { hourly: undefined, daily: undefined, monthly: undefined };

function spent(ledger: QuotaLedger, now: Date, units: number, priority: Priority = 'auto'): QuotaLedger {
  return Array.from({ length: units }).reduce<QuotaLedger>((each) => spend(each, now, priority), ledger);
}

describe('spend', () => {
  it('counts a unit in every window', () => {
    expect(spent(emptyLedger, noon, 2)).toEqual({
      version: 1,
      at: 1773576000000,
      recent: [[1773576000000, 2]],
      hour: [{ id: '2026-03-15T12', spent: 2, manual: 0, elsewhere: 0 }],
      day: [{ id: '2026-03-15', spent: 2, manual: 0, elsewhere: 0 }],
      month: [{ id: '2026-03', spent: 2, manual: 0, elsewhere: 0 }],
      allowed: undefined,
      block: undefined,
    });
  });

  it('counts manual units apart', () => {
    const ledger = spend(spend(emptyLedger, noon, 'manual'), noon, 'playbook');
    expect(presentUse(ledger, 'day')).toEqual({ id: '2026-03-15', spent: 2, manual: 1, elsewhere: 0 });
  });

  it('gathers units of the same tenth of a second, so that a record stays small whatever the budget', () => {
    let ledger = emptyLedger;
    for (let ms = 0; ms < 120_000; ms += 20) ledger = spend(ledger, later(noon, ms), 'auto');
    expect(ledger.recent.length).toBe(605);
    expect(unitsIn(ledger.recent)).toBe(3025);
  });
});

describe('rolled', () => {
  it('begins a new hour, day and month at midnight UTC, and keeps the windows before', () => {
    const ledger = spent(emptyLedger, at('2026-03-31T23:59:59.999Z'), 3);
    const next = rolled(ledger, at('2026-04-01T00:00:00.000Z'));
    expect(next.hour).toEqual([
      { id: '2026-03-31T23', spent: 3, manual: 0, elsewhere: 0 },
      { id: '2026-04-01T00', spent: 0, manual: 0, elsewhere: 0 },
    ]);
    expect(next.day.map(({ id, spent }) => [id, spent])).toEqual([
      ['2026-03-31', 3],
      ['2026-04-01', 0],
    ]);
    expect(next.month.map(({ id, spent }) => [id, spent])).toEqual([
      ['2026-03', 3],
      ['2026-04', 0],
    ]);
    expect(unitsIn(next.recent)).toBe(3);
  });

  it('keeps one window before the present one at most', () => {
    const days = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
    const ledger = days.reduce((each, day) => spend(each, at(`${day}T08:00:00.000Z`), 'auto'), emptyLedger);
    expect(ledger.day.map(({ id }) => id)).toEqual(['2026-03-03', '2026-03-04']);
  });

  it('forgets what was used elsewhere when the window ends', () => {
    const ledger = reconcile(emptyLedger, { ...nothingTold, daily: { used: 500, allowed: 500 } }, noon);
    expect(presentUse(rolled(ledger, at('2026-03-16T00:00:00.000Z')), 'day').elsewhere).toBe(0);
  });
});

describe('a clock that is set', () => {
  it('back an hour keeps units in the minute for a minute, not for an hour', () => {
    const ledger = spent(emptyLedger, noon, 4);
    const back = later(noon, -3_600_000);
    const limits = { perMinute: 4, perHour: undefined, perDay: undefined, perMonth: undefined };
    const claim = { priority: 'auto', reserveManualPercent: 0 } as const;
    expect(decide(ledger, limits, back, claim)).toEqual({
      kind: 'wait',
      until: at('2026-03-15T11:01:00.500Z'),
      window: 'minute',
    });
    expect(decide(rolled(ledger, back), limits, at('2026-03-15T11:01:00.500Z'), claim).kind).toBe('grant');
  });

  it('back over midnight counts units of the day that is yet to come as of today', () => {
    const today = spent(emptyLedger, at('2026-03-15T23:00:00.000Z'), 200);
    const forward = spent(today, at('2026-03-16T23:00:00.000Z'), 3, 'manual');
    expect(rolled(forward, at('2026-03-15T23:01:00.000Z')).day).toEqual([
      { id: '2026-03-15', spent: 203, manual: 3, elsewhere: 0 },
    ]);
  });

  it('back to a day that was never seen takes the units along', () => {
    const wrong = spent(emptyLedger, at('2031-01-01T00:00:00.000Z'), 5);
    expect(presentUse(rolled(wrong, noon), 'month')).toEqual({
      id: '2026-03',
      spent: 5,
      manual: 0,
      elsewhere: 0,
    });
  });

  it('back by seconds goes unnoticed: the ledger keeps its own time', () => {
    const ledger = spent(emptyLedger, at('2026-03-16T00:00:02.000Z'), 3);
    const back = rolled(ledger, at('2026-03-15T23:59:58.000Z'));
    expect(back).toEqual({ ...ledger, at: Date.parse('2026-03-16T00:00:02.000Z') });
  });

  it('back keeps the length of a pause', () => {
    const paused = block(emptyLedger, noon, { retryAfterMs: 300_000 });
    expect(rolled(paused, later(noon, -86_400_000)).block).toEqual({
      from: noon.getTime() - 86_400_000,
      until: noon.getTime() - 86_400_000 + 300_000,
    });
  });

  it('forward by years grants and counts from there', () => {
    const ledger = spend(spent(emptyLedger, noon, 4), at('2031-01-01T00:00:00.000Z'), 'auto');
    expect([unitsIn(ledger.recent), presentUse(ledger, 'day').spent]).toEqual([1, 1]);
  });

  it('to and fro never loses a unit of the day it ends in, and never makes the minute longer', () => {
    const day = 86_400_000;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -30 * day, max: 30 * day }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (offsets, perMinute) => {
          const limits = { perMinute, perHour: undefined, perDay: undefined, perMonth: undefined };
          const claim = { priority: 'auto', reserveManualPercent: 0 } as const;
          let ledger = spent(emptyLedger, noon, 1);
          for (const offset of offsets) {
            const now = later(noon, offset);
            const decision = decide(ledger, limits, now, claim);
            if (decision.kind === 'grant') ledger = spend(ledger, now, 'auto');
            else expect(decision.until.getTime() - now.getTime()).toBeLessThanOrEqual(65_500);
            expect(ledger.day.length).toBeLessThanOrEqual(2);
          }
          // Back before everything: all that is remembered is of that day.
          const remembered = rolled(ledger, later(noon, -31 * day));
          const sum = ledger.day.reduce((total, use) => total + use.spent, 0);
          expect(presentUse(remembered, 'day').spent).toBe(sum);
        },
      ),
    );
  });
});

describe('reconcile', () => {
  const ofDay = (used: number, allowed = 500): KeyQuota => ({ ...nothingTold, daily: { used, allowed } });

  it('takes what VirusTotal counts beyond our own units for use elsewhere', () => {
    const ledger = reconcile(spent(emptyLedger, noon, 10), ofDay(45), noon);
    expect(presentUse(ledger, 'day')).toEqual({ id: '2026-03-15', spent: 10, manual: 0, elsewhere: 35 });
    expect(ledger.allowed).toEqual({ day: 500 });
  });

  it('lets our own count stand when VirusTotal counts fewer', () => {
    const ledger = reconcile(spent(emptyLedger, noon, 10), ofDay(3), noon);
    expect(presentUse(ledger, 'day')).toEqual({ id: '2026-03-15', spent: 10, manual: 0, elsewhere: 0 });
  });

  it('adds our later units to what was used elsewhere', () => {
    const ledger = spent(reconcile(spent(emptyLedger, noon, 10), ofDay(45), noon), noon, 2);
    expect(presentUse(ledger, 'day')).toMatchObject({ spent: 12, elsewhere: 35 });
  });

  it('corrects what was used elsewhere with every comparison', () => {
    const first = reconcile(emptyLedger, ofDay(45), noon);
    expect(presentUse(reconcile(first, ofDay(50), noon), 'day').elsewhere).toBe(50);
    expect(presentUse(reconcile(spent(first, noon, 5), ofDay(45), noon), 'day').elsewhere).toBe(40);
  });

  it('takes back what an empty ledger has forgotten', () => {
    const remote = { ...nothingTold, monthly: { used: 15_499, allowed: 15_500 } };
    expect(presentUse(reconcile(emptyLedger, remote, noon), 'month').elsewhere).toBe(15_499);
  });

  it('accepts more used than allowed', () => {
    expect(presentUse(reconcile(emptyLedger, ofDay(700), noon), 'day').elsewhere).toBe(700);
  });

  it('does not take figures of yesterday for those of a day that has just begun', () => {
    const ledger = spent(emptyLedger, at('2026-03-16T00:00:00.500Z'), 1);
    const remote = {
      hourly: { used: 240, allowed: 240 },
      daily: { used: 500, allowed: 500 },
      monthly: undefined,
    };
    const next = reconcile(ledger, remote, at('2026-03-16T00:00:20.000Z'), at('2026-03-16T00:00:19.000Z'));
    expect(presentUse(next, 'day')).toMatchObject({ spent: 1, elsewhere: 0 });
    expect(presentUse(next, 'hour')).toMatchObject({ spent: 1, elsewhere: 0 });
    expect(next.allowed).toEqual({ hour: 240, day: 500 });
  });

  it('does not take figures that were asked for before midnight for those of today', () => {
    const next = reconcile(
      emptyLedger,
      ofDay(500),
      at('2026-03-16T00:05:00.000Z'),
      at('2026-03-15T23:59:59.000Z'),
    );
    expect(presentUse(next, 'day').elsewhere).toBe(0);
  });

  it('does not take our own units of the hour before for use elsewhere in this one', () => {
    const before = spent(emptyLedger, at('2026-03-15T11:40:00.000Z'), 120);
    const ledger = spent(before, at('2026-03-15T12:20:00.000Z'), 120);
    const remote = { ...nothingTold, hourly: { used: 240, allowed: 240 } };
    expect(presentUse(reconcile(ledger, remote, at('2026-03-15T12:20:00.000Z')), 'hour').elsewhere).toBe(0);
  });

  it('sees use elsewhere in the hour when ours of the hour before are long past', () => {
    const ledger = spent(emptyLedger, at('2026-03-15T08:40:00.000Z'), 120);
    const remote = { ...nothingTold, hourly: { used: 240, allowed: 240 } };
    expect(presentUse(reconcile(ledger, remote, at('2026-03-15T12:20:00.000Z')), 'hour').elsewhere).toBe(240);
  });

  it('keeps the limits known when VirusTotal tells nothing at all', () => {
    const ledger = reconcile(emptyLedger, ofDay(1, 1000), noon);
    expect(reconcile(ledger, nothingTold, noon).allowed).toEqual({ day: 1000 });
    expect(reconcile(emptyLedger, nothingTold, noon).allowed).toBeUndefined();
  });

  it('makes `auto` follow a plan that has changed', () => {
    const options = { perMinute: 4, perDay: 'auto', perMonth: 0 } as const;
    const larger = reconcile(reconcile(emptyLedger, ofDay(1, 500), noon), ofDay(1, 20_000), noon);
    expect(quotaLimits(options, larger.allowed).perDay).toBe(20_000);
  });
});

describe('block', () => {
  const pauseMs = (ledger: QuotaLedger): number | undefined =>
    ledger.block === undefined ? undefined : ledger.block.until - ledger.block.from;

  it('pauses for a minute', () => {
    expect(block(emptyLedger, noon).block).toEqual({ from: 1773576000000, until: 1773576060000 });
  });

  it('pauses as long as the answer asks', () => {
    expect(pauseMs(block(emptyLedger, noon, { retryAfterMs: 5000 }))).toBe(5000);
  });

  it('pauses three seconds at least, and an hour at most, whatever the answer asks', () => {
    expect(pauseMs(block(emptyLedger, noon, { retryAfterMs: 1 }))).toBe(3000);
    expect(pauseMs(block(emptyLedger, noon, { retryAfterMs: 1e15 }))).toBe(3_600_000);
  });

  it('takes an answer that asks for no pause for one that does not tell', () => {
    expect(pauseMs(block(emptyLedger, noon, { retryAfterMs: 0 }))).toBe(60_000);
  });

  it('doubles a pause that did not help although the answer asks for less, and obeys when it asks for more', () => {
    let ledger = block(emptyLedger, noon, { retryAfterMs: 5000 });
    const pauses = [1000, 1000, 30_000, 1000].map((retryAfterMs) => {
      ledger = block(ledger, later(new Date(ledger.block!.until), 1000), { retryAfterMs });
      return pauseMs(ledger);
    });
    expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000]);
    ledger = block(ledger, new Date(ledger.block!.until), { retryAfterMs: 900_000 });
    expect(pauseMs(ledger)).toBe(900_000);
  });

  it('learns nothing from refusals of calls that were on their way', () => {
    const paused = block(emptyLedger, noon);
    expect(block(paused, later(noon, 2000), { retryAfterMs: 900_000 }).block).toEqual(paused.block);
  });

  it('doubles the pause when it did not help, up to an hour', () => {
    let ledger = block(emptyLedger, noon);
    const pauses = [pauseMs(ledger)];
    for (let round = 0; round < 7; round += 1) {
      ledger = block(ledger, later(new Date(ledger.block!.until), 1000));
      pauses.push(pauseMs(ledger));
    }
    expect(pauses).toEqual([60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 3_600_000, 3_600_000]);
  });

  it('begins with a minute again after a minute without a refusal', () => {
    const ledger = block(block(emptyLedger, noon), later(noon, 61_000));
    expect(pauseMs(ledger)).toBe(120_000);
    expect(pauseMs(block(ledger, later(noon, 61_000 + 120_000 + 60_000)))).toBe(60_000);
  });
});

describe('answered', () => {
  const sent = new Date('2026-03-15T12:00:00.050Z');
  const unit = { at: sent.getTime(), priority: 'auto' as const };
  const later = (ms: number): Date => new Date(sent.getTime() + ms);

  it('lets a unit weigh from the moment at which a slow call may have arrived', () => {
    const ledger = spend(spend(emptyLedger, sent, 'auto'), sent, 'auto');
    expect(answered(ledger, later(2000), unit).recent).toEqual([
      [Date.parse('2026-03-15T12:00:00.000Z'), 1],
      [Date.parse('2026-03-15T12:00:01.600Z'), 1],
    ]);
  });

  it('changes nothing when the answer came in time', () => {
    const ledger = spend(emptyLedger, sent, 'auto');
    expect(answered(ledger, later(400), unit).recent).toEqual(ledger.recent);
  });

  it('counts a unit again that had left the minute before its answer came', () => {
    const ledger = spend(emptyLedger, sent, 'auto');
    expect(answered(ledger, later(70_000), unit).recent).toEqual([
      [Date.parse('2026-03-15T12:01:09.600Z'), 1],
    ]);
    expect(answered(ledger, later(70_000), unit).day).toEqual(ledger.day);
  });
});

describe('giveBack', () => {
  it('takes the unit out of hour, day and month, not out of the minute', () => {
    const ledger = spent(emptyLedger, noon, 2, 'manual');
    const next = giveBack(ledger, later(noon, 1000), { at: noon.getTime(), priority: 'manual' });
    expect([
      presentUse(next, 'hour').spent,
      presentUse(next, 'day').spent,
      presentUse(next, 'month').spent,
    ]).toEqual([1, 1, 1]);
    expect(presentUse(next, 'day').manual).toBe(1);
    expect(unitsIn(next.recent)).toBe(2);
  });

  it('leaves windows alone that began after the unit was taken', () => {
    const taken = at('2026-03-15T23:59:59.000Z');
    const ledger = spend(spend(emptyLedger, taken, 'auto'), at('2026-03-16T00:00:01.000Z'), 'auto');
    const next = giveBack(ledger, at('2026-03-16T00:00:02.000Z'), { at: taken.getTime(), priority: 'auto' });
    expect([presentUse(next, 'day').spent, presentUse(next, 'month').spent]).toEqual([1, 1]);
  });

  it('never goes below zero', () => {
    const next = giveBack(emptyLedger, noon, { at: noon.getTime(), priority: 'manual' });
    expect(presentUse(next, 'day')).toEqual({ id: '2026-03-15', spent: 0, manual: 0, elsewhere: 0 });
  });
});
