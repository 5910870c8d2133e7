import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
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
import { mergedLedger } from './merged-ledger.js';

const noon = new Date('2026-03-15T12:00:00.000Z');
const later = (date: Date, ms: number): Date => new Date(date.getTime() + ms);

function spent(ledger: QuotaLedger, now: Date, units: number, priority: Priority = 'auto'): QuotaLedger {
  return Array.from({ length: units }).reduce<QuotaLedger>((each) => spend(each, now, priority), ledger);
}

describe('mergedLedger', () => {
  const base = spent(emptyLedger, noon, 10);

  it('adds what was spent here to what others spent meanwhile', () => {
    const memory = spent(base, later(noon, 1000), 3, 'manual');
    const primary = spent(spent(base, later(noon, 1000), 4), later(noon, 2000), 1, 'manual');
    const both = mergedLedger({ base, memory, primary }, later(noon, 3000));
    expect(presentUse(both, 'hour')).toEqual({ id: '2026-03-15T12', spent: 18, manual: 4, elsewhere: 0 });
    expect(presentUse(both, 'day')).toEqual({ id: '2026-03-15', spent: 18, manual: 4, elsewhere: 0 });
    expect(presentUse(both, 'month')).toEqual({ id: '2026-03', spent: 18, manual: 4, elsewhere: 0 });
    expect(both.recent).toEqual([
      [1773576000000, 10],
      [1773576001000, 7],
      [1773576002000, 1],
    ]);
  });

  it('adds everything when this process never saw the record of the others', () => {
    const both = mergedLedger(
      { base: emptyLedger, memory: spent(emptyLedger, noon, 3), primary: spent(emptyLedger, noon, 4) },
      noon,
    );
    expect([presentUse(both, 'day').spent, unitsIn(both.recent)]).toEqual([7, 7]);
  });

  it('keeps what was spent when the store was emptied', () => {
    const both = mergedLedger({ base, memory: spent(base, noon, 3), primary: emptyLedger }, noon);
    expect([presentUse(both, 'day').spent, unitsIn(both.recent)]).toEqual([13, 13]);
  });

  it('takes nothing from the others for a unit that was put back here', () => {
    const memory = giveBack(base, noon, { at: noon.getTime(), priority: 'auto' });
    const both = mergedLedger({ base, memory, primary: spent(base, noon, 2) }, noon);
    expect(presentUse(both, 'day').spent).toBe(12);
  });

  it('does not count a day that is over', () => {
    const both = mergedLedger(
      { base, memory: spent(base, noon, 300), primary: base },
      later(noon, 86_400_000),
    );
    expect(presentUse(both, 'day')).toEqual({ id: '2026-03-16', spent: 0, manual: 0, elsewhere: 0 });
    expect(presentUse(both, 'month').spent).toBe(310);
  });

  it('counts a unit of today although the clock of the other has passed midnight already', () => {
    const evening = new Date('2026-03-15T23:59:59.000Z');
    const memory = spent(base, evening, 1);
    const primary = spent(base, later(evening, 2000), 2);
    const both = mergedLedger({ base, memory, primary }, evening);
    expect(presentUse(both, 'day')).toEqual({ id: '2026-03-16', spent: 2, manual: 0, elsewhere: 0 });
    expect(presentUse(both, 'month').spent).toBe(13);
  });

  it('does not add up what VirusTotal told, and keeps the longer pause', () => {
    const told = { hourly: undefined, daily: undefined, monthly: { used: 90, allowed: 100 } };
    const memory = reconcile(base, told, noon);
    const primary = block(reconcile(base, { ...told, monthly: { used: 70, allowed: 100 } }, noon), noon);
    for (const [one, other] of [
      [memory, primary],
      [primary, memory],
    ] as const) {
      const both = mergedLedger({ base, memory: one, primary: other }, noon);
      expect(presentUse(both, 'month')).toEqual({ id: '2026-03', spent: 10, manual: 0, elsewhere: 80 });
      expect(both.allowed).toEqual({ month: 100 });
      expect(both.block).toEqual(primary.block);
    }
  });

  it('is never less than either and never more than all units together, whenever they were spent', () => {
    const units = fc.array(
      fc.record({
        afterMs: fc.oneof(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 40 * 86_400_000 })),
        priority: fc.constantFrom<Priority>('manual', 'playbook', 'auto'),
      }),
      { maxLength: 12 },
    );
    const inOrder = (ledger: QuotaLedger, start: Date, list: readonly Unit[]): QuotaLedger =>
      list
        .toSorted((a, b) => a.afterMs - b.afterMs)
        .reduce((each, unit) => spend(each, later(start, unit.afterMs), unit.priority), ledger);
    fc.assert(
      fc.property(units, units, units, fc.nat({ max: 120_000 }), (before, here, there, waitMs) => {
        const known = inOrder(emptyLedger, noon, before);
        const start = new Date(Math.max(known.at, noon.getTime()));
        const memory = inOrder(known, start, here);
        const primary = inOrder(known, start, there);
        const now = later(new Date(Math.max(memory.at, primary.at, start.getTime())), waitMs);
        const both = mergedLedger({ base: known, memory, primary }, now);
        const [was, ours, theirs] = [rolled(known, now), rolled(memory, now), rolled(primary, now)];
        for (const window of ['hour', 'day', 'month'] as const) {
          for (const count of ['spent', 'manual'] as const) {
            const of = (ledger: QuotaLedger): number => presentUse(ledger, window)[count];
            expect(of(both)).toBe(of(was) + (of(ours) - of(was)) + (of(theirs) - of(was)));
          }
        }
        const recent = unitsIn(both.recent);
        expect(recent).toBe(unitsIn(ours.recent) + unitsIn(theirs.recent) - unitsIn(was.recent));
        expect(recent).toBeGreaterThanOrEqual(Math.max(unitsIn(ours.recent), unitsIn(theirs.recent)));
        expect(both.recent.map(([at]) => at)).toEqual(
          both.recent.map(([at]) => at).toSorted((a, b) => a - b),
        );
      }),
    );
  });
});

interface Unit {
  readonly afterMs: number;
  readonly priority: Priority;
}
