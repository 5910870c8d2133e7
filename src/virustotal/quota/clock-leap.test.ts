import { describe, expect, it } from 'vitest';
import { setForward } from './clock-leap.js';
import { block, emptyLedger, type QuotaLedger, spend } from './ledger.js';

const noon = new Date('2026-03-15T12:00:00.000Z');
const later = (ms: number): Date => new Date(noon.getTime() + ms);
const HOUR = 3_600_000;

function spentAt(...offsetsMs: number[]): QuotaLedger {
  return offsetsMs.reduce((ledger, ms) => spend(ledger, later(ms), 'auto'), emptyLedger);
}

describe('setForward', () => {
  it('moves the units of the minute with the clock', () => {
    const ledger = setForward(spentAt(0, 20_000), HOUR, later(HOUR + 30_000));
    expect(ledger.recent).toEqual([
      [noon.getTime() + HOUR, 1],
      [noon.getTime() + HOUR + 20_000, 1],
    ]);
  });

  it('counts what another replica took after the clock was set as of now, and loses no unit', () => {
    const ledger = setForward(spentAt(HOUR + 10_000, HOUR + 20_000), HOUR, later(HOUR + 30_050));
    expect(ledger.recent).toEqual([[noon.getTime() + HOUR + 30_000, 2]]);
  });

  it('leaves of a pause what is left of it, and never more than its length', () => {
    const paused = block(emptyLedger, noon, { retryAfterMs: 300_000 });
    // After 100 s.
    expect(setForward(paused, HOUR, later(HOUR + 100_000)).block).toEqual({
      from: noon.getTime() + HOUR,
      until: noon.getTime() + HOUR + 300_000,
    });
    // Another replica, on the same machine, has done so before.
    const twice = setForward(setForward(paused, HOUR, later(HOUR + 100_000)), HOUR, later(HOUR + 100_000));
    expect(twice.block?.until).toBe(noon.getTime() + HOUR + 400_000);
  });

  it('leaves a pause alone that was over', () => {
    const paused = block(emptyLedger, noon);
    expect(setForward(paused, HOUR, later(HOUR + 61_000)).block).toEqual(paused.block);
  });
});
