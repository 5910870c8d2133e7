import { describe, expect, it } from 'vitest';
import { fullJitterMs, sleep } from './backoff.js';

describe('fullJitterMs', () => {
  const backoff = { baseMs: 100, maxMs: 1_000 };

  it('doubles the ceiling with every attempt up to the maximum', () => {
    const ceilings = [0, 1, 2, 3, 4, 500].map((attempt) => fullJitterMs(attempt, backoff, () => 1));
    expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('spreads the delay over the whole range below the ceiling', () => {
    expect(fullJitterMs(3, backoff, () => 0)).toBe(0);
    expect(fullJitterMs(3, backoff, () => 0.5)).toBe(400);
  });
});

describe('sleep', () => {
  it('keeps the process alive, which may have nothing else while the platform or the broker is away', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const stop = new AbortController();
    const waiting = sleep(3_600_000, stop.signal);
    expect(timers()).toBe(before + 1);
    stop.abort();
    await waiting;
    expect(timers()).toBe(before);
  });

  it('returns at once when its signal is aborted', async () => {
    const aborted = AbortSignal.abort();
    await expect(sleep(3_600_000, aborted)).resolves.toBeUndefined();
  });
});
