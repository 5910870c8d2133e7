import { describe, expect, it } from 'vitest';
import { etaSeconds, type EtaFacts, type ItemPassed } from './job-eta.js';

const now = Date.parse('2026-01-02T12:00:00.000Z');
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Items that ended one after another, the last one now. */
function every(eachMs: number, count: number, isPaid = true): ItemPassed[] {
  return Array.from({ length: count }, (_, index) => ({ atMs: now - (count - 1 - index) * eachMs, isPaid }));
}

const today = (left: number) => ({ left, limit: 500, resetsAtMs: now + 12 * hour, periodMs: day });

describe('the time that is left of a job', () => {
  it.each<[string, Partial<EtaFacts>, number | null]>([
    ['is none when nothing is left', { remaining: 0 }, 0],
    ['is not known at first', {}, null],
    ['is not known after one item', { passed: every(second, 1) }, null],
    ['follows the pace', { passed: every(2 * second, 11) }, 200],
    [
      'grows while nothing ends',
      { passed: every(2 * second, 11).map(({ atMs }) => ({ atMs: atMs - 20 * second, isPaid: true })) },
      400,
    ],
    ['is what a minute of the key allows at first', { perMinute: 4 }, 25 * 60],
    ['is no shorter than what a minute allows', { perMinute: 4, passed: every(10, 4) }, 25 * 60],
    [
      'is not that for what the cache answers',
      { perMinute: 4, passed: every(second, 11, false), windows: [today(0)] },
      100,
    ],
    ['does not wait while today suffices', { passed: every(second, 11), windows: [today(100)] }, 100],
    [
      'waits for tomorrow with what is beyond today',
      { passed: every(second, 11), windows: [today(40)] },
      12 * 3600 + 60,
    ],
    [
      'waits for as many days as it takes',
      { remaining: 1200, passed: every(second, 11), windows: [today(100)] },
      (12 + 2 * 24) * 3600 + 100,
    ],
    [
      'goes by the tightest of quotas and budgets',
      { passed: every(second, 11), windows: [today(40), { ...today(0), resetsAtMs: now + day, limit: 10 }] },
      (24 + 9 * 24) * 3600 + 10,
    ],
    ['begins when a waiting job goes on', { passed: every(second, 11), resumesAtMs: now + hour }, 3600 + 100],
    ['does not wait for what is over', { passed: every(second, 11), resumesAtMs: now - hour }, 100],
  ])('%s', (_, facts, expected) => {
    expect(etaSeconds({ remaining: 100, nowMs: now, passed: [], windows: [], ...facts })).toBe(expected);
  });
});
