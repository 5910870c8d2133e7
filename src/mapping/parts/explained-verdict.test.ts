import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contextFor,
  EICAR,
  engineResult,
  fileReport,
  ipAddressReport,
  options,
  stats,
  urlReport,
} from '../../../test/helpers/mapping-samples.js';
import type { Report } from '../../virustotal/schema.js';
import { contribute, noExtras } from '../contribution.js';
import type { MappingOptions } from '../options.js';
import { resultsNote } from '../notes.js';
import { readVerdict } from '../score.js';
import { explainedVerdict } from './explained-verdict.js';

const context = (changes: Partial<MappingOptions> = {}) =>
  contextFor('StixFile', EICAR.md5, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb', {
    options: { ...options, explainVerdict: true, ...changes },
  });

function opening(report: Report, changes: Partial<MappingOptions> = {}): readonly string[] {
  const input = { report, verdict: readVerdict(report), context: context(changes), extras: noExtras };
  return (explainedVerdict(input)?.opening ?? []).filter((line) => line !== '');
}

const unassessed = {
  verdict: undefined,
  severity: undefined,
  threatScore: undefined,
  description: undefined,
};

describe('the explained verdict', () => {
  it('says where the score comes from, what the threat is, how old all is, and who thinks what', () => {
    const report = fileReport({
      stats: stats({ malicious: 4, suspicious: 1, harmless: 1, undetected: 2 }),
      results: [
        engineResult('Delta', 'malicious', 'Phishing'),
        engineResult('Alpha', 'malicious', 'Trojan.Demo'),
        engineResult('Charlie', 'malicious', 'phishing'),
        engineResult('Foxtrot', 'undetected'),
        engineResult('Bravo', 'malicious'),
        engineResult('Golf', 'suspicious', 'heuristic'),
        engineResult('Echo', 'undetected'),
        engineResult('Hotel', 'harmless', 'clean'),
        engineResult('India', 'timeout'),
      ],
      threatLabel: 'trojan.demo/loader',
      lastAnalysisDate: new Date('2025-06-15T15:06:40Z'),
      reputation: -7,
      votes: { malicious: 1, harmless: 0 },
    });
    expect(opening(report)).toEqual([
      'The score of 57 is the percentage of malicious among malicious, harmless and undetected (4 of 7).' +
        ' The popular threat label is trojan.demo/loader.' +
        ' The engines looked at it 8 months before this report was retrieved; today they may judge otherwise.' +
        ' Its reputation in the community is -7, with 1 vote for malicious and none for harmless.',
      '**Malicious (4)**: Phishing (Charlie, Delta), without a name (Bravo), Trojan.Demo (Alpha)',
      '**Suspicious (1)**: heuristic (Golf)',
      '**Not malicious (3)**: 1 harmless (Hotel); 2 undetected (Echo, Foxtrot)',
    ]);
  });

  it('tells the assessment of Google Threat Intelligence with its severity and what it comes from', () => {
    const report = ipAddressReport({
      stats: stats({ malicious: 12, harmless: 50 }),
      gti: {
        verdict: 'VERDICT_MALICIOUS',
        severity: 'SEVERITY_HIGH',
        threatScore: 80,
        description: 'This indicator was contacted by *malware*.',
      },
      gtiFactors: {
        raised: ['mandiant_analyst_malicious', 'malicious_sandbox_verdict'],
        categories: ['control-server'],
        confidence: 100,
      },
    });
    expect(opening(report)[0]).toBe(
      'The score of 80 is the threat score of Google Threat Intelligence,' +
        ' which assesses it as malicious, with high severity,' +
        ' because of mandiant analyst malicious, malicious sandbox verdict, control-server.' +
        ' It says: “This indicator was contacted by \\*malware\\*.”',
    );
  });

  it.each([
    [{ ...unassessed, verdict: 'VERDICT_UNKNOWN' }, 'Google Threat Intelligence gives no verdict.'],
    [{ ...unassessed, severity: 'SEVERITY_LOW' }, 'Google Threat Intelligence sees low severity.'],
    [
      { ...unassessed, verdict: 'VERDICT_BENIGN', severity: 'SEVERITY_NONE' },
      'Google Threat Intelligence assesses it as benign.',
    ],
    [unassessed, undefined],
  ])('tells of an assessment only what it says: %o', (gti, sentence) => {
    const score =
      'The score of 0 is the percentage of malicious among malicious, harmless and undetected (0 of 1).';
    const gtiFactors = { raised: [], categories: ['malware'], confidence: undefined };
    const report = ipAddressReport({
      stats: stats({ harmless: 1 }),
      gti,
      ...(gti.verdict === 'VERDICT_BENIGN' ? { gtiFactors } : {}),
    });
    expect(opening(report)[0]).toBe(sentence === undefined ? score : `${score} ${sentence}`);
  });

  it('tells the severity where Google assesses nothing, and the threat names of a URL', () => {
    const report = urlReport({
      threatNames: ['C2/Generic-A', 'C2/Generic-A', 'Mal/HTMLGen-A'],
      threatSeverity: { level: 'SEVERITY_MEDIUM', description: 'Because of its files.' },
    });
    expect(opening(report)).toEqual([
      'There is no score, because there is no verdict.' +
        ' VirusTotal rates the severity as medium: “Because of its files.”' +
        ' The threat is called C2/Generic-A, Mal/HTMLGen-A.',
    ]);
  });

  it('names what the trusted engines say', () => {
    const report = ipAddressReport({
      stats: stats({ malicious: 1, harmless: 1 }),
      results: [engineResult('Sophos', 'harmless', 'clean'), engineResult('ESET', 'malicious', 'malware')],
    });
    expect(opening(report, { trustedEngines: ['eset', 'SOPHOS', 'Kaspersky'] })[1]).toBe(
      '**Trusted engines**: ESET: malicious, Sophos: harmless',
    );
    expect(opening(report, { trustedEngines: ['Kaspersky'] })[1]).toMatch(/^\*\*Malicious/u);
  });

  it('counts engines that are not named', () => {
    const report = ipAddressReport({
      stats: stats({ malicious: 20, harmless: 7 }),
      results: Array.from({ length: 9 }, (_, index) =>
        engineResult(`Engine ${index}`, 'malicious', 'malware'),
      ),
    });
    expect(opening(report).slice(1)).toEqual([
      '**Malicious (20)**: malware (Engine 0, Engine 1, Engine 2, Engine 3 and 5 more) and 11 more',
      '**Not malicious (7)**: 7 harmless',
    ]);
  });

  it('takes the place of the facts that it tells', () => {
    const report = fileReport({
      stats: stats({ malicious: 1, harmless: 1, timeout: 2 }),
      gti: { ...unassessed, verdict: 'VERDICT_MALICIOUS' },
    });
    const verdict = readVerdict(report);
    const given = context();
    const contributions = contribute([explainedVerdict], {
      report,
      verdict,
      context: given,
      extras: noExtras,
    });
    const { content } = resultsNote(
      report,
      verdict,
      { engines: 'none', attributes: [], contributions },
      given,
    );
    expect(content.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      `- **Looked up:** \`${EICAR.md5}\``,
      '- **Engines without a verdict:** 2 (timeout, failure, unsupported type)',
      '- **Last analysis:** N/A',
      '- **Retrieved:** 2026-03-04 01:02:03 UTC',
      `- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/file/${EICAR.sha256}>)`,
    ]);
  });

  it('is none when it is switched off', () => {
    expect(opening(fileReport(), { explainVerdict: false })).toEqual([]);
  });

  it('is short, whatever a report holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 500 });
    const results = fc.array(
      fc.record({
        engine: text,
        category: fc.constantFrom('malicious', 'suspicious', 'harmless', 'undetected', 'odd'),
        result: fc.option(text, { nil: undefined }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(results, text, fc.array(text), (engines, label, raised) => {
        const report = fileReport({
          stats: stats({ malicious: engines.length, harmless: 3, suspicious: 2 }),
          results: engines.map(({ engine, category, result }) => engineResult(engine, category, result)),
          threatLabel: label,
          gti: { verdict: label, severity: label, threatScore: 4, description: label },
          gtiFactors: { raised, categories: raised, confidence: undefined },
        });
        const lines = opening(report, { trustedEngines: engines.map(({ engine }) => engine) });
        expect(lines.every((line) => !/[\n\r]/u.test(line))).toBe(true);
        // Markup of five characters may stand for one.
        expect(lines.join('\n').length).toBeLessThan(25_000);
      }),
      { numRuns: 50 },
    );
  });
});
