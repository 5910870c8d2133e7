import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineResult, ipAddressReport, stats } from '../../test/helpers/mapping-samples.js';
import { readVerdict, scoreToSet } from './score.js';

const gti = (threatScore: number | undefined) => ({
  verdict: undefined,
  severity: undefined,
  threatScore,
  description: undefined,
});

describe('readVerdict', () => {
  it.each([
    ['none of the engines', stats({ harmless: 61, undetected: 33 }), 0],
    ['one of 94', stats({ malicious: 1, harmless: 60, undetected: 33 }), 1],
    ['a share below one half percent', stats({ malicious: 1, undetected: 250 }), 0],
    ['exactly one half percent', stats({ malicious: 1, undetected: 199 }), 1],
    ['44 of 73', stats({ malicious: 44, undetected: 29 }), 60],
    ['two thirds', stats({ malicious: 2, harmless: 1 }), 67],
    ['all of them', stats({ malicious: 70 }), 100],
    ['some, suspicious ones aside', stats({ malicious: 10, suspicious: 50, harmless: 10 }), 50],
    [
      'some, failures aside',
      stats({ malicious: 5, undetected: 5, timeout: 9, failure: 9, typeUnsupported: 9 }),
      50,
    ],
  ])('scores malicious verdicts of %s', (_, analysisStats, expected) => {
    expect(readVerdict(ipAddressReport({ stats: analysisStats }))).toMatchObject({
      score: expected,
      scoreSource: 'engines',
    });
  });

  it.each([
    ['was never analysed', undefined],
    ['has counters that are all zero', stats({})],
    ['has only suspicious verdicts and timeouts', stats({ suspicious: 3, timeout: 5 })],
  ])('has no score when the object %s', (_, analysisStats) => {
    expect(readVerdict(ipAddressReport({ stats: analysisStats }))).toMatchObject({
      score: undefined,
      scoreSource: undefined,
    });
  });

  it.each([
    [80, 80],
    [0, 0],
    [33.4, 33],
    [150, 100],
    [-5, 0],
  ])('prefers the threat score %d of Google Threat Intelligence', (threatScore, expected) => {
    const report = ipAddressReport({ stats: stats({ malicious: 1, harmless: 1 }), gti: gti(threatScore) });
    expect(readVerdict(report)).toMatchObject({ score: expected, scoreSource: 'gti' });
  });

  it('counts the engines when Google Threat Intelligence has no verdict', () => {
    const unknown = { ...gti(0), verdict: 'VERDICT_UNKNOWN' };
    const report = ipAddressReport({ stats: stats({ malicious: 1, harmless: 1 }), gti: unknown });
    expect(readVerdict(report)).toMatchObject({ score: 50, scoreSource: 'engines' });
  });

  it('uses the threat score when there are no engines', () => {
    expect(readVerdict(ipAddressReport({ gti: gti(35) }))).toEqual({
      detection: undefined,
      score: 35,
      scoreSource: 'gti',
    });
  });

  it('falls back to the engines when the assessment has no usable threat score', () => {
    const analysisStats = stats({ malicious: 1, harmless: 3 });
    expect(readVerdict(ipAddressReport({ stats: analysisStats, gti: gti(undefined) })).score).toBe(25);
    expect(readVerdict(ipAddressReport({ stats: analysisStats, gti: gti(NaN) })).score).toBe(25);
  });

  it('counts the engines that gave a verdict', () => {
    const analysisStats = stats({
      malicious: 4,
      suspicious: 3,
      undetected: 2,
      harmless: 1,
      timeout: 50,
      failure: 50,
    });
    expect(readVerdict(ipAddressReport({ stats: analysisStats })).detection).toEqual({
      malicious: 4,
      suspicious: 3,
      engines: 10,
    });
  });

  it('gives a whole score from 0 to 100 or none', () => {
    const counter = fc.nat({ max: 200 });
    fc.assert(
      fc.property(
        counter,
        counter,
        counter,
        fc.option(fc.double(), { nil: undefined }),
        (m, h, u, threatScore) => {
          const analysisStats = stats({ malicious: m, harmless: h, undetected: u });
          const { score } = readVerdict(ipAddressReport({ stats: analysisStats, gti: gti(threatScore) }));
          if (score === undefined) expect(m + h + u).toBe(0);
          else expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
        },
      ),
    );
  });
});

describe('scoreToSet', () => {
  it.each([
    // new, present, replace, to set
    [20, undefined, true, 20],
    [20, undefined, false, 20],
    [20, 80, true, 20],
    [20, 80, false, undefined],
    [80, 20, true, 80],
    [80, 20, false, 80],
    [50, 50, false, 50],
    [0, 0, false, 0],
    [0, 1, false, undefined],
    [undefined, 80, true, undefined],
    [undefined, 80, false, undefined],
    [undefined, undefined, true, undefined],
  ])('for %s over %s (replace with lower: %s) is %s', (score, present, replace, expected) => {
    expect(scoreToSet(score, present, replace)).toBe(expected);
  });
});

describe('trusted engines', () => {
  const report = ipAddressReport({
    stats: stats({ malicious: 2, suspicious: 1, harmless: 1 }),
    results: [
      engineResult('Kaspersky', 'malicious'),
      engineResult('ESET-NOD32', 'malicious'),
      engineResult('Sophos', 'suspicious'),
      engineResult('Fortinet', 'harmless'),
    ],
  });

  it('are those that call it malicious, in any case, as the report names them', () => {
    const named = ['kaspersky', 'SOPHOS', 'fortinet', 'No Such Engine'];
    expect(readVerdict(report, named).trusted).toEqual(['Kaspersky']);
  });

  it('are none unless some are named', () => {
    expect(readVerdict(report)).not.toHaveProperty('trusted');
    expect(readVerdict(report, ['sophos']).trusted).toEqual([]);
  });
});
