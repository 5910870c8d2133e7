import { describe, expect, it } from 'vitest';
import { fixedClock } from '../shared/clock.js';
import { emptyLedger, presentUse, type QuotaLedger, spend } from '../virustotal/quota/ledger.js';
import { ledgerFrom } from '../virustotal/quota/stored-ledger.js';
import { mergeRecords } from './open-state.js';

const clock = fixedClock('2026-03-15T12:00:00.000Z');

function spent(ledger: QuotaLedger, units: number): QuotaLedger {
  return Array.from({ length: units }).reduce<QuotaLedger>(
    (each) => spend(each, clock.now(), 'auto'),
    ledger,
  );
}

describe('records that were changed on both sides of an outage', () => {
  const merged = (base: unknown, memory: unknown, primary: unknown): number =>
    presentUse(
      ledgerFrom(mergeRecords({ bucket: 'ledger', key: 'key-1', base, memory, primary }, clock)),
      'day',
    ).spent;

  it('add up what was spent on either side', () => {
    const base = spent(emptyLedger, 10);
    expect(merged(base, spent(base, 3), spent(base, 4))).toBe(17);
  });

  it('add up everything when this process started without the store', () => {
    expect(merged(undefined, spent(emptyLedger, 3), spent(emptyLedger, 4))).toBe(7);
  });

  it('keep what this process knows when the store was emptied or is damaged', () => {
    const base = spent(emptyLedger, 10);
    expect(merged(base, spent(base, 3), undefined)).toBe(13);
    expect(merged(base, spent(base, 3), { version: 'x' })).toBe(13);
  });

  it('are what this process made of them, when they count nothing', () => {
    const lease = { holder: 'us', expiresAt: 1 };
    const conflict = { key: 'k', base: undefined, primary: { holder: 'them', expiresAt: 2 } };
    expect(mergeRecords({ ...conflict, bucket: 'lease', memory: lease }, clock)).toEqual(lease);
    expect(mergeRecords({ ...conflict, bucket: 'lease', memory: undefined }, clock)).toBeUndefined();
  });
});
