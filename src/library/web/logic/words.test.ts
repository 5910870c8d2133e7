import { describe, expect, it } from 'vitest';
import { ago, comeBack, count, dateTime, duration } from './words.js';

const now = new Date(2026, 4, 10, 12, 0, 0);
const before = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();

describe('words for people', () => {
  it.each([
    [0, '0 s'],
    [39.2, '40 s'],
    [61, '2 min'],
    [3600, '1 h'],
    [11_100, '3 h 5 min'],
    [86_400, '1 d'],
    [187_200, '2 d 4 h'],
    [-5, '0 s'],
  ])('%d seconds take "%s"', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [5, 'just now'],
    [-30, 'just now'],
    [300, '5 min ago'],
    [7300, '2 h ago'],
    [200_000, '2 d ago'],
    [86_400 * 100, '30 Jan 2026'],
  ])('%d seconds before are "%s"', (seconds, text) => {
    expect(ago(before(seconds), now)).toBe(text);
  });

  it('keeps what is not a time as it is', () => {
    expect(ago('yesterday', now)).toBe('yesterday');
    expect(dateTime('yesterday')).toBe('yesterday');
  });

  it('says when to come back, with the day only when it is another one', () => {
    expect(comeBack(new Date(now.getTime() + 720_000), now)).toBe('at 12:12 (in 12 min)');
    expect(comeBack(new Date(2026, 4, 11, 2, 0, 0), now)).toBe('on 11 May 2026, 02:00 (in 14 h)');
  });

  it('counts', () => {
    expect(count(1, 'IOC')).toBe('1 IOC');
    expect(count(12_000, 'IOC')).toBe('12,000 IOCs');
    expect(count(2, 'entry', 'entries')).toBe('2 entries');
  });
});
