import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { block, emptyLedger, reconcile, spend } from './ledger.js';
import { publicQuota, quotaLimits } from './limits.js';
import { ledgerFrom } from './stored-ledger.js';

const noon = new Date('2026-03-15T12:00:00.000Z');
const full = block(
  reconcile(
    spend(spend(emptyLedger, new Date('2026-02-01T00:00:00.000Z'), 'auto'), noon, 'manual'),
    { hourly: { used: 5, allowed: 240 }, daily: { used: 9, allowed: 500 }, monthly: undefined },
    noon,
  ),
  noon,
);

describe('ledgerFrom', () => {
  it('reads what was stored', () => {
    expect(ledgerFrom(JSON.parse(JSON.stringify(full)))).toEqual(full);
  });

  it.each([
    ['nothing', undefined],
    ['no object', 'ledger'],
    ['a list', []],
    ['another version', { ...full, version: 2 }],
    ['no version', { ...full, version: undefined }],
    ['no moment', { ...full, at: '2026-03-15' }],
    ['a moment beyond all dates', { ...full, at: 9e15 }],
    ['units that are no list', { ...full, recent: 4 }],
    ['units without a count', { ...full, recent: [[1]] }],
    ['a negative count', { ...full, recent: [[1, -1]] }],
    ['a fractional count', { ...full, day: [{ id: '2026-03-15', spent: 0.5, manual: 0, elsewhere: 0 }] }],
    ['a window of another kind', { ...full, day: full.month }],
    ['a window that is missing', { ...full, hour: undefined }],
  ])('takes %s for an empty ledger', (_, record) => {
    expect(ledgerFrom(record)).toEqual(emptyLedger);
  });

  it.each([
    [
      'a pause that ends before it begins',
      { ...full, block: { from: 2, until: 1 } },
      { ...full, block: undefined },
    ],
    ['limits that are none', { ...full, allowed: { day: 0 } }, { ...full, allowed: undefined }],
  ])('leaves out %s', (_, record, expected) => {
    expect(ledgerFrom(record)).toEqual(expected);
  });

  it('puts units and windows in order', () => {
    const record = {
      ...full,
      recent: [
        [200, 1],
        [100, 1],
      ],
      day: full.day.toReversed(),
    };
    expect(ledgerFrom(record)).toEqual({
      ...full,
      recent: [
        [100, 1],
        [200, 1],
      ],
    });
  });

  it('makes of any JSON a ledger that can be decided on', () => {
    const field = fc.oneof(fc.jsonValue(), fc.integer({ min: 0 }), fc.constant([]));
    const record = fc.oneof(
      fc.jsonValue(),
      fc.record({
        version: fc.constant(1),
        at: field,
        recent: fc.oneof(field, fc.array(fc.tuple(fc.integer(), fc.integer()))),
        hour: field,
        day: fc.oneof(
          field,
          fc.array(
            fc.record({
              id: fc.constantFrom('2026-03-15', '9999-99-99'),
              spent: field,
              manual: field,
              elsewhere: field,
            }),
          ),
        ),
        month: field,
        allowed: field,
        block: field,
      }),
    );
    fc.assert(
      fc.property(record, (stored) => {
        const ledger = ledgerFrom(stored);
        const claim = { priority: 'auto', reserveManualPercent: 10 } as const;
        const decision = decide(ledger, quotaLimits(publicQuota, ledger.allowed), noon, claim);
        expect(['grant', 'wait', 'exhausted']).toContain(decision.kind);
        expect(spend(ledger, noon, 'auto').version).toBe(1);
      }),
      { numRuns: 500 },
    );
  });
});
