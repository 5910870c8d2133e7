import { describe, expect, it } from 'vitest';
import { PAP_IDS, TLP_IDS } from '../../stix/markings.js';
import { parseReport } from '../../virustotal/parse-report.js';
import type { LookUp } from '../../virustotal/schema.js';
import { wishOf, type SubmissionRules } from './wish.js';

const now = new Date('2026-01-31T12:00:00Z');
const DAY_MS = 86_400_000;

const rules: SubmissionRules = {
  uploadArtifacts: true,
  submitUrls: true,
  uploadMaxTlp: 'TLP:CLEAR',
  reanalyseAfterMs: 0,
};

const unknown: LookUp = { found: false };

function analysedAt(moment: string | undefined): LookUp {
  const attributes = moment === undefined ? {} : { last_analysis_date: Date.parse(moment) / 1000 };
  const report = parseReport('url', { data: { type: 'url', id: 'a', attributes } })!;
  return { found: true, report, fetchedAt: now };
}

describe('what VirusTotal is asked to analyse', () => {
  it.each<[string, Partial<SubmissionRules>, 'upload' | 'submit-url' | 'nothing']>([
    ['Artifact', {}, 'upload'],
    ['artifact', {}, 'upload'],
    ['Url', {}, 'submit-url'],
    ['StixFile', {}, 'nothing'],
    ['Indicator', {}, 'nothing'],
    ['Domain-Name', {}, 'nothing'],
    ['IPv4-Addr', {}, 'nothing'],
    ['Artifact', { uploadArtifacts: false }, 'nothing'],
    ['Url', { uploadArtifacts: false }, 'submit-url'],
    ['Url', { submitUrls: false }, 'nothing'],
    ['Artifact', { submitUrls: false }, 'upload'],
  ])('of an unknown %s with %o is: %s', (entityType, changes, kind) => {
    const wish = wishOf({ entityType, markings: [], answer: unknown }, { ...rules, ...changes }, now);
    expect(wish).toEqual({ kind });
  });

  it.each([
    ['none', 'TLP:CLEAR', [], undefined],
    ['TLP:CLEAR', 'TLP:CLEAR', [TLP_IDS['TLP:CLEAR']], undefined],
    ['TLP:GREEN', 'TLP:CLEAR', [TLP_IDS['TLP:GREEN']], 'is above TLP:CLEAR'],
    [
      'TLP:CLEAR and TLP:AMBER',
      'TLP:GREEN',
      [TLP_IDS['TLP:CLEAR'], TLP_IDS['TLP:AMBER']],
      'is above TLP:GREEN',
    ],
    ['TLP:GREEN', 'TLP:GREEN', [TLP_IDS['TLP:GREEN']], undefined],
    ['PAP:CLEAR', 'TLP:CLEAR', [PAP_IDS['PAP:CLEAR']], undefined],
    [
      'PAP:RED',
      'TLP:CLEAR',
      [PAP_IDS['PAP:RED']],
      'is a PAP above PAP:CLEAR, which counts as above TLP:CLEAR',
    ],
    [
      'of the platform’s own',
      'TLP:RED',
      ['marking-definition--11111111-2222-4333-8444-555555555555'],
      'is no known TLP, which counts as above TLP:RED',
    ],
    ['that cannot be read', 'TLP:RED', undefined, 'cannot be read, which counts as above TLP:RED'],
  ] as const)('with the marking %s and the ceiling %s', (_name, uploadMaxTlp, markings, reason) => {
    for (const entityType of ['Artifact', 'Url']) {
      const wish = wishOf({ entityType, markings, answer: unknown }, { ...rules, uploadMaxTlp }, now);
      if (reason === undefined) expect(wish.kind).not.toBe('refused');
      else {
        expect(wish).toEqual({
          kind: 'refused',
          remark: `It was not submitted: its marking ${reason}, the highest that may be published there (VIRUSTOTAL_UPLOAD_MAX_TLP).`,
        });
      }
    }
  });

  it('says nothing of a marking where nothing would be submitted anyway', () => {
    const markings = [TLP_IDS['TLP:AMBER']];
    const off = { ...rules, submitUrls: false };
    expect(wishOf({ entityType: 'Url', markings, answer: unknown }, off, now)).toEqual({ kind: 'nothing' });
  });

  it.each([
    ['2026-01-01T12:00:00Z', 30, 'nothing'],
    ['2026-01-01T11:59:59Z', 30, 'reanalyse'],
    ['2020-01-01T00:00:00Z', 0, 'nothing'],
    ['2027-01-01T00:00:00Z', 30, 'nothing'],
    [undefined, 30, 'nothing'],
  ])('a report of %s is stale after %i days: %s', (moment, days, kind) => {
    for (const entityType of ['StixFile', 'Domain-Name', 'Url', 'IPv6-Addr', 'Artifact']) {
      const stale = { ...rules, reanalyseAfterMs: days * DAY_MS };
      // What is asked again publishes nothing, so the ceiling for uploads is no matter.
      const markings = [TLP_IDS['TLP:AMBER']];
      const wish = wishOf({ entityType, markings, answer: analysedAt(moment) }, stale, now);
      expect(wish.kind).toBe(kind);
    }
  });
});
