import { describe, expect, it } from 'vitest';
import {
  contextFor,
  ipAddressReport,
  options,
  policy,
  stats,
} from '../../../test/helpers/mapping-samples.js';
import { OCTI_EXTENSION } from '../../stix/extensions.js';
import type { StixObject } from '../../stix/objects.js';
import type { AnalysisStats, IpAddressReport } from '../../virustotal/schema.js';
import { clearanceOf } from '../clearance.js';
import { noExtras, type Contribution } from '../contribution.js';
import type { MappingOptions } from '../options.js';
import { readVerdict } from '../score.js';
import { followVerdict } from './follow-verdict.js';

const follows: MappingOptions = { ...options, indicators: { ...options.indicators, followVerdict: true } };
const context = contextFor('IPv4-Addr', '198.51.100.3', 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4', {
  options: follows,
});
const pattern = "[ipv4-addr:value = '198.51.100.3']";
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';

/** As the platform holds it, after an earlier verdict. */
function own(changes: Partial<StixObject> = {}, score = 60): StixObject {
  return {
    id: 'indicator--ed995101-8e77-5431-836d-feb4296682d4',
    type: 'indicator',
    spec_version: '2.1',
    created: '2026-01-02T03:04:05.678Z',
    modified: '2026-01-02T03:04:06.000Z',
    revoked: false,
    confidence: 75,
    created_by_ref: AUTHOR,
    name: '198.51.100.3',
    description: 'VirusTotal: 55 of 90 engines call this IP address malicious (threshold 10).',
    pattern,
    pattern_type: 'stix',
    valid_from: '2026-01-02T03:04:05.678Z',
    valid_until: '2026-12-31T00:00:00.000Z',
    labels: ['kept'],
    object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
    extensions: {
      [OCTI_EXTENSION]: {
        extension_type: 'property-extension',
        type: 'Indicator',
        score,
        detection: true,
        main_observable_type: 'IPv4-Addr',
        granted_refs: ['identity--0f0f0f0f-1111-5222-8333-444444444444'],
        workflow_id: 'w',
      },
    },
    ...changes,
  };
}

function followed(
  counters: Partial<AnalysisStats>,
  ownIndicators: readonly StixObject[],
  within = context,
): Contribution | undefined {
  const report = ipAddressReport({ stats: stats(counters) });
  const extras = { ...noExtras, ownIndicators };
  return followVerdict({ report, verdict: readVerdict(report), context: within, extras });
}

const clean = { harmless: 60, undetected: 30 };
const doubtful = { malicious: 3, harmless: 60, undetected: 27 };

describe('followVerdict', () => {
  it('revokes the Indicator of an object that is cleared, and keeps what makes it what it is', () => {
    expect(followed(clean, [own()])).toEqual({
      objects: [
        {
          spec_version: '2.1',
          id: 'indicator--ed995101-8e77-5431-836d-feb4296682d4',
          type: 'indicator',
          created: '2026-01-02T03:04:05.678Z',
          modified: '2026-01-02T03:04:06.000Z',
          revoked: true,
          confidence: 75,
          name: '198.51.100.3',
          pattern,
          pattern_type: 'stix',
          valid_from: '2026-01-02T03:04:05.678Z',
          valid_until: '2026-03-04T05:06:07.890Z',
          object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
          extensions: {
            [OCTI_EXTENSION]: {
              extension_type: 'property-extension',
              type: 'Indicator',
              score: 0,
              detection: false,
              main_observable_type: 'IPv4-Addr',
              granted_refs: ['identity--0f0f0f0f-1111-5222-8333-444444444444'],
            },
          },
        },
      ],
      clauses: ['Indicator revoked'],
    });
  });

  it('lowers the score where some engines are left, and leaves its validity', () => {
    const contribution = followed(doubtful, [own()]);
    expect(contribution?.clauses).toEqual(['Indicator lowered to a score of 3']);
    expect(contribution?.objects).toMatchObject([
      {
        revoked: false,
        valid_until: '2026-12-31T00:00:00.000Z',
        extensions: { [OCTI_EXTENSION]: { score: 3, detection: true } },
      },
    ]);
  });

  it.each([
    ['one of another author', { created_by_ref: 'identity--0f0f0f0f-1111-5222-8333-444444444444' }],
    ['one without an author', { created_by_ref: undefined }],
    ['one that is revoked', { revoked: true }],
    ['one that is newer than the report', { valid_from: '2026-03-04T01:02:04.000Z' }],
    ['one that says no date', { valid_from: 'long ago' }],
  ])('leaves %s', (_, changes) => {
    expect(followed(clean, [own(changes)])).toEqual({ objects: [], clauses: [] });
  });

  it('never raises a score', () => {
    expect(followed(doubtful, [own({}, 2)])).toEqual({ objects: [], clauses: [] });
    const [revoked] = followed(clean, [own({}, 0)])?.objects ?? [];
    expect(revoked).toMatchObject({ revoked: true, extensions: { [OCTI_EXTENSION]: { score: 0 } } });
  });

  it('revokes with a score that was never set before, though the score is that of the report already', () => {
    const gti = {
      verdict: 'VERDICT_UNDETECTED',
      severity: undefined,
      threatScore: 1,
      description: undefined,
    };
    const report = ipAddressReport({ stats: stats(clean), gti });
    const extras = { ...noExtras, ownIndicators: [own({}, 1)] };
    expect(followVerdict({ report, verdict: readVerdict(report), context, extras })?.objects).toMatchObject([
      { revoked: true, extensions: { [OCTI_EXTENSION]: { score: 0, detection: false } } },
    ]);
  });

  it('says of an enriched Indicator of ours that its value is cleared, and nothing of any other', () => {
    const subject = { ...context.subject, entityType: 'Indicator' as const };
    const within = (ownSince?: Date) => ({ ...context, subject: { ...subject, ownSince } });
    const since = new Date('2026-01-02T03:04:05.678Z');
    expect(followed(clean, [], within(since))).toEqual({ changes: { cleared: { revokes: true, score: 0 } } });
    expect(followed(clean, [], within())).toBeUndefined();
    expect(followed(clean, [], within(new Date('2026-03-04T05:00:00.000Z')))).toBeUndefined();
  });
});

describe('clearanceOf', () => {
  const of = (report: Partial<IpAddressReport>, changes: Partial<MappingOptions> = {}) => {
    const about = ipAddressReport(report);
    return clearanceOf(about, readVerdict(about), { ...follows, ...changes });
  };
  const gti = (verdict: string, threatScore: number) => ({
    verdict,
    severity: undefined,
    threatScore,
    description: undefined,
  });

  it.each([
    ['nobody against it', { stats: stats(clean) }, { revokes: true, score: 0 }],
    [
      'one engine that suspects',
      { stats: stats({ suspicious: 1, harmless: 60 }) },
      { revokes: false, score: 1 },
    ],
    ['fewer than the threshold', { stats: stats(doubtful) }, { revokes: false, score: 3 }],
    ['as many as the threshold', { stats: stats({ malicious: 10, harmless: 80 }) }, undefined],
    ['too few engines', { stats: stats({ harmless: 29 }) }, undefined],
    [
      'Google that knows nothing of it',
      { stats: stats(clean), gti: gti('VERDICT_UNDETECTED', 1) },
      { revokes: true, score: 0 },
    ],
    [
      'Google that knows nothing of it, some engines against',
      { stats: stats(doubtful), gti: gti('VERDICT_UNDETECTED', 1) },
      { revokes: false, score: 1 },
    ],
    ['just enough engines', { stats: stats({ harmless: 30 }) }, { revokes: true, score: 0 }],
    ['no analysis', {}, undefined],
    ['Google against it', { stats: stats(clean), gti: gti('VERDICT_MALICIOUS', 80) }, undefined],
    [
      'Google in doubt',
      { stats: stats(clean), gti: gti('VERDICT_SUSPICIOUS', 40) },
      { revokes: false, score: 40 },
    ],
    [
      'Google for it, engines against',
      { stats: stats({ malicious: 12, harmless: 80 }), gti: gti('VERDICT_BENIGN', 1) },
      undefined,
    ],
  ])('with %s', (_, report, expected) => {
    expect(of(report)).toEqual(expected);
  });

  it('is nothing when the option is off, and asks for as many engines as the threshold', () => {
    expect(of({ stats: stats(clean) }, { indicators: options.indicators })).toBeUndefined();
    const strict = { ip: { ...options.ip, indicator: { ...policy, createPositives: 95 } } };
    expect(of({ stats: stats(clean) }, strict)).toBeUndefined();
  });

  it('holds where Indicators are switched off as well', () => {
    const off = { ip: { ...options.ip, indicator: { ...policy, createPositives: 0 } } };
    expect(of({ stats: stats(clean) }, off)).toEqual({ revokes: true, score: 0 });
  });
});
