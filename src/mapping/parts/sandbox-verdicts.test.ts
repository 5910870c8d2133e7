import { describe, expect, it } from 'vitest';
import {
  AUTHOR_ID,
  contextFor,
  contributionOf,
  EICAR,
  FILE,
  fileReport,
  indicatorContextFor,
  options,
  TLP_AMBER,
} from '../../../test/helpers/mapping-samples.js';
import type { SandboxVerdict } from '../../virustotal/schema-intelligence.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Contribution } from '../contribution.js';
import { sandboxVerdicts } from './sandbox-verdicts.js';

const on = { options: { file: { ...options.file, sandboxVerdicts: true } } };
const context = contextFor('StixFile', EICAR.sha256, FILE, on);

const zenbox: SandboxVerdict = {
  sandbox: 'Zenbox',
  category: 'malicious',
  confidence: 80,
  classifications: ['MALWARE', 'RAT'],
  malwareNames: ['a|b'],
};

function made(report: FileReport, within: MappingContext = context): Contribution | undefined {
  return contributionOf(sandboxVerdicts, report, within);
}

describe('sandbox verdicts', () => {
  it('are malware analyses of the file, with a table in the Note', () => {
    const report = fileReport({
      sandboxVerdicts: [zenbox],
      firstSubmissionDate: new Date('2006-05-22T18:34:23Z'),
    });
    expect(made(report)).toEqual({
      objects: [
        {
          type: 'malware-analysis',
          id: 'malware-analysis--327c0f84-2104-55b5-b129-ad3ce62b16cd',
          spec_version: '2.1',
          created: '2026-03-04T05:06:07.890Z',
          modified: '2026-03-04T05:06:07.890Z',
          created_by_ref: AUTHOR_ID,
          object_marking_refs: [TLP_AMBER],
          product: 'Zenbox',
          result_name: `verdict on ${EICAR.sha256}`,
          result: 'malicious',
          submitted: '2006-05-22T18:34:23.000Z',
          sample_ref: FILE,
        },
      ],
      sections: [
        {
          title: 'Sandbox verdicts',
          lines: [
            '| Sandbox | Verdict | Confidence | Classification | Malware names |',
            '| --- | --- | --- | --- | --- |',
            '| Zenbox | malicious | 80 | MALWARE, RAT | a\\|b |',
          ],
        },
      ],
      remarks: [],
      clauses: ['1 sandbox verdict added'],
    });
  });

  it.each([
    ['suspicious', 'suspicious'],
    ['harmless', 'benign'],
    ['undetected', 'unknown'],
    ['constructor', 'unknown'],
  ])('%s is the result %s, under the id that a change keeps', (category, result) => {
    const report = fileReport({ sandboxVerdicts: [{ ...zenbox, category }] });
    expect(made(report)?.objects).toMatchObject([
      { id: 'malware-analysis--f80a4e3e-e593-54f1-8f31-f1425d5bc300', result },
    ]);
  });

  it('of an enriched Indicator are about the file on which it is based', () => {
    const report = fileReport({ md5: EICAR.md5, sandboxVerdicts: [zenbox] });
    const fileHashes = { MD5: EICAR.md5, 'SHA-256': EICAR.sha256 };
    const enriched = { ...indicatorContextFor('StixFile', EICAR.sha256, on), fileHashes };
    expect(made(report, enriched)?.objects).toMatchObject([
      { type: 'file', id: FILE, hashes: { MD5: EICAR.md5, 'SHA-256': EICAR.sha256 } },
      { relationship_type: 'based-on', target_ref: FILE },
      { type: 'malware-analysis', sample_ref: FILE },
    ]);
  });

  it('of an enriched Indicator without a hash stand in the Note alone', () => {
    const report = fileReport({ id: 'no hash', sandboxVerdicts: [zenbox] });
    const contribution = made(report, indicatorContextFor('StixFile', EICAR.sha256, on));
    expect(contribution).toMatchObject({ objects: [], clauses: [] });
    expect(contribution?.sections).toHaveLength(1);
  });

  it('are nothing when the option is off or there are none', () => {
    const report = fileReport({ sandboxVerdicts: [zenbox] });
    expect(made(report, contextFor('StixFile', EICAR.sha256, FILE))).toBeUndefined();
    expect(made(fileReport())).toBeUndefined();
  });

  it('are bounded, and say so', () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ ...zenbox, sandbox: `Sandbox ${index}` }));
    const contribution = made(fileReport({ sandboxVerdicts: many }));
    expect(contribution?.objects).toHaveLength(30);
    expect(contribution?.remarks).toEqual(['**Sandbox verdicts:** 970 more are left out']);
    expect(contribution?.clauses).toEqual(['30 sandbox verdicts added']);
  });

  it('have names that are plain text', () => {
    const report = fileReport({
      sandboxVerdicts: [
        { ...zenbox, sandbox: 'Zen\0box\u202e' },
        { ...zenbox, sandbox: '\u202e' },
      ],
    });
    expect(made(report)?.objects).toMatchObject([{ product: 'Zenbox' }]);
  });
});
