import { describe, expect, it } from 'vitest';
import { fileReport, stats } from '../../../test/helpers/mapping-samples.js';
import { DEFAULT_THRESHOLDS, detectionRatio, judge, thresholdsFault, verdictOf } from './badge.js';

describe('judge', () => {
  it.each([
    [0, 'clean', '0/70'],
    [1, 'suspicious', '1/70'],
    [5, 'suspicious', '5/70'],
    [6, 'malicious', '6/70'],
    [70, 'malicious', '70/70'],
  ])('takes %i of 70 malicious engines for %s', (malicious, verdict, ratio) => {
    const report = fileReport({
      stats: stats({ malicious, undetected: 70 - malicious, timeout: 3, failure: 2 }),
    });
    const judgement = judge(report, DEFAULT_THRESHOLDS);
    expect(judgement).toEqual({ verdict, malicious, suspicious: 0, engines: 70 });
    expect(detectionRatio(judgement)).toBe(ratio);
  });

  it('counts suspicious engines among those that judged, but not as malicious', () => {
    const report = fileReport({ stats: stats({ suspicious: 9, harmless: 1 }) });
    expect(judge(report, DEFAULT_THRESHOLDS)).toEqual({
      verdict: 'clean',
      malicious: 0,
      suspicious: 9,
      engines: 10,
    });
  });

  it.each([
    ['VirusTotal does not know', undefined],
    ['was never analysed', fileReport()],
    ['no engine judged', fileReport({ stats: stats({ timeout: 4, typeUnsupported: 9 }) })],
  ])('says nothing about what %s', (_, report) => {
    const judgement = judge(report, DEFAULT_THRESHOLDS);
    expect(judgement).toEqual({ verdict: 'unknown', malicious: null, suspicious: null, engines: null });
    expect(detectionRatio(judgement)).toBeNull();
  });

  it('follows the thresholds of the organisation', () => {
    const thresholds = { suspiciousFrom: 3, maliciousFrom: 3 };
    expect(verdictOf({ malicious: 2, engines: 70 }, thresholds)).toBe('clean');
    expect(verdictOf({ malicious: 3, engines: 70 }, thresholds)).toBe('malicious');
  });
});

describe('thresholdsFault', () => {
  it.each([
    [{ suspiciousFrom: 1, maliciousFrom: 6 }, undefined],
    [{ suspiciousFrom: 4, maliciousFrom: 4 }, undefined],
    [{ suspiciousFrom: 0, maliciousFrom: 6 }, 'suspiciousFrom'],
    [{ suspiciousFrom: 1.5, maliciousFrom: 6 }, 'suspiciousFrom'],
    [{ suspiciousFrom: 1, maliciousFrom: 1001 }, 'maliciousFrom'],
    [{ suspiciousFrom: 7, maliciousFrom: 6 }, 'maliciousFrom'],
  ])('of %j is in %s', (thresholds, field) => {
    expect(thresholdsFault(thresholds)?.field).toBe(field);
  });
});
