import { describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.js';
import { holdLimits } from './hold-limits.js';

describe('holdLimits', () => {
  it.each([
    // max_hold_minutes, held, in work (ms), minutes for a look-up
    [1, 60_000, 72_000, 1],
    [5, 300_000, 360_000, 5],
    [10, 600_000, 720_000, 10],
    [15, 900_000, 780_000, 10],
    [20, 1_200_000, 480_000, 6],
  ])(
    'keeps a request that may be held for %i min well below 30 min in all',
    (maxHoldMinutes, ...expected) => {
      const { heldMs, workMs, quotaMinutes } = holdLimits({ connector: { maxHoldMinutes } } as Config);
      expect([heldMs, workMs, quotaMinutes]).toEqual(expected);
      expect(heldMs + workMs).toBeLessThanOrEqual(28 * 60_000);
    },
  );
});
