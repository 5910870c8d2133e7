import { describe, expect, it } from 'vitest';
import { badgeOf } from './badge.js';

describe('the badge of an IOC', () => {
  it.each([
    [null, null, 'none', 'Not enriched'],
    ['clean', '0/72', 'clean', 'Clean'],
    ['suspicious', '3/72', 'suspicious', 'Suspicious'],
    ['malicious', '45/72', 'malicious', '45/72'],
    ['malicious', null, 'malicious', 'Malicious'],
    ['unknown', null, 'unknown', 'Unknown'],
  ] as const)('of verdict %s with %s is %s and reads "%s"', (verdict, ratio, tone, text) => {
    expect(badgeOf({ verdict, ratio })).toMatchObject({ tone, text });
  });

  it('says the ratio in words, for it may show the name only', () => {
    expect(badgeOf({ verdict: 'suspicious', ratio: '3/72' }).meaning).toBe(
      'Suspicious: 3 of 72 engines say malicious',
    );
  });
});
