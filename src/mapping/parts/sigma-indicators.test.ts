import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  contextFor,
  contributionOf,
  EICAR,
  FILE,
  fileReport,
  indicatorContextFor,
  options,
  PROVENANCE,
} from '../../../test/helpers/mapping-samples.js';
import type { SigmaRule } from '../../virustotal/schema-extras.js';
import type { SigmaMatch } from '../../virustotal/schema-intelligence.js';
import type { MappingContext } from '../context.js';
import type { Contribution } from '../contribution.js';
import { sigmaIndicators } from './sigma-indicators.js';
import { sigmaText } from './sigma-rule.js';

const on = { options: { file: { ...options.file, sigma: true } } };
const context = contextFor('StixFile', EICAR.sha256, FILE, on);

const rule: SigmaRule = {
  id: 'a'.repeat(64),
  title: 'Hiding Files with Attrib.exe',
  description: 'Detects usage of attrib.exe to hide files from users.',
  level: 'low',
  status: 'experimental',
  author: 'Example Author',
  source: 'https://github.com/example/rules',
  logSource: { product: 'windows', category: 'process_creation' },
  condition: 'selection and not (ini or intel)',
  details: {
    ini: '{"CommandLine":"*\\\\desktop.ini *"}',
    intel: '{"ParentImage":"*\\\\cmd.exe"}',
    selection: '{"CommandLine":["* +h *","yes"]}',
  },
  falsePositives: ['unknown'],
  fields: [],
  references: ['https://example.com/why'],
  tags: ['attack.t1564.001'],
  text: undefined,
};
const text = `title: Hiding Files with Attrib.exe
status: experimental
description: Detects usage of attrib.exe to hide files from users.
references:
  - https://example.com/why
author: Example Author
tags:
  - attack.t1564.001
logsource:
  category: process_creation
  product: windows
detection:
  ini:
    CommandLine: "*\\\\desktop.ini *"
  intel:
    ParentImage: "*\\\\cmd.exe"
  selection:
    CommandLine:
      - "* +h *"
      - "yes"
  condition: selection and not (ini or intel)
falsepositives:
  - unknown
level: low
`;

function match(ruleId: string): SigmaMatch {
  return {
    ruleId,
    title: 'Another title',
    level: 'high',
    source: 'Example Rules',
    author: undefined,
    description: undefined,
  };
}

function made(
  matches: readonly SigmaMatch[],
  rules: readonly SigmaRule[],
  within: MappingContext = context,
): Contribution | undefined {
  const report = fileReport({ sigmaMatches: matches });
  const sigmaRules = new Map(rules.map((one) => [one.id, one]));
  return contributionOf(sigmaIndicators, report, within, { sigmaRules });
}

describe('Sigma rules', () => {
  it('are Indicators related to the file', () => {
    const contribution = made([match(rule.id)], [rule]);
    expect(contribution).toEqual({
      objects: [
        {
          type: 'indicator',
          id: expect.stringMatching(/^indicator--/) as string,
          ...PROVENANCE,
          name: 'Hiding Files with Attrib.exe',
          description:
            'Detects usage of attrib.exe to hide files from users.\n\nSigma ruleset Example Rules, by Example Author.',
          pattern: text,
          pattern_type: 'sigma',
          valid_from: '2026-03-04T05:06:07.890Z',
          x_opencti_score: 25,
          x_opencti_main_observable_type: 'StixFile',
          external_references: [
            {
              source_name: 'Sigma ruleset',
              description: 'Source of Sigma rules',
              url: 'https://github.com/example/rules',
            },
          ],
        },
        {
          type: 'relationship',
          id: expect.stringMatching(/^relationship--/) as string,
          ...PROVENANCE,
          relationship_type: 'related-to',
          source_ref: FILE,
          target_ref: contribution?.objects?.[0]?.id,
        },
      ],
      clauses: ['1 Sigma rule imported'],
    });
  });

  it('that are broken or could not be had are counted, and the others come through', () => {
    const broken = { ...rule, id: 'b'.repeat(64), condition: 'selection and nothing' };
    const contribution = made([match(broken.id), match('c'.repeat(64)), match(rule.id)], [broken, rule]);
    expect(contribution?.objects).toHaveLength(2);
    expect(contribution?.clauses).toEqual(['1 Sigma rule imported, 2 left out']);
  });

  it('are described as text, without anything to click', () => {
    const hostile = '![x](https://evil.example/x.png)';
    const shown = '!\\[x\\](https\\[:\\]//evil.example/x.png)';
    const stranger = { ...rule, description: hostile, author: hostile, source: hostile };
    const indicator = made([{ ...match(rule.id), source: hostile }], [stranger])?.objects?.[0];
    expect(indicator).toMatchObject({
      description: `${shown}\n\nSigma ruleset ${shown}, by ${shown}.`,
    });
    expect(indicator?.pattern).toContain(hostile);
  });

  it('are nothing for an Indicator, and when the option is off', () => {
    expect(made([match(rule.id)], [rule], indicatorContextFor('StixFile', EICAR.sha256, on))).toBeUndefined();
    expect(made([match(rule.id)], [rule], contextFor('StixFile', EICAR.sha256, FILE))).toBeUndefined();
    expect(made([], [])).toEqual({ objects: [], clauses: [] });
  });
});

describe('the text of a Sigma rule', () => {
  const bare = { ...rule, details: {}, condition: undefined };

  it('is what VirusTotal has as a whole, without change, when the parts are none', () => {
    const whole =
      '# a comment\ntitle: T\nlogsource: {product: linux}\ndetection: {sel: {a: b}, condition: sel}';
    expect(sigmaText({ ...bare, text: `\n${whole}\n` })).toBe(whole);
  });

  it('is put together from the parts where there are any', () => {
    expect(sigmaText({ ...rule, text: 'title: T' })).toBe(text);
    expect(sigmaText({ ...bare, text: 'title: T' })).toBeUndefined();
    expect(sigmaText({ ...bare, text: '{ not yaml' })).toBeUndefined();
  });

  it('is the same in whatever order VirusTotal sends the parts', () => {
    const turned = <T>(parts: Readonly<Record<string, T>>) =>
      Object.fromEntries(Object.entries(parts).toReversed());
    const other = { ...rule, logSource: turned(rule.logSource), details: turned(rule.details) };
    expect(sigmaText(other)).toBe(text);
  });

  it.each([
    ['no title', { title: undefined }],
    ['no log source', { logSource: { definition: 'x' } }],
    ['no condition', { condition: undefined }],
    ['no detection', { details: {} }],
    ['a detection that is no JSON', { details: { ...rule.details, selection: '{' } }],
    ['a detection that is a text', { details: { ...rule.details, selection: '"text"' } }],
    ['a detection that the condition alone has', { condition: 'selection or other*' }],
    ['a character that YAML has not', { details: { ...rule.details, selection: '{"a":"\ufffe"}' } }],
    ['a condition of nothing', { condition: ' ' }],
  ])('is none with %s', (_, changes: Partial<SigmaRule>) => {
    expect(sigmaText({ ...rule, ...changes })).toBeUndefined();
  });

  it.each(['1 of sel*', 'all of them', 'selection | count() by Image > 5', 'NOT ini AND (selection)'])(
    'may have the condition %s',
    (condition) => {
      expect(sigmaText({ ...rule, condition })).toBeDefined();
    },
  );

  it('is none for what is nested too deeply or too long, without failing', () => {
    for (const nest of ['[', '{a: ', '- ', '? ', ': ', '- &a ', 'a: - '])
      expect(sigmaText({ ...bare, text: nest.repeat(9_000 / nest.length) })).toBeUndefined();
    const steps = Array.from({ length: 300 }, (_, indent) => `${' '.repeat(indent)}a:\n`);
    expect(sigmaText({ ...bare, text: steps.join('') })).toBeUndefined();
    expect(sigmaText({ ...bare, text: `title: ${'x'.repeat(1_000_000)}` })).toBeUndefined();
    expect(
      sigmaText({
        ...rule,
        details: { ...rule.details, selection: '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000) },
      }),
    ).toBeUndefined();
  });

  it.each([
    { details: { ...rule.details, selection: '{"a":{"<<":"b"}}' } },
    { details: { ...rule.details, '<<': '{"a":"b"}' } },
    { logSource: { ...rule.logSource, '<<': 'b' } },
  ])('is none with a key that YAML takes for an order to merge: %o', (changes) => {
    expect(sigmaText({ ...rule, ...changes })).toBeUndefined();
  });

  it('says what the parts say, whatever they are', () => {
    const anyDetail = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), anyDetail, (title, detail) => {
        const made = sigmaText({
          ...rule,
          title,
          details: { selection: JSON.stringify(detail) },
          condition: 'selection',
        });
        if (made === undefined) return;
        const { detection } = parse(made, { version: '1.1' }) as { detection: { selection: unknown } };
        expect(JSON.stringify(detection.selection)).toBe(JSON.stringify(detail));
      }),
    );
  });
});
