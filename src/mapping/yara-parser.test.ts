import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { scanYaraRuleset, type YaraRule } from './yara-parser.js';

/** The only rule of a ruleset, with the given condition. */
function ruleWith(condition: string): YaraRule | undefined {
  return scanYaraRuleset(`rule Wanted { condition: ${condition} }`).rules[0];
}

describe('scanYaraRuleset', () => {
  it('gives the place of each rule, modifiers included', () => {
    const source = '// first\nprivate global rule A : t { condition: true }\nrule B { condition: A } // last';
    const { rules } = scanYaraRuleset(source);
    expect(rules.map(({ start, end }) => source.slice(start, end))).toEqual([
      'private global rule A : t { condition: true }',
      'rule B { condition: A }',
    ]);
    expect(rules.map(({ name, isGlobal, position }) => [name, isGlobal, position])).toEqual([
      ['A', true, 0],
      ['B', false, 1],
    ]);
  });

  it.each([
    ['A and not B', ['A', 'B']],
    ['any of (A, B)', ['A', 'B']],
    ['filesize > Size * 2', ['Size']],
    ['Size * (2 + 1) > 1', ['Size']],
    ['pe.A == 1 and pe . B == 2', ['pe']],
    ['uint8(A) == 1 and math.entropy (B, 1) > 2', ['A', 'math', 'B']],
    ['for any i in (1..A) : (i == 1)', ['A']],
    ['for any key, value in A : (key == value)', ['A']],
    ['uint32be(0) == 1 and float32(0) == 1', ['float32']],
    ['with a = 1 : (a == A)', ['with', 'a', 'A']],
    ['$A and #B > 1 and @C == 1 and !D == 1 and "E" contains "F"', []],
    ['for all of them : ($ at 1MB) and none of ($a*) and 0x1F == 1.5', []],
  ])('knows what the condition %j refers to', (condition, identifiers) => {
    expect([...(ruleWith(condition)?.identifiers ?? [])]).toEqual(identifiers);
  });

  it('tells wildcards and structures apart from other identifiers', () => {
    expect(ruleWith('any of (A*, B, C*) and pe.x and s.y and Size * 2 > 1')).toMatchObject({
      identifiers: new Set(['B', 'pe', 's', 'Size']),
      structures: new Set(['pe', 's']),
      wildcards: new Set(['A', 'C']),
    });
  });

  it.each([
    ['global', 'rule Broken { condition: true global rule Next { condition: true }'],
    ['private global', 'rule Broken { condition: true private global rule Next { condition: true }'],
  ])('leaves the modifiers %s to the rule behind one that is never closed', (modifiers, source) => {
    const { rules } = scanYaraRuleset(source);
    expect(rules.map(({ name, isGlobal }) => [name, isGlobal])).toEqual([['Next', true]]);
    expect(source.slice(rules[0]?.start)).toBe(`${modifiers} rule Next { condition: true }`);
  });

  it('knows that a global rule is broken', () => {
    expect(scanYaraRuleset('global rule A { condition: "x\n }').hasBrokenGlobal).toBe(true);
    expect(scanYaraRuleset('rule A { condition: "x\n }').hasBrokenGlobal).toBe(false);
  });

  it.each([
    ['the blanks of web pages', 'rule A {\u00A0condition: true }'],
    ['the blanks of web pages in a hex string', 'rule A { strings: $a = { 01\u202F02 } condition: $a }'],
    ['letters beyond ASCII', 'rule A { condition: é }'],
    ['texts of several lines', 'rule A { meta: a = """\n rule B { condition: true } """ condition: true }'],
  ])('takes a rule for broken that has %s, which only YARA-X knows', (_, source) => {
    const { rules } = scanYaraRuleset(`\uFEFF${source} rule C { condition: true }`);
    expect(rules.map((rule) => rule.name)).toEqual(['C']);
  });

  it.each([
    ['text', 'date = "2021-03-04"', '2021-03-04T00:00:00.000Z'],
    ['a number', 'date = 20210304', '2021-03-04T00:00:00.000Z'],
    ['a key in any case', 'Date = "2021-03-04"', '2021-03-04T00:00:00.000Z'],
    ['the first of two', 'date = "2021-03-04" date = "2022-01-01"', '2021-03-04T00:00:00.000Z'],
    ['a number that is too long', 'date = 202103040', undefined],
    ['a boolean', 'date = true', undefined],
  ])('reads the date from %s', (_, meta, expected) => {
    const source = `rule A { meta: author = "x" ${meta} strings: $date = "2001-01-01" condition: $date }`;
    expect(scanYaraRuleset(source).rules[0]?.date?.toISOString()).toBe(expected);
  });
});

describe('scanYaraRuleset with hostile text', () => {
  const fragments = fc.constantFrom(
    ...[
      'rule ',
      'private ',
      'global ',
      'import "pe"',
      'include "x"',
      'a',
      'b',
      'a*',
      ':',
      '{',
      '}',
      '(',
      ')',
      ',',
    ],
    ...[
      'meta:',
      'strings:',
      'condition:',
      '$a',
      '=',
      '"',
      '"""',
      '/',
      '//',
      '/*',
      '*/',
      '\\',
      '\n',
      '\r\n',
      '.',
      '..',
    ],
    ...[
      ' for any i in ',
      ' of ',
      '{ 00 ',
      '#',
      '@',
      '!',
      '0x1',
      '\uFEFF',
      '\uD800',
      '\0',
      'é',
      'date = "2021-01-01"',
    ],
  );

  it('never throws, and gives rules that lie one behind the other and contain their own name', () => {
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 80 }), (pieces) => {
        const source = pieces.join('');
        let behind = 0;
        for (const { name, start, end } of scanYaraRuleset(source).rules) {
          expect(start).toBeGreaterThanOrEqual(behind);
          expect(source.slice(start, end)).toContain(name);
          expect(source.slice(start, end)).toMatch(/^(?:private|global|rule)[^]*\}$/);
          behind = end;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['open rules', 'rule a { strings: $a = "x" '],
    ['open comments', 'rule a { /* '],
    ['open texts', 'rule a { meta: b = "'],
    ['open multi-line texts', 'rule a { meta: b = """ x '],
    ['open hex strings', 'rule a { strings: $a = { 00 '],
    ['open braces', '{ '],
    ['modifiers', 'private global '],
    ['dots', '. '],
  ])('reads megabytes of %s in linear time', (_, fragment) => {
    const scanned = scanYaraRuleset(fragment.repeat(Math.ceil(2_000_000 / fragment.length)));
    expect(scanned.rules).toEqual([]);
  });
});
