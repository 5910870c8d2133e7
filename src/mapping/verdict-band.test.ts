import { describe, expect, it } from 'vitest';
import { ipAddressReport, policy, stats } from '../../test/helpers/mapping-samples.js';
import { readVerdict } from './score.js';
import { verdictBand, worstBand } from './verdict-band.js';

describe('verdictBand', () => {
  it.each([
    ['malicious', stats({ malicious: 10, undetected: 50 })],
    ['suspicious', stats({ malicious: 9, undetected: 50 })],
    ['suspicious', stats({ suspicious: 1, undetected: 50 })],
    ['clean', stats({ harmless: 1, undetected: 50 })],
    [undefined, stats({ timeout: 3 })],
    [undefined, undefined],
  ])('say %s of %o', (expected, counters) => {
    const report = ipAddressReport({ stats: counters });
    expect(verdictBand(report, readVerdict(report), policy)).toBe(expected);
  });

  it('follow the rule for Indicators, with the default threshold where there are none', () => {
    const report = ipAddressReport({ stats: stats({ malicious: 3, harmless: 60 }) });
    const verdict = readVerdict(report);
    expect(verdictBand(report, verdict, { ...policy, createPositives: 3 })).toBe('malicious');
    expect(verdictBand(report, verdict, { ...policy, createPositives: 0 })).toBe('suspicious');
    expect(verdictBand(report, { ...verdict, trusted: ['Alpha'] }, { ...policy, trustedPositives: 1 })).toBe(
      'malicious',
    );
  });

  it.each([
    ['VERDICT_MALICIOUS', 'malicious'],
    ['VERDICT_SUSPICIOUS', 'suspicious'],
    ['VERDICT_BENIGN', 'clean'],
    ['VERDICT_UNDETECTED', 'suspicious'],
    ['VERDICT_UNKNOWN', 'suspicious'],
    ['constructor', 'suspicious'],
  ])('are those of Google Threat Intelligence where it gives one: %s', (gtiVerdict, expected) => {
    const gti = { verdict: gtiVerdict, severity: undefined, threatScore: undefined, description: undefined };
    const report = ipAddressReport({ gti, stats: stats({ malicious: 1, harmless: 60 }) });
    expect(verdictBand(report, readVerdict(report), policy)).toBe(expected);
  });

  it.each([
    ['VERDICT_BENIGN', 'malicious'],
    ['VERDICT_UNDETECTED', 'malicious'],
    ['VERDICT_SUSPICIOUS', 'suspicious'],
  ])('are never clean where a rule for an Indicator holds: %s', (gtiVerdict, expected) => {
    const gti = { verdict: gtiVerdict, severity: undefined, threatScore: 1, description: undefined };
    const report = ipAddressReport({ gti, stats: stats({ malicious: 60, harmless: 30 }) });
    expect(verdictBand(report, readVerdict(report), policy)).toBe(expected);
  });
});

describe('worstBand', () => {
  it('is the one that matters most', () => {
    expect(worstBand(['clean', 'malicious', 'suspicious'])).toBe('malicious');
    expect(worstBand(['clean', 'suspicious'])).toBe('suspicious');
    expect(worstBand([])).toBeUndefined();
  });
});
