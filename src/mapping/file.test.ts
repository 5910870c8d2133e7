import { describe, expect, it } from 'vitest';
import {
  EICAR,
  contextFor,
  engineResult,
  fileReport,
  indicatorContextFor,
  options,
  stats,
  type ContextChanges,
} from '../../test/helpers/mapping-samples.js';
import type { StixId } from '../stix/objects.js';
import type { FileReport } from '../virustotal/schema.js';
import type { MappingContext } from './context.js';
import { noExtras } from './contribution.js';
import { mapFileReport } from './file.js';

const FILE_ID: StixId = 'file--5a0c55a1-48a3-5003-9776-42946d1054cb';
const context = (changes?: ContextChanges) => contextFor('StixFile', EICAR.sha256, FILE_ID, changes);
const artifactContext = (changes?: ContextChanges) =>
  contextFor('Artifact', EICAR.sha256, 'artifact--5a0c55a1-48a3-5003-9776-42946d1054cb', changes);
const map = (report: Partial<FileReport>, changes?: ContextChanges) =>
  mapFileReport(fileReport(report), context(changes));

const made = {
  spec_version: '2.1',
  object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
  created: '2026-03-04T05:06:07.890Z',
  modified: '2026-03-04T05:06:07.890Z',
  created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
};
const reference = {
  source_name: 'VirusTotal',
  description: 'VirusTotal Report',
  url: `https://www.virustotal.com/gui/file/275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f`,
};
const withoutNote: ContextChanges = { options: { file: { ...options.file, fullReportNote: false } } };

describe('mapFileReport', () => {
  it('maps a malicious file to its changes, Indicator, YARA rule, Note and relationships', () => {
    const report = fileReport({
      ...EICAR,
      stats: stats({ malicious: 42, undetected: 28, timeout: 2, typeUnsupported: 4 }),
      results: [
        { engine: 'Beta', category: 'undetected', result: undefined, version: undefined, updated: undefined },
        {
          engine: 'Alpha',
          category: 'malicious',
          result: 'EICAR-Test-File',
          version: '8.16',
          updated: '20250512',
        },
      ],
      lastAnalysisDate: new Date('2025-05-13T04:05:44Z'),
      size: 68,
      meaningfulName: 'eicar.com',
      names: ['/tmp/eicar.com', 'eicar.txt', '.'],
      tags: ['EICAR', 'text'],
      yaraMatches: [
        {
          ruleName: 'Eicar_Test',
          rulesetId: '00888403c4',
          rulesetName: 'eicar',
          source: 'https://example.com/rules',
          author: 'A. Nonymous',
          description: 'Finds the\nEICAR test file',
          matchDate: new Date('2025-05-13T04:05:44Z'),
        },
      ],
    });
    const rulesets = new Map([
      [
        '00888403c4',
        {
          id: '00888403c4',
          name: undefined,
          source: undefined,
          rules: 'rule Eicar_Test {\n  meta:\n    date = "2024-05-06"\n  condition:\n    true\n}\n',
        },
      ],
    ]);
    expect(mapFileReport(report, context(), { ...noExtras, rulesets })).toEqual({
      changes: {
        score: 60,
        labels: ['EICAR', 'text'],
        externalReferences: [reference],
        hashes: {
          MD5: '44d88612fea8a8f36de82e1278abb02f',
          'SHA-1': '3395856ce81f2b7382dee72602f798b642f14140',
          'SHA-256': '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
        },
        size: 68,
        name: 'eicar.com',
        additionalNames: ['eicar.txt'],
        killChainPhases: [],
      },
      objects: [
        {
          type: 'indicator',
          id: 'indicator--139a28ba-a759-5006-ac55-0f8e0fba0450',
          ...made,
          name: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
          description: 'VirusTotal: 42 of 70 engines call this file malicious (threshold 10).',
          pattern:
            "[file:hashes.'SHA-256' = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f']",
          pattern_type: 'stix',
          valid_from: '2026-03-04T05:06:07.890Z',
          valid_until: '2026-03-06T05:06:07.890Z',
          x_opencti_score: 60,
          x_opencti_detection: true,
          x_opencti_main_observable_type: 'StixFile',
          external_references: [reference],
        },
        {
          type: 'indicator',
          id: 'indicator--cf1d2945-5ea2-5327-9e29-a9911c21e6e6',
          ...made,
          name: 'Eicar_Test',
          description: 'Finds the EICAR test file\n\nYARA ruleset eicar, by A. Nonymous, dated 2024-05-06.',
          pattern: 'rule Eicar_Test {\n  meta:\n    date = "2024-05-06"\n  condition:\n    true\n}\n',
          pattern_type: 'yara',
          valid_from: '2026-03-04T05:06:07.890Z',
          x_opencti_main_observable_type: 'StixFile',
          external_references: [
            {
              source_name: 'YARA ruleset',
              description: 'Source of YARA rules',
              url: 'https://example.com/rules',
            },
          ],
        },
        {
          type: 'note',
          id: 'note--3f3dd36c-c327-53d9-b81e-579a1273e259',
          ...made,
          created: '2025-01-02T03:04:05.678Z',
          abstract: 'VirusTotal results',
          content: [
            '**VirusTotal: 42 of 70 engines call this file malicious (42/70).**',
            '',
            '- **Looked up:** `275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f`',
            '- **Score:** 60 (percentage of malicious among malicious, harmless and undetected)',
            '- **Engines:** 42 malicious, 0 suspicious, 0 harmless, 28 undetected; 6 without a verdict (timeout, failure, unsupported type)',
            '- **Last analysis:** 2025-05-13 04:05:44 UTC',
            '- **Retrieved:** 2026-03-04 01:02:03 UTC',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/file/275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f>)',
            '',
            '### Engines',
            '',
            '| Engine | Verdict | Result | Version | Updated |',
            '| --- | --- | --- | --- | --- |',
            '| Alpha | malicious | EICAR-Test-File | 8.16 | 20250512 |',
            '| Beta | undetected | N/A | N/A | N/A |',
          ].join('\n'),
          object_refs: [FILE_ID],
        },
        {
          type: 'relationship',
          id: 'relationship--684bb02e-c827-58d9-8377-c98e870b1ca5',
          ...made,
          relationship_type: 'based-on',
          source_ref: 'indicator--139a28ba-a759-5006-ac55-0f8e0fba0450',
          target_ref: FILE_ID,
        },
        {
          type: 'relationship',
          id: 'relationship--9cee235a-357f-5946-b3f2-1185b589a6b3',
          ...made,
          relationship_type: 'related-to',
          source_ref: FILE_ID,
          target_ref: 'indicator--cf1d2945-5ea2-5327-9e29-a9911c21e6e6',
        },
      ],
      summary: {
        observable: { type: 'StixFile', value: EICAR.sha256 },
        detection: { malicious: 42, engines: 70 },
        score: 60,
        indicatorCreated: true,
        yaraRules: 1,
        yaraRulesLeftOut: 0,
        notes: 1,
        relationships: 2,
        clauses: [],
      },
    });
  });

  it('gives an Artifact hashes, labels and all names, but neither name nor size', () => {
    const report = fileReport({
      ...EICAR,
      stats: stats({ malicious: 10 }),
      size: 68,
      meaningfulName: 'eicar.com',
      names: ['eicar.txt'],
      tags: ['text'],
    });
    const { changes, objects } = mapFileReport(report, artifactContext());
    expect(changes).toMatchObject({
      hashes: { MD5: EICAR.md5, 'SHA-1': EICAR.sha1, 'SHA-256': EICAR.sha256 },
      labels: ['text'],
      size: undefined,
      name: undefined,
      additionalNames: ['eicar.com', 'eicar.txt'],
      killChainPhases: [],
    });
    expect(objects[0]).toMatchObject({
      pattern: `[file:hashes.'SHA-256' = '${EICAR.sha256}']`,
      x_opencti_main_observable_type: 'StixFile',
    });
  });

  it('writes other Notes for an Artifact than for a file with the same hash, since the platform unites equal ones', () => {
    const report = fileReport({ ...EICAR, stats: stats({ malicious: 60 }) });
    const contentOf = (mappingContext: MappingContext): string =>
      String(mapFileReport(report, mappingContext).objects.find(({ type }) => type === 'note')?.content);
    expect(contentOf(artifactContext()).split('\n')[0]).toBe(
      '**VirusTotal: 60 of 60 engines call this artifact malicious (60/60).**',
    );
    expect(contentOf(context())).not.toBe(contentOf(artifactContext()));
  });

  it('changes nothing that belongs to a file when an Indicator is enriched, and creates no other Indicator', () => {
    const report = fileReport({
      ...EICAR,
      stats: stats({ malicious: 60 }),
      size: 68,
      names: ['eicar.com'],
      tags: ['text'],
    });
    const { changes, objects } = mapFileReport(report, indicatorContextFor('StixFile', EICAR.md5));
    expect(changes).toEqual({
      score: 100,
      labels: ['text'],
      externalReferences: [reference],
      hashes: {},
      size: undefined,
      name: undefined,
      additionalNames: [],
      killChainPhases: [],
    });
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });

  it('keeps the name that the file has', () => {
    const { changes } = map({ meaningfulName: 'a.exe', names: ['b.exe'] }, { subject: { name: 'mine.exe' } });
    expect(changes.name).toBeUndefined();
    expect(changes.additionalNames).toEqual(['a.exe', 'b.exe']);
  });

  it.each([
    [0, 0],
    [2_147_483_647, 2_147_483_647],
    [2_147_483_648, undefined],
    [-1, undefined],
    [1.5, undefined],
    [undefined, undefined],
  ])('takes a size of %s as %s', (size, expected) => {
    expect(map({ size }).changes.size).toBe(expected);
  });

  it('drops hashes that are none, and lower-cases the others', () => {
    const { changes } = map({ id: 'x', md5: EICAR.md5.toUpperCase(), sha1: 'nonsense', sha256: EICAR.md5 });
    expect(changes.hashes).toEqual({ MD5: EICAR.md5 });
  });

  it('counts the YARA rules that are left out', () => {
    const match = { rulesetName: undefined, source: undefined, author: undefined, description: undefined };
    const yaraMatches = ['A', 'B'].map((ruleName) => ({
      ...match,
      ruleName,
      rulesetId: '0001',
      matchDate: undefined,
    }));
    expect(map({ yaraMatches }).summary).toMatchObject({ yaraRules: 0, yaraRulesLeftOut: 2 });
  });

  it('takes the SHA-256 from the id of the report when the attribute is missing', () => {
    expect(map({ id: EICAR.sha256 }).changes.hashes).toEqual({ 'SHA-256': EICAR.sha256 });
  });

  it.each([
    ['SHA-1 of the report', { id: 'x', sha1: EICAR.sha1, md5: EICAR.md5 }, `'SHA-1' = '${EICAR.sha1}'`],
    ['MD5 of the report', { id: 'x', md5: EICAR.md5 }, `MD5 = '${EICAR.md5}'`],
    ['hash that was asked', { id: 'x' }, `'SHA-256' = '${EICAR.sha256}'`],
  ])('bases the Indicator on the %s when there is nothing better', (_, hashes, expected) => {
    const { objects } = map({ ...hashes, stats: stats({ malicious: 10 }) });
    expect(objects[0]).toMatchObject({ pattern: `[file:hashes.${expected}]` });
  });

  it('bases the Indicator on the MD5 that was asked when the report has no hash at all', () => {
    const { objects } = mapFileReport(
      fileReport({ id: 'x', stats: stats({ malicious: 10 }) }),
      contextFor('StixFile', EICAR.md5, FILE_ID),
    );
    expect(objects[0]).toMatchObject({ name: EICAR.md5, pattern: `[file:hashes.MD5 = '${EICAR.md5}']` });
  });

  it('says in the first line of the Note that nothing was found', () => {
    const { objects } = map({ stats: stats({ undetected: 70 }) });
    expect(String(objects[0]?.content).split('\n')[0]).toBe(
      '**VirusTotal: none of 70 engines call this file malicious (0/70).**',
    );
  });

  it('writes no Note when the option is off', () => {
    expect(map({ stats: stats({ undetected: 70 }) }, withoutNote).objects).toEqual([]);
  });

  it('writes a short Note even so when the file keeps a higher score', () => {
    const { objects, changes } = map(
      {
        stats: stats({ malicious: 1, undetected: 69 }),
        results: [engineResult('Alpha', 'malicious', 'x')],
      },
      {
        subject: { score: 90 },
        options: { ...withoutNote.options, replaceWithLowerScore: false, includeAttributesInNote: true },
      },
    );
    expect(changes.score).toBeUndefined();
    expect(objects.map((object) => object.content)).toEqual([
      [
        '**VirusTotal: 1 of 70 engines calls this file malicious (1/70).**',
        '',
        '- **Looked up:** `275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f`',
        '- **Score:** 1 (percentage of malicious among malicious, harmless and undetected)',
        "- **Score kept:** this file keeps its score of 90, because VirusTotal's score of 1 is lower",
        '- **Engines:** 1 malicious, 0 suspicious, 0 harmless, 69 undetected',
        '- **Last analysis:** N/A',
        '- **Retrieved:** 2026-03-04 01:02:03 UTC',
        '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/file/275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f>)',
      ].join('\n'),
    ]);
  });

  it('shows the attributes when the option is on', () => {
    const { objects } = map(
      {
        ...EICAR,
        magic: 'EICAR virus | test',
        timesSubmitted: 0,
        threatCategories: [{ value: 'virus', count: 3 }],
      },
      { options: { includeAttributesInNote: true } },
    );
    expect(String(objects[0]?.content).split('\n').slice(8)).toEqual([
      '### Attributes',
      '',
      '| Attribute | Value |',
      '| --- | --- |',
      '| SHA-256 | `275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f` |',
      '| SHA-1 | `3395856ce81f2b7382dee72602f798b642f14140` |',
      '| MD5 | `44d88612fea8a8f36de82e1278abb02f` |',
      '| Meaningful name | N/A |',
      '| Type | N/A |',
      '| Magic | EICAR virus \\| test |',
      '| Size (bytes) | N/A |',
      '| Threat label | N/A |',
      '| Threat categories | virus |',
      '| Family names | N/A |',
      '| Tags | N/A |',
      '| First submission | N/A |',
      '| Last submission | N/A |',
      '| Times submitted | 0 |',
      '| Unique sources | N/A |',
      '| Creation date (claimed by the file) | N/A |',
      '| ssdeep | N/A |',
      '| TLSH | N/A |',
      '| Community reputation | N/A |',
      '| Community votes | N/A |',
      '| Last modification | N/A |',
    ]);
  });
});
