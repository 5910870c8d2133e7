import { describe, expect, it } from 'vitest';
import { policy } from '../../test/helpers/mapping-samples.js';
import { reasonForIndicator } from './indicator-rule.js';
import type { IndicatorPolicy } from './options.js';
import type { Verdict } from './score.js';

function verdict(malicious: number, suspicious = 0, trusted?: readonly string[]): Verdict {
  return {
    detection: { malicious, suspicious, engines: 70 },
    score: 60,
    scoreSource: 'engines',
    ...(trusted === undefined ? {} : { trusted }),
  };
}

function reason(judged: Verdict, changes: Partial<IndicatorPolicy> = {}): string | undefined {
  return reasonForIndicator(judged, { ...policy, ...changes }, 'this URL');
}

describe('the rule for an Indicator', () => {
  it('is the threshold for malicious verdicts, whatever else would hold', () => {
    const lenient = { countSuspicious: true, trustedPositives: 1 };
    expect(reason(verdict(10, 5, ['Alpha']), lenient)).toBe(
      '10 of 70 engines call this URL malicious (threshold 10)',
    );
  });

  it.each([
    [7, 3, '7 of 70 engines call this URL malicious, 3 suspicious'],
    [0, 10, 'none of 70 engines call this URL malicious, 10 suspicious'],
  ])('counts suspicious verdicts only when told so: %d and %d', (malicious, suspicious, clause) => {
    expect(reason(verdict(malicious, suspicious))).toBeUndefined();
    expect(reason(verdict(malicious, suspicious), { countSuspicious: true })).toBe(
      `${clause} (threshold 10, suspicious verdicts counted)`,
    );
    expect(reason(verdict(malicious, suspicious - 1), { countSuspicious: true })).toBeUndefined();
  });

  it('holds for enough trusted engines, and names them', () => {
    const few = verdict(3, 0, ['Kaspersky', 'ESET-NOD32']);
    expect(reason(few)).toBeUndefined();
    expect(reason(few, { trustedPositives: 3 })).toBeUndefined();
    expect(reason(few, { trustedPositives: 2 })).toBe(
      '3 of 70 engines call this URL malicious, among them Kaspersky, ESET-NOD32 (threshold 2 of the trusted engines)',
    );
  });

  it('names ten trusted engines at most, each on one line', () => {
    const trusted = Array.from({ length: 12 }, (_, index) => `Engine\n${index}`);
    expect(reason(verdict(9, 0, trusted), { createPositives: 20, trustedPositives: 1 })).toContain(
      'Engine 8, Engine 9 and 2 more (threshold',
    );
  });

  it('names engines as safe Markdown', () => {
    const trusted = ['![x](http://evil.example/a.png)'];
    const said = reason(verdict(2, 0, trusted), { trustedPositives: 1 });
    expect(said).toContain('threshold 1 of the trusted');
    expect(said).not.toContain('![x](');
  });

  it('never holds when Indicators are switched off, or nobody judged', () => {
    const lenient = { countSuspicious: true, trustedPositives: 1 };
    expect(reason(verdict(70, 0, ['Alpha']), { ...lenient, createPositives: 0 })).toBeUndefined();
    const unjudged: Verdict = { detection: undefined, score: 90, scoreSource: 'gti', trusted: ['Alpha'] };
    expect(reason(unjudged, lenient)).toBeUndefined();
  });
});
