import { describe, expect, it } from 'vitest';
import { allowedQuota, publicQuota, quotaLimits } from './limits.js';

const nothingTold = { hourly: undefined, daily: undefined, monthly: undefined };

describe('quotaLimits', () => {
  it('are those of a public key by default', () => {
    expect(quotaLimits(publicQuota, undefined)).toEqual({
      perMinute: 4,
      perHour: undefined,
      perDay: 500,
      perMonth: 15500,
    });
  });

  it.each([
    ['what is configured, when VirusTotal allows more', 300, { hour: 6000, day: 1000, month: 30000 }, 300],
    ['what VirusTotal allows, when more is configured', 2000, { hour: 6000, day: 1000, month: 30000 }, 1000],
    ['what is configured, when VirusTotal names no limit', 300, {}, 300],
    ['what VirusTotal allows, when nothing of ours is to limit', 0, { day: 1000 }, 1000],
    ['nothing, when neither side has a limit', 0, {}, undefined],
    ['what VirusTotal allows, when it is to be read from there', 'auto', { day: 1000 }, 1000],
    ['nothing, when it is to be read and VirusTotal names no limit', 'auto', {}, undefined],
    ['that of a public key, until it has been read', 'auto', undefined, 500],
    ['nothing, when nothing of ours is to limit and VirusTotal was not asked', 0, undefined, undefined],
  ] as const)('limit the day to %s', (_, perDay, allowed, expected) => {
    expect(quotaLimits({ perMinute: 4, perDay, perMonth: 0 }, allowed).perDay).toBe(expected);
  });

  it.each([
    ['what is configured, when VirusTotal allows more', 0, 15_500, { month: 20_000 }, 15_500],
    ['what VirusTotal allows, when more is configured', 0, 15_500, { month: 31 }, 31],
    ['that of a public key, until it has been read', 0, 'auto', undefined, 15_500],
  ] as const)('limit the month to %s', (_, perDay, perMonth, allowed, expected) => {
    expect(quotaLimits({ perMinute: 4, perDay, perMonth }, allowed).perMonth).toBe(expected);
  });

  it.each([
    ['a sixtieth of the hour VirusTotal allows, when more is configured', 1000, { hour: 240 }, 4],
    ['a sixtieth of the hour VirusTotal allows, when nothing is configured', 0, { hour: 240 }, 4],
    ['what is configured, when the hour allows more', 3, { hour: 240 }, 3],
    ['at least one, however small the hour is', 4, { hour: 1 }, 1],
    ['nothing, when neither side has a limit', 0, {}, undefined],
  ] as const)('limit the minute to %s', (_, perMinute, allowed, expected) => {
    expect(quotaLimits({ perMinute, perDay: 0, perMonth: 0 }, allowed).perMinute).toBe(expected);
  });
});

describe('allowedQuota', () => {
  it('takes the limits and leaves the use', () => {
    const remote = {
      hourly: { allowed: 240, used: 1 },
      daily: { allowed: 500, used: 700 },
      monthly: { allowed: 15_500, used: 3 },
    };
    expect(allowedQuota(remote)).toEqual({ hour: 240, day: 500, month: 15500 });
  });

  it('takes a huge limit for none', () => {
    expect(allowedQuota({ ...nothingTold, daily: { allowed: 99_000_000, used: 5 } })).toEqual({});
  });

  it('takes a limit of zero for one that was not told', () => {
    expect(allowedQuota({ ...nothingTold, monthly: { allowed: 0, used: 0 } })).toEqual({});
  });
});
