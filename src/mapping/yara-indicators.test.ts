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
    const { objects, leftOut } = yaraIndicators(matches, rulesets, context);
    expect(leftOut).toBe(0);
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
    const { objects, leftOut } = yaraIndicators(matches, rulesets, context);
    expect(names(objects)).toEqual(['Good']);
    expect(leftOut).toBe(3);
  });

  it('is valid from now on and without end, since the platform revokes by age what began in the past', () => {
    const [indicator] = yaraIndicators(
      [match('Rule', { matchDate: new Date('2025-01-01T00:00:00Z') })],
      new Map([ruleset('0001', rule('Rule', 'date = "2019-05-06"'))]),
      context,
    ).objects;
    expect(indicator).toMatchObject({ valid_from: '2026-03-04T05:06:07.890Z' });
    expect(indicator).not.toHaveProperty('valid_until');
  });

  it.each<[Partial<YaraMatch>, string | undefined, string, string]>([
    [
      { description: 'Finds\nit', author: 'A. Nonymous', rulesetName: 'demo_rules' },
      'other',
      'date = "2019-05-06"',
      'Finds it\n\nYARA ruleset demo\\_rules, by A. Nonymous, dated 2019-05-06.',
    ],
    [{ description: 'Finds it' }, 'demo_rules', '', 'Finds it\n\nYARA ruleset demo\\_rules.'],
    [{ author: ' ' }, undefined, 'date = "2019-05-06"', 'YARA ruleset 0001, dated 2019-05-06.'],
  ])('describes a rule matched as %j', (changes, name, meta, description) => {
    const [indicator] = yaraIndicators(
      [match('Rule', changes)],
      new Map([ruleset('0001', rule('Rule', meta), { name })]),
      context,
    ).objects;
    expect(indicator).toMatchObject({ description });
  });

  it('describes a rule by strangers as text, without anything to click', () => {
    const hostile = '[fix now](https://evil.example/x) <b>';
    const changes = { description: hostile, author: hostile, rulesetName: hostile };
    const [indicator] = yaraIndicators(
      [match('Rule', changes)],
      new Map([ruleset('0001', rule('Rule'))]),
      context,
    ).objects;
    const shown = '\\[fix now\\](https\\[:\\]//evil.example/x) &lt;b&gt;';
    expect(indicator).toMatchObject({
      description: `${shown}\n\nYARA ruleset ${shown}, by ${shown}.`,
    });
  });

  it('says the same of one web page whatever the rule, as the platform keeps one reference for each', () => {
    const source = 'https://example.com/rules';
    const matches = [
      match('First', { source, author: 'A. Nonymous', rulesetName: 'one' }),
      match('Second', { source, rulesetId: '0002' }),
    ];
    const rulesets = new Map([ruleset('0001', rule('First')), ruleset('0002', rule('Second'))]);
    const [first, , second] = yaraIndicators(matches, rulesets, context).objects;
    expect(first?.external_references).toEqual([
      { source_name: 'YARA ruleset', description: 'Source of YARA rules', url: source },
    ]);
    expect(second?.external_references).toEqual(first?.external_references);
  });

  it('scans a ruleset once, however many files are enriched', () => {
    let reads = 0;
    const watched: YaraRuleset = {
      id: '0001',
      name: undefined,
      source: undefined,
      get rules() {
        reads += 1;
        return rule('First') + rule('Second');
      },
    };
    const rulesets = new Map([['0001', watched]]);
    expect(names(yaraIndicators([match('First'), match('Second')], rulesets, context).objects)).toEqual([
      'First',
      'Second',
    ]);
    expect(names(yaraIndicators([match('Second')], rulesets, context).objects)).toEqual(['Second']);
    expect(reads).toBe(1);
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
    ).objects;
    expect(indicator?.external_references).toEqual(
      expected === undefined
        ? undefined
        : [{ source_name: 'YARA ruleset', description: 'Source of YARA rules', url: expected }],
    );
  });

  it('gives a rule with a short name a longer one, as the platform wants it', () => {
    const { objects } = yaraIndicators([match('a')], new Map([ruleset('0001', rule('a'))]), context);
    expect(names(objects)).toEqual(['YARA rule a']);
  });

  it('makes a pattern that UTF-8 can carry of a rule that it cannot', () => {
    const text = 'rule Odd { strings: $a = "\uD800 \0" condition: $a }';
    const [indicator] = yaraIndicators([match('Odd')], new Map([ruleset('0001', text)]), context).objects;
    expect(indicator?.pattern).toBe('rule Odd { strings: $a = "\uFFFD \uFFFD" condition: $a }\n');
  });

  it('leaves out a rule too long for the platform, and takes the next', () => {
    const long = `rule Long { strings: $a = "${'x'.repeat(500_000)}" condition: $a }\n`;
    const rulesets = new Map([ruleset('0001', long + rule('Short'))]);
    const { objects, leftOut } = yaraIndicators([match('Long'), match('Short')], rulesets, context);
    expect(names(objects)).toEqual(['Short']);
    expect(leftOut).toBe(1);
  });

  it('takes no more rules than fit into one bundle', () => {
    const rules = Array.from(
      { length: 30 },
      (_, n) => `rule R${n} { strings: $a = "${'x'.repeat(400_000)}" condition: $a }\n`,
    );
    const matches = Array.from({ length: 30 }, (_, n) => match(`R${n}`));
    const { objects, leftOut } = yaraIndicators(matches, new Map([ruleset('0001', rules.join(''))]), context);
    expect(names(objects)).toHaveLength(12);
    expect(leftOut).toBe(18);
  });

  it('makes nothing when the option is off', () => {
    const off = { ...context, options: { ...options, file: { ...options.file, importYara: false } } };
    expect(yaraIndicators([match('Rule')], new Map([ruleset('0001', rule('Rule'))]), off)).toEqual({
      objects: [],
      leftOut: 0,
    });
  });

  it('makes nothing when an Indicator is enriched', () => {
    const enriched = indicatorContextFor('StixFile', EICAR.sha256);
    expect(yaraIndicators([match('Rule')], new Map([ruleset('0001', rule('Rule'))]), enriched)).toEqual({
      objects: [],
      leftOut: 0,
    });
  });
});
