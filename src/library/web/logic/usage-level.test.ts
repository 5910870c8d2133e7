import { describe, expect, it } from 'vitest';
import type { Usage, UsageWindow } from '../api.js';
import { levelOf, limitWarning, usedOf } from './usage-level.js';

const now = new Date(2026, 4, 10, 12, 0, 0);
const window = (used: number, limit: number | null): UsageWindow => ({ used, limit });
const usage = (change: Partial<Usage['key']> = {}, day = window(1, null)): Usage => ({
  key: { perMinute: window(4, 4), perDay: window(10, 500), perMonth: window(10, 15_500), ...change },
  organisation: { day, month: window(1, null) },
});

describe('the usage of the key', () => {
  it.each([
    [0, 500, 'calm'],
    [399, 500, 'calm'],
    [400, 500, 'near'],
    [500, 500, 'spent'],
    [0, 0, 'spent'],
    [9999, null, 'calm'],
  ] as const)('%d of %s is %s', (used, limit, level) => {
    expect(levelOf(window(used, limit))).toBe(level);
  });

  it('is told with and without a limit', () => {
    expect(usedOf(window(1200, 15_500))).toBe('1,200 of 15,500');
    expect(usedOf(window(1200, null))).toBe('1,200');
  });

  it('is no reason to warn when only the minute is full', () => {
    expect(limitWarning(usage(), now)).toBeNull();
  });

  it('warns of what is spent before what is near, and says when to come back', () => {
    const spent = { ...window(50, 50), resetsAt: new Date(2026, 4, 10, 14, 0).toISOString() };
    expect(limitWarning(usage({ perDay: window(450, 500) }, spent), now)).toEqual({
      level: 'spent',
      text: 'Organisation, today: the limit is spent (50 of 50). It resets at 14:00 (in 2 h).',
    });
    expect(limitWarning(usage({ perDay: window(450, 500) }), now)).toEqual({
      level: 'near',
      text: 'Key, today: the limit is nearly spent (450 of 500).',
    });
  });
});
