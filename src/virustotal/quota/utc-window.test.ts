import { describe, expect, it } from 'vitest';
import { windowEnd, windowId } from './utc-window.js';

describe('UTC windows', () => {
  it.each([
    ['hour', '2026-02-28T22:59:59.999Z', '2026-02-28T22', '2026-02-28T23:00:00.000Z'],
    ['hour', '2026-02-28T23:00:00.000Z', '2026-02-28T23', '2026-03-01T00:00:00.000Z'],
    ['day', '2026-02-28T23:59:59.999Z', '2026-02-28', '2026-03-01T00:00:00.000Z'],
    ['day', '2028-02-28T00:00:00.000Z', '2028-02-28', '2028-02-29T00:00:00.000Z'],
    ['day', '2026-12-31T12:00:00.000Z', '2026-12-31', '2027-01-01T00:00:00.000Z'],
    ['month', '2026-01-31T23:59:59.999Z', '2026-01', '2026-02-01T00:00:00.000Z'],
    ['month', '2026-12-01T00:00:00.000Z', '2026-12', '2027-01-01T00:00:00.000Z'],
  ] as const)('the %s of %s is %s and ends at %s', (window, at, id, end) => {
    const atMs = Date.parse(at);
    expect([windowId(window, atMs), new Date(windowEnd(window, atMs)).toISOString()]).toEqual([id, end]);
  });
});
