import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUTHOR_ID,
  EICAR,
  TLP_AMBER,
  contextFor,
  domainReport,
  fileReport,
  indicatorContextFor,
  ipAddressReport,
  options,
  policy,
  urlReport,
} from '../../test/helpers/mapping-samples.js';
import type { StixObject } from '../stix/objects.js';
import type { Report, YaraRuleset } from '../virustotal/schema.js';
import type { MappingContext, ObservableType } from './context.js';
import { noExtras, type ReportExtras } from './contribution.js';
import { labelsOf } from './labels.js';
import { mapReport } from './map-report.js';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '|',
    '\n| --- |\n',
    '`',
    '</td><script>',
    '\u202Eexe.',
    '\u0000',
    '\\|',
    '.',
    '/',
    'US',
    '192.0.2.1',
  ),
);
const date = maybe(fc.date({ noInvalidDate: false }));
const count = fc.nat({ max: 100 });
const number = maybe(fc.oneof(fc.integer(), fc.double()));
const category = fc.oneof(
  fc.constantFrom('malicious', 'suspicious', 'harmless', 'undetected', 'timeout'),
  text,
);

const common = {
  stats: maybe(
    fc.record({
      malicious: count,
      suspicious: count,
      undetected: count,
      harmless: count,
      timeout: count,
      confirmedTimeout: count,
      failure: count,
      typeUnsupported: count,
    }),
  ),
  results: fc.array(
    fc.record({ engine: text, category, result: maybe(text), version: maybe(text), updated: maybe(text) }),
    { maxLength: 4 },
  ),
  lastAnalysisDate: date,
  lastModificationDate: date,
  reputation: number,
  votes: maybe(fc.record({ harmless: count, malicious: count })),
  tags: fc.array(text, { maxLength: 3 }),
  gti: maybe(
    fc.record({ verdict: maybe(text), severity: maybe(text), threatScore: number, description: maybe(text) }),
  ),
};
const categories = fc.array(fc.record({ vendor: text, category: text }), { maxLength: 3 });

const reports: fc.Arbitrary<{ report: Report; type: ObservableType; value: string }> = fc.oneof(
  fc.record({
    type: fc.constantFrom<ObservableType>('StixFile', 'Artifact'),
    value: fc.constantFrom(EICAR.md5, EICAR.sha1, EICAR.sha256),
    report: fc
      .record({
        ...common,
        id: fc.oneof(fc.constant(EICAR.sha256), text),
        md5: maybe(fc.oneof(fc.constant(EICAR.md5), text)),
        sha256: maybe(fc.oneof(fc.constant(EICAR.sha256), text)),
        size: number,
        meaningfulName: maybe(text),
        names: fc.array(text, { maxLength: 3 }),
        creationDate: date,
        yaraMatches: fc.array(
          fc.record({
            ruleName: fc.oneof(fc.constantFrom('First', 'Second'), text),
            rulesetId: fc.constantFrom('0001', '0002', '0003'),
            rulesetName: maybe(text),
            source: maybe(fc.oneof(fc.webUrl(), text)),
            author: maybe(text),
            description: maybe(text),
            matchDate: date,
          }),
          { maxLength: 4 },
        ),
      })
      .map(fileReport),
  }),
  fc.record({
    type: fc.constantFrom<ObservableType>('IPv4-Addr'),
    value: fc.constant('198.51.100.3'),
    report: fc
      .record({
        ...common,
        asn: number,
        asOwner: maybe(text),
        country: maybe(text),
        registry: maybe(text),
        whoisDate: date,
      })
      .map(ipAddressReport),
  }),
  fc.record({
    type: fc.constantFrom<ObservableType>('Domain-Name', 'Hostname'),
    value: fc.constant('example.com'),
    report: fc
      .record({
        ...common,
        categories,
        creationDate: date,
        dnsRecords: fc.array(
          fc.record({
            type: fc.oneof(fc.constantFrom('A', 'AAAA'), text),
            value: fc.oneof(fc.ipV4(), fc.ipV6(), text),
            ttlSeconds: number,
          }),
          { maxLength: 6 },
        ),
      })
      .map(domainReport),
  }),
  fc.record({
    type: fc.constant<ObservableType>('Url'),
    value: fc.webUrl(),
    report: fc
      .record({
        ...common,
        categories,
        title: maybe(text),
        redirectionChain: fc.array(text, { maxLength: 3 }),
      })
      .map(urlReport),
  }),
);

const rulesets: ReadonlyMap<string, YaraRuleset> = new Map(
  ['0001', '0002'].map((id) => [
    id,
    {
      id,
      name: undefined,
      source: undefined,
      rules: `rule First { condition: true }\nrule ${id === '0001' ? 'Second' : 'Third'} {`,
    },
  ]),
);
const extras: ReportExtras = { ...noExtras, rulesets, lastServingIpAddress: '192.0.2.7' };

const everything: fc.Arbitrary<{ report: Report; context: MappingContext }> = fc
  .record({
    subject: reports,
    enrichesIndicator: fc.boolean(),
    replaceWithLowerScore: fc.boolean(),
    fullReportNote: fc.boolean(),
    score: maybe(fc.nat({ max: 100 })),
    createdAt: date,
  })
  .map(({ subject: { report, type, value }, enrichesIndicator, ...rest }) => {
    const changes = {
      subject: { score: rest.score, createdAt: rest.createdAt },
      options: {
        replaceWithLowerScore: rest.replaceWithLowerScore,
        includeAttributesInNote: true,
        file: { ...options.file, fullReportNote: rest.fullReportNote },
        url: { ...options.url, indicator: { ...policy, createPositives: 1 } },
      },
    };
    const context = enrichesIndicator
      ? indicatorContextFor(type, value, changes)
      : contextFor(type, value, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb', changes);
    return { report, context };
  });

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  indicator: [
    'created',
    'modified',
    'created_by_ref',
    'name',
    'pattern',
    'pattern_type',
    'valid_from',
    'x_opencti_main_observable_type',
  ],
  note: ['created', 'modified', 'created_by_ref', 'abstract', 'content', 'object_refs'],
  location: ['created', 'modified', 'created_by_ref', 'name', 'country', 'x_opencti_location_type'],
  relationship: ['created', 'modified', 'created_by_ref', 'relationship_type', 'source_ref', 'target_ref'],
  'autonomous-system': ['number', 'x_opencti_created_by_ref'],
  'ipv4-addr': ['value', 'x_opencti_created_by_ref'],
  'ipv6-addr': ['value', 'x_opencti_created_by_ref'],
  'domain-name': ['value', 'x_opencti_created_by_ref'],
  hostname: ['value', 'x_opencti_created_by_ref'],
};

function expectWellFormed(object: StixObject): void {
  expect(object.spec_version).toBe('2.1');
  expect(object.id).toMatch(new RegExp(`^${object.type}--[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$`, 'u'));
  const required = REQUIRED[object.type];
  expect(required, object.type).toBeDefined();
  for (const property of required ?? []) {
    expect(object[property], `${object.type}.${property}`).not.toBeOneOf([undefined, null, '']);
  }
  for (const property of ['created', 'modified', 'valid_from', 'valid_until']) {
    if (property in object) expect(object[property]).toMatch(TIMESTAMP);
  }
  expect(object.object_marking_refs).toEqual([TLP_AMBER]);
  expect(object.created_by_ref ?? object.x_opencti_created_by_ref).toBe(AUTHOR_ID);
}

describe('mapReport', () => {
  it('makes well-formed, marked objects and valid changes of any report, whatever is absent or hostile', () => {
    fc.assert(
      fc.property(everything, ({ report, context }) => {
        const { objects, changes } = mapReport(report, context, extras);
        objects.forEach(expectWellFormed);
        expect(JSON.parse(JSON.stringify(objects))).toEqual(objects);

        const ids = new Set<string>([context.subject.id, ...objects.map(({ id }) => id)]);
        expect(ids.size).toBe(objects.length + 1);
        for (const { source_ref, target_ref } of objects.filter(({ type }) => type === 'relationship')) {
          expect(ids).toContain(source_ref);
          expect(ids).toContain(target_ref);
        }

        if (changes.score !== undefined)
          expect(changes.score).toBeOneOf(Array.from({ length: 101 }, (_, n) => n));
        const labels = labelsOf(changes.band, changes.labels, context.options.labels);
        for (const label of labels) expect(label).toBe(label.toLowerCase().trim());
        expect(labels).not.toContain('');
        expect(changes.additionalNames).not.toContain('');
        expect(changes.externalReferences).toHaveLength(1);
      }),
      { numRuns: 400 },
    );
  });

  it('never breaks a table of a Note', () => {
    fc.assert(
      fc.property(everything, ({ report, context }) => {
        const notes = mapReport(report, context, extras).objects.filter(({ type }) => type === 'note');
        for (const note of notes) {
          let columns: number | undefined;
          for (const line of String(note.content).split('\n')) {
            const pipes = line.replace(/\\./gu, '').split('|').length - 1;
            if (!line.startsWith('| ')) columns = undefined;
            else expect(pipes).toBe((columns ??= pipes));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives an equal result for equal input', () => {
    fc.assert(
      fc.property(everything, ({ report, context }) => {
        const once = JSON.stringify(mapReport(report, context, extras));
        expect(JSON.stringify(mapReport(structuredClone(report), structuredClone(context), extras))).toBe(
          once,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('never makes an Indicator, nor changes what belongs to a file, when an Indicator is enriched', () => {
    const enriching = everything.filter(({ context }) => context.subject.entityType === 'Indicator');
    fc.assert(
      fc.property(enriching, ({ report, context }) => {
        const { objects, changes } = mapReport(report, context, extras);
        expect(objects.map(({ type }) => type)).not.toContain('indicator');
        expect(changes).toMatchObject({ hashes: {}, size: undefined, name: undefined, additionalNames: [] });
        for (const object of objects.filter(({ source_ref }) => source_ref === context.subject.id)) {
          expect(object.relationship_type).toBe('based-on');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('marks nothing when the enriched object has no markings', () => {
    const context = contextFor(
      'IPv4-Addr',
      '198.51.100.3',
      'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
      {
        markings: [],
      },
    );
    const { objects } = mapReport(ipAddressReport({ asn: 13335, country: 'US' }), context, extras);
    expect(objects).toHaveLength(5);
    for (const object of objects) expect(object).not.toHaveProperty('object_marking_refs');
  });

  it('takes the same rule text from two rulesets for one Indicator', () => {
    const matches = ['0001', '0002'].map((rulesetId) => ({
      ruleName: 'First',
      rulesetId,
      rulesetName: undefined,
      source: undefined,
      author: undefined,
      description: undefined,
      matchDate: undefined,
    }));
    const context = contextFor('StixFile', EICAR.sha256, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb');
    const { objects, summary } = mapReport(fileReport({ yaraMatches: matches }), context, extras);
    expect(objects.map(({ type }) => type)).toEqual(['indicator', 'note', 'relationship']);
    expect(summary).toMatchObject({ yaraRules: 1, relationships: 1, indicatorCreated: false });
  });
});
