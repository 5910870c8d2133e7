import { describe, expect, it } from 'vitest';
import { engineResult, fileReport, stats } from '../../../test/helpers/mapping-samples.js';
import type { FileReport } from '../../virustotal/schema.js';
import { DEFAULT_THRESHOLDS, judge } from './badge.js';
import { changesBetween, type EnrichmentResult } from './changes.js';

function result(changes?: Partial<FileReport>): EnrichmentResult {
  const report = changes && fileReport(changes);
  return { report, judgement: judge(report, DEFAULT_THRESHOLDS) };
}

function texts(before: EnrichmentResult, after: EnrichmentResult): string[] {
  return changesBetween(before, after).map(({ text }) => text);
}

describe('changesBetween', () => {
  it('tells people what is new', () => {
    const before = result({
      stats: stats({ malicious: 1, undetected: 69 }),
      results: [
        engineResult('Alpha', 'malicious'),
        engineResult('Beta', 'undetected'),
        engineResult('gamma', 'harmless'),
      ],
      names: ['a.exe'],
      tags: ['peexe'],
    });
    const after = result({
      stats: stats({ malicious: 7, undetected: 64 }),
      results: [
        engineResult('Alpha', 'undetected'),
        engineResult('gamma', 'malicious'),
        engineResult('Beta', 'malicious'),
      ],
      names: ['a.exe', 'C:\\temp\\b.exe'],
      tags: ['PEexe', 'signed'],
      threatLabel: 'trojan.x',
    });
    expect(texts(before, after)).toEqual([
      'Verdict: suspicious → malicious',
      'Detections: 1/70 → 7/71',
      'Newly malicious: Beta, gamma',
      'No longer malicious: Alpha',
      'New threat names: trojan.x',
      'New names: b.exe',
      'New tags: signed',
    ]);
  });

  it('does not blame engines that were not asked, or timed out, the other time', () => {
    const before = result({ results: [engineResult('Alpha', 'timeout'), engineResult('Beta', 'malicious')] });
    const after = result({
      results: [engineResult('Alpha', 'malicious'), engineResult('Gamma', 'malicious')],
    });
    expect(texts(before, after)).toEqual([]);
  });

  it('says when VirusTotal comes to know an object, and when it forgets it', () => {
    const known = result({ stats: stats({ malicious: 0, undetected: 5 }) });
    expect(texts(result(), known)).toEqual([
      'Now known to VirusTotal',
      'Verdict: unknown → clean',
      'Detections: none → 0/5',
    ]);
    expect(texts(known, result())).toEqual([
      'No longer known to VirusTotal',
      'Verdict: clean → unknown',
      'Detections: 0/5 → none',
    ]);
  });

  it('lists ten of many, and is silent about nothing', () => {
    const names = Array.from({ length: 14 }, (_, index) => `n${index}.exe`);
    expect(texts(result({}), result({ names }))).toEqual([
      `New names: ${names.slice(0, 10).join(', ')} and 4 more`,
    ]);
    expect(texts(result({ names }), result({ names: names.toReversed() }))).toEqual([]);
  });

  it('shows the text of strangers in one line', () => {
    expect(texts(result({}), result({ tags: ['a\n\u202eb'] }))).toEqual(['New tags: a b']);
  });
});
