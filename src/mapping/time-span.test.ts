import { describe, expect, it } from 'vitest';
import { counted, spanText } from './time-span.js';

const from = new Date('2024-01-01T00:00:00Z');

describe('a span of time', () => {
  it.each([
    ['2023-12-31T00:00:00Z', 'less than an hour'],
    ['2024-01-01T00:59:59Z', 'less than an hour'],
    ['2024-01-01T01:59:00Z', '1 hour'],
    ['2024-01-02T23:59:00Z', '47 hours'],
    ['2024-01-03T00:00:00Z', '2 days'],
    ['2024-02-29T00:00:00Z', '59 days'],
    ['2024-03-05T00:00:00Z', '2 months'],
    ['2025-12-30T00:00:00Z', '23 months'],
    ['2026-01-02T00:00:00Z', '2 years'],
  ])('up to %s is %s', (to, expected) => {
    expect(spanText(from, new Date(to))).toBe(expected);
  });

  it('counts one thing as one', () => {
    expect([counted(0, 'vote'), counted(1, 'vote'), counted(2, 'vote')]).toEqual([
      '0 votes',
      '1 vote',
      '2 votes',
    ]);
  });
});
