import { describe, expect, it } from 'vitest';
import { EICAR, contextFor, indicatorContextFor, options } from '../../test/helpers/mapping-samples.js';
import type { YaraMatch, YaraRuleset } from '../virustotal/schema.js';
import { yaraIndicators } from './yara-indicators.js';

const context = contextFor('StixFile', EICAR.sha256, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb');

function match(ruleName: string, changes: Partial<YaraMatch> = {}): YaraMatch {
  return {
    ruleName,
    rulesetId: '0001',
    rulesetName: undefined,
    source: undefined,
    author: undefined,
    description: undefined,
    matchDate: undefined,
    ...changes,
  };
}

function ruleset(id: string, rules: string, changes: Partial<YaraRuleset> = {}): [string, YaraRuleset] {
  return [id, { id, name: undefined, source: undefined, rules, ...changes }];
}

const rule = (name: string, meta = '') =>
  `rule ${name} {\n${meta === '' ? '' : `  meta:\n    ${meta}\n`}  condition:\n    true\n}\n`;

const names = (objects: readonly { type: string; name?: unknown }[]) =>
  objects.filter(({ type }) => type === 'indicator').map(({ name }) => name);

describe('yaraIndicators', () => {
  it('makes one Indicator for each distinct rule', () => {
    const matches = [match('First'), match('Second'), match('First', { description: 'in a subfile' })];
    const rulesets = new Map([ruleset('0001', rule('First') + rule('Second') + rule('Third'))]);
    const objects = yaraIndicators(matches, rulesets, context);
    expect(objects.map(({ type }) => type)).toEqual([
      'indicator',
      'relationship',
      'indicator',
      'relationship',
    ]);
    expect(names(objects)).toEqual(['First', 'Second']);
    expect(objects[1]).toMatchObject({
      relationship_type: 'related-to',
      source_ref: context.subject.id,
      target_ref: objects[0]?.id,
    });
  });

  it('costs one rule only when a ruleset is missing, a rule is gone or cannot be read', () => {
    const matches = [
      match('NoRuleset', { rulesetId: '0002' }),
      match('Gone'),
      match('Broken', { rulesetId: '0003' }),
      match('Good'),
    ];
    const rulesets = new Map([
      ruleset('0001', rule('Good')),
      ruleset('0003', 'rule Broken { strings: $a = "'),
    ]);
    expect(names(yaraIndicators(matches, rulesets, context))).toEqual(['Good']);
  });

  it.each([
    [
      'the date in the rule',
      'date = "2024-05-06"',
      new Date('2025-01-01T00:00:00Z'),
      '2024-05-06T00:00:00.000Z',
    ],
    ['the match date, without one', '', new Date('2025-01-01T00:00:00Z'), '2025-01-01T00:00:00.000Z'],
    [
      'the match date, when the rule is from the future',
      'date = "2199-01-01"',
      new Date('2025-01-01T00:00:00Z'),
      '2025-01-01T00:00:00.000Z',
    ],
    [
      'the match date, when the rule is older than YARA',
      'date = "1970-01-01"',
      new Date('2025-01-01T00:00:00Z'),
      '2025-01-01T00:00:00.000Z',
    ],
    ['now, when there is no date', '', undefined, '2026-03-04T05:06:07.890Z'],
    ['now, when the match date is invalid', '', new Date('nonsense'), '2026-03-04T05:06:07.890Z'],
    ['now, when the match date is the epoch', '', new Date(0), '2026-03-04T05:06:07.890Z'],
  ])('is valid from %s', (_, meta, matchDate, expected) => {
    const [indicator] = yaraIndicators(
      [match('Rule', { matchDate })],
      new Map([ruleset('0001', rule('Rule', meta))]),
      context,
    );
    expect(indicator).toMatchObject({ valid_from: expected });
  });

  it.each([
    ['https://example.com/rules', undefined, 'https://example.com/rules'],
    ['http://example.com/rules', undefined, 'http://example.com/rules'],
    ['Some Vendor', 'https://example.com/set', 'https://example.com/set'],
    ['javascript:alert(1)', undefined, undefined],
    ['ftp://example.com/', undefined, undefined],
    [undefined, undefined, undefined],
    [`https://example.com/${'x'.repeat(3000)}`, undefined, undefined],
  ])('refers to the source %j of the match or %j of the ruleset as %j', (source, rulesetSource, expected) => {
    const [indicator] = yaraIndicators(
      [match('Rule', { source })],
      new Map([ruleset('0001', rule('Rule'), { source: rulesetSource })]),
      context,
    );
    expect(indicator?.external_references).toEqual(
      expected === undefined
        ? undefined
        : [{ source_name: 'YARA ruleset', description: '0001', url: expected }],
    );
  });

  it('gives a rule with a short name a longer one, as the platform wants it', () => {
    const objects = yaraIndicators([match('a')], new Map([ruleset('0001', rule('a'))]), context);
    expect(names(objects)).toEqual(['YARA rule a']);
  });

  it('makes a pattern that UTF-8 can carry of a rule that it cannot', () => {
    const text = 'rule Odd { strings: $a = "\uD800 \0" condition: $a }';
    const [indicator] = yaraIndicators([match('Odd')], new Map([ruleset('0001', text)]), context);
    expect(indicator?.pattern).toBe('rule Odd { strings: $a = "\uFFFD \uFFFD" condition: $a }\n');
  });

  it('leaves out a rule too long for the platform, and takes the next', () => {
    const long = `rule Long { strings: $a = "${'x'.repeat(500_000)}" condition: $a }\n`;
    const rulesets = new Map([ruleset('0001', long + rule('Short'))]);
    expect(names(yaraIndicators([match('Long'), match('Short')], rulesets, context))).toEqual(['Short']);
  });

  it('takes no more rules than fit into one bundle', () => {
    const rules = Array.from(
      { length: 30 },
      (_, n) => `rule R${n} { strings: $a = "${'x'.repeat(400_000)}" condition: $a }\n`,
    );
    const matches = Array.from({ length: 30 }, (_, n) => match(`R${n}`));
    const objects = yaraIndicators(matches, new Map([ruleset('0001', rules.join(''))]), context);
    expect(names(objects)).toHaveLength(12);
  });

  it('makes nothing when the option is off', () => {
    const off = { ...context, options: { ...options, file: { ...options.file, importYara: false } } };
    expect(yaraIndicators([match('Rule')], new Map([ruleset('0001', rule('Rule'))]), off)).toEqual([]);
  });

  it('makes nothing when an Indicator is enriched', () => {
    const enriched = indicatorContextFor('StixFile', EICAR.sha256);
    expect(yaraIndicators([match('Rule')], new Map([ruleset('0001', rule('Rule'))]), enriched)).toEqual([]);
  });
});
