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
    ['none', 'TLP:CLEAR', [], true],
    ['TLP:CLEAR', 'TLP:CLEAR', [TLP_IDS['TLP:CLEAR']], true],
    ['TLP:GREEN', 'TLP:CLEAR', [TLP_IDS['TLP:GREEN']], false],
    ['TLP:CLEAR and TLP:AMBER', 'TLP:GREEN', [TLP_IDS['TLP:CLEAR'], TLP_IDS['TLP:AMBER']], false],
    ['TLP:GREEN', 'TLP:GREEN', [TLP_IDS['TLP:GREEN']], true],
    ['PAP:RED', 'TLP:CLEAR', [PAP_IDS['PAP:RED']], true],
    ['something that cannot be read', 'TLP:RED', undefined, false],
  ] as const)('with the marking %s and the ceiling %s', (_name, uploadMaxTlp, markings, isSubmitted) => {
    for (const entityType of ['Artifact', 'Url']) {
      const wish = wishOf({ entityType, markings, answer: unknown }, { ...rules, uploadMaxTlp }, now);
      if (isSubmitted) expect(wish.kind).not.toBe('refused');
      else {
        expect(wish).toEqual({
          kind: 'refused',
          remark: `It was not submitted: its marking is above ${uploadMaxTlp}, the highest that may be published there (VIRUSTOTAL_UPLOAD_MAX_TLP).`,
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
