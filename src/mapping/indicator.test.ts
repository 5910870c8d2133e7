import { describe, expect, it } from 'vitest';
import { contextFor, EICAR, indicatorContextFor, policy } from '../../test/helpers/mapping-samples.js';
import { indicatorFromVerdict } from './indicator.js';
import type { Verdict } from './score.js';

const context = contextFor('Url', 'https://example.com/', 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd');
const target = {
  value: 'https://example.com/',
  pattern: "[url:value = 'https://example.com/']",
  reference: { source_name: 'VirusTotal', url: 'https://www.virustotal.com/gui/url/0f' },
};
const verdict = (malicious: number): Verdict => ({
  detection: { malicious, suspicious: 0, engines: 70 },
  score: 60,
  scoreSource: 'engines',
});

describe('indicatorFromVerdict', () => {
  it.each([
    // malicious, threshold, created
    [9, 10, false],
    [10, 10, true],
    [11, 10, true],
    [1, 1, true],
    [0, 1, false],
    [70, 0, false],
    [0, 0, false],
    [70, -1, false],
  ])('with %d malicious verdicts and threshold %d: %s', (malicious, createPositives, created) => {
    const objects = indicatorFromVerdict(target, verdict(malicious), { ...policy, createPositives }, context);
    expect(objects.map(({ type }) => type)).toEqual(created ? ['indicator', 'relationship'] : []);
  });

  it('counts the validity in minutes from now', () => {
    const [indicator] = indicatorFromVerdict(target, verdict(10), { ...policy, validMinutes: 90 }, context);
    expect(indicator).toMatchObject({
      valid_from: '2026-03-04T05:06:07.890Z',
      valid_until: '2026-03-04T06:36:07.890Z',
    });
  });

  it.each([1e18, 1e10])('leaves the end open when no timestamp can say it (%d minutes)', (validMinutes) => {
    const [indicator] = indicatorFromVerdict(target, verdict(10), { ...policy, validMinutes }, context);
    expect(indicator).not.toHaveProperty('valid_until');
  });

  it('takes the detection flag from the policy', () => {
    const [indicator] = indicatorFromVerdict(target, verdict(10), { ...policy, detect: false }, context);
    expect(indicator).toMatchObject({ x_opencti_detection: false });
  });

  it('is the same for an Artifact as for a StixFile with the same hash, but for what it is based on', () => {
    const ofFile = { ...target, value: EICAR.md5, pattern: `[file:hashes.MD5 = '${EICAR.md5}']` };
    const [file, artifact] = [
      contextFor('StixFile', EICAR.md5, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb'),
      contextFor('Artifact', EICAR.md5, 'artifact--5a0c55a1-48a3-5003-9776-42946d1054cb'),
    ].map((enriched) => indicatorFromVerdict(ofFile, verdict(10), policy, enriched)[0]);
    expect(file).toMatchObject({
      description: 'VirusTotal: 10 of 70 engines call this file malicious (threshold 10).',
      x_opencti_main_observable_type: 'StixFile',
    });
    expect(artifact).toEqual(file);
  });

  it('has a name in one line that is not endless, whatever its pattern', () => {
    const value = `https://example.com/\n\u202E${'x'.repeat(4000)}`;
    const [indicator] = indicatorFromVerdict({ ...target, value }, verdict(10), policy, context);
    expect(indicator).toMatchObject({
      name: `https://example.com/ ${'x'.repeat(233)}…`,
      pattern: "[url:value = 'https://example.com/']",
    });
  });

  it('is never created when an Indicator is enriched', () => {
    const enriched = indicatorContextFor('Url', 'https://example.com/');
    expect(indicatorFromVerdict(target, verdict(70), policy, enriched)).toEqual([]);
  });

  it('is never created for what was never analysed, whatever the threat score', () => {
    const unanalysed: Verdict = { detection: undefined, score: 90, scoreSource: 'gti' };
    expect(indicatorFromVerdict(target, unanalysed, { ...policy, createPositives: 1 }, context)).toEqual([]);
  });
});
