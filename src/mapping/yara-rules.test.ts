import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { Compiler, initSync } from '@virustotal/yara-x';
import { beforeAll, describe, expect, it } from 'vitest';

import { extractYaraRule, parseYaraRuleset } from './yara-rules.js';

beforeAll(() => {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('@virustotal/yara-x'));
  initSync({ module: readFileSync(join(packageFolder, 'yara_x_js_bg.wasm')) });
});

/** Compiles with a real engine, without external variables, and gives the names of the rules that report a match. */
function matchingRules(ruleText: string, sample: string): string[] {
  const compiler = new Compiler();
  compiler.addSource(ruleText);
  const result = compiler.build().scan(Buffer.from(sample, 'latin1')) as {
    matches: { identifier: string; isPrivate: boolean }[];
  };
  return result.matches.filter((match) => !match.isPrivate).map((match) => match.identifier);
}

function textOf(ruleset: string, ruleName: string): string {
  const rule = extractYaraRule(ruleset, ruleName);
  if (rule === undefined) throw new Error(`${ruleName} was not extracted`);
  return rule.text;
}

const trickyRuleset = String.raw`
/* A ruleset of made-up rules. rule Commented { condition: true } */
import "math"
import "pe" // import "cuckoo"

// rule AlsoCommented { condition: true }
rule Plain : tag1 tag2
{
    meta:
        author = "A \"quoted\" author } rule Quoted { condition: true }"
        description = "ends with a backslash \\"
        date = "2021-03-04"
        score = -75
        active = true
    strings:
        $text = "EICAR } // not a comment /* nor this" nocase
        $escaped = "tab\tquote\"brace}" wide ascii
        $eicar = "EICAR" fullword private
    condition:
        any of them
}

private rule Marker { strings: $a = "EICAR" condition: $a }
private rule Unused { condition: false }
rule UsesMarker { condition: Marker and not Unused and filesize \ 2 > 1 }
rule Helper { condition: Marker /* } */ and filesize > 0 }

rule Regexes
{
    strings:
        $slash = /http:\/\/[a-z}{"]+\/\*/ nocase
        $quote = /"EICAR[^"]{2,5}"?/is
        $braces = /E(I|X){1,2}CAR/
    condition:
        $braces or ($slash and $quote)
}

rule Hex
{
    strings:
        $a = { 45 49 /* } " */ ( 43 | 4? ) [0-2] // } rule X {
               41 ~00 }
        $ = {45}
    condition: $a and for any of ($*) : ( $ )
}

rule PrefixedName { strings: $rule = "EICAR" condition: #rule == 1 and @rule[1] >= 0 and !rule[1] == 5 }
rule Prefixed { strings: $a = "EICAR" condition: $a and not "x" matches /rule PrefixedName \{ /i }
rule Modules { condition: math.entropy(0, filesize) >= 0.0 and not pe.is_pe and not (defined pe.number_of_sections and pe.number_of_sections * 2 == 1) }
rule Loops { condition: for any i in (1..3) : ( i == 2 ) and not for all s in pe.sections : ( s.name == "x" ) }
rule Chain { condition: Prefixed and Regexes }
rule OneOf { condition: any of (Prefixed, Plain) }
`;

describe('extractYaraRule, judged by the real engine', () => {
  it.each([
    ['Plain', ['Plain']],
    ['UsesMarker', ['UsesMarker']],
    ['Helper', ['Helper']],
    ['Regexes', ['Regexes']],
    ['Hex', ['Hex']],
    ['PrefixedName', ['PrefixedName']],
    ['Prefixed', ['Prefixed']],
    ['Modules', ['Modules']],
    ['Loops', ['Loops']],
    ['Chain', ['Regexes', 'Prefixed', 'Chain']],
    ['OneOf', ['Plain', 'Prefixed', 'OneOf']],
  ])('cuts out %s so that it compiles alone and still matches', (ruleName, expected) => {
    const matches = matchingRules(textOf(trickyRuleset, ruleName), 'an EICAR sample');
    expect(matches.toSorted()).toEqual(expected.toSorted());
  });

  it.each(['Plain', 'Hex', 'UsesMarker', 'Chain', 'Prefixed'])(
    'cuts out %s so that it still spares other data',
    (ruleName) => {
      expect(matchingRules(textOf(trickyRuleset, ruleName), 'nothing of interest')).toEqual([]);
    },
  );

  it('compiles every rule of the ruleset alone, and each gives what it gives within the ruleset', () => {
    const { ruleNames, extract } = parseYaraRuleset(trickyRuleset);
    const whole = matchingRules(trickyRuleset, 'an EICAR sample');
    expect(ruleNames).toHaveLength(13);
    for (const ruleName of ruleNames) {
      const alone = matchingRules(extract(ruleName)?.text ?? '', 'an EICAR sample');
      expect([ruleName, alone.includes(ruleName)]).toEqual([ruleName, whole.includes(ruleName)]);
    }
  });

  it('keeps the effect of global rules, whichever side of the rule they stand on', () => {
    const ruleset = `
      private rule Small { condition: filesize < 20 }
      global private rule Before { condition: Small }
      rule Wanted { strings: $a = "EICAR" condition: $a }
      private global rule After { condition: uint8(0) == 0x45 }`;
    const text = textOf(ruleset, 'Wanted');
    expect(matchingRules(text, 'EICAR')).toEqual(['Wanted']);
    expect(matchingRules(text, 'EICAR in much too long a sample')).toEqual([]);
    expect(matchingRules(text, ' EICAR')).toEqual([]);
  });

  it('reads rulesets with CRLF, tabs, a byte order mark and non-ASCII text', () => {
    const ruleset =
      '\uFEFFimport "pe"\r\n\r\nrule\tWanted\r\n{\r\n\tmeta:\r\n\t\tauthor = "Jürgen 日本 \u202E"\r\n\tcondition:\r\n\t\tnot pe.is_pe\r\n}\r\n';
    const text = textOf(ruleset, 'Wanted');
    expect(text).toBe(
      'import "pe"\r\n\r\nrule\tWanted\r\n{\r\n\tmeta:\r\n\t\tauthor = "Jürgen 日本 \u202E"\r\n\tcondition:\r\n\t\tnot pe.is_pe\r\n}\r\n',
    );
    expect(matchingRules(text, 'x')).toEqual(['Wanted']);
  });

  it('imports a known module that only an included file can have imported', () => {
    const text = textOf('include "common.yar"\nrule Wanted { condition: not pe.is_pe }', 'Wanted');
    expect(matchingRules(text, 'x')).toEqual(['Wanted']);
  });

  it.each(['pe', 'elf', 'hash', 'math', 'dotnet', 'time', 'console', 'string'])(
    'keeps a rule that uses the module %s, which every libyara has',
    (module) => {
      expect(textOf(`import "${module}"\nrule Wanted { condition: defined ${module}.x }`, 'Wanted')).toBe(
        `import "${module}"\n\nrule Wanted { condition: defined ${module}.x }\n`,
      );
    },
  );
});

describe('extractYaraRule', () => {
  it('gives imports, dependencies and the rule in the order of the ruleset', () => {
    const ruleset = `
import "pe"
import "hash"
private rule First { condition: pe.is_pe }
rule Other { condition: hash.md5(0, 1) == "x" }
private rule Second { condition: First }
rule Wanted : tag { condition: Second and First }
rule Later { condition: Wanted }`;
    expect(textOf(ruleset, 'Wanted')).toBe(`import "pe"

private rule First { condition: pe.is_pe }

private rule Second { condition: First }

rule Wanted : tag { condition: Second and First }
`);
  });

  it('takes along every earlier rule that a wildcard names', () => {
    const ruleset = `
private rule Part_1 { condition: Base }
private rule Base { condition: true }
private rule Part_2 { condition: false }
private rule Partial { condition: false }
rule Wanted { condition: any of (Part_*) }
private rule Part_3 { condition: true }`;
    expect(textOf(ruleset, 'Wanted')).toBe(`private rule Part_1 { condition: Base }

private rule Base { condition: true }

private rule Part_2 { condition: false }

rule Wanted { condition: any of (Part_*) }
`);
  });

  it('does not take a multiplication for a wildcard', () => {
    const wanted = 'rule Wanted { condition: for any size in (1..2) : (filesize < (size * 2)) }';
    expect(textOf(`rule sizes { condition: true } ${wanted}`, 'Wanted')).toBe(`${wanted}\n`);
  });

  it('does not take names in texts, patterns, tags, meta keys or fields for references', () => {
    const ruleset = `rule Other { condition: true }
rule Wanted : Other { meta: Other = "Other" strings: $Other = /Other/i condition: $Other and pe.Other and "x" matches /Other/s }`;
    expect(textOf(ruleset, 'Wanted').split('rule Other')).toHaveLength(1);
  });

  it('keeps the modifiers of a rule in any order, with comments between them', () => {
    expect(textOf('global /* why */ private\nrule Wanted { condition: true }', 'Wanted')).toBe(
      'global /* why */ private\nrule Wanted { condition: true }\n',
    );
  });

  it('keeps a global rule that reports by itself as it is', () => {
    const ruleset = 'rule Wanted { condition: true }\nglobal rule Limit { condition: filesize < 9 }';
    expect(textOf(ruleset, 'Wanted')).toBe(
      'rule Wanted { condition: true }\n\nglobal rule Limit { condition: filesize < 9 }\n',
    );
  });

  it('takes the first of several rules with one name', () => {
    const ruleset = 'rule Wanted { condition: true } rule Wanted { condition: false }';
    expect(textOf(ruleset, 'Wanted')).toBe('rule Wanted { condition: true }\n');
  });

  it.each([
    ['is not in the ruleset', 'rule Wanted2 { condition: true } rule Not_Wanted { condition: Wanted }'],
    ['is only in a comment', '// rule Wanted { condition: true }\n/* rule Wanted { condition: true } */'],
    ['is only in a text', 'rule Other { meta: a = "rule Wanted { condition: true }" condition: true }'],
    [
      'needs a rule that only an include can define',
      'include "x.yar"\nrule Wanted { condition: FromElsewhere }',
    ],
    ['needs a rule that nothing defines', 'rule Wanted { condition: true and Elsewhere }'],
    ['needs an external variable', 'rule Wanted { condition: filename contains "eicar" and positives > 3 }'],
    [
      'needs an external variable beside an include',
      'include "x.yar" rule Wanted { condition: filepath contains "x" }',
    ],
    ['needs an external structure', 'rule Wanted { condition: new_file.size > 3 }'],
    ['needs a function that YARA does not have', 'rule Wanted { condition: float32(0) == 1 }'],
    ['needs the module vt', 'import "vt"\nrule Wanted { condition: vt.metadata.new_file }'],
    ['needs the module cuckoo', 'import "cuckoo"\nrule Wanted { condition: cuckoo.sync.mutex(/x/) }'],
    ['needs the module androguard', 'import "androguard"\nrule Wanted { condition: androguard.url("x") }'],
    ['needs a rule that needs a module', 'rule A { condition: lnk.is_lnk } rule Wanted { condition: A }'],
    ['declares variables as only YARA-X can', 'rule Wanted { condition: with two = 2 : (two > 1) }'],
    [
      'needs a wildcard that nothing matches',
      'rule Wanted { condition: any of (Part_*) } rule Part_1 { condition: true }',
    ],
    [
      'needs a broken rule',
      'rule Broken { strings: $a = "open\n condition: $a }\nrule Wanted { condition: Broken }',
    ],
    [
      'stands beside a broken global rule',
      'global rule Limit { condition: "open\n }\nrule Wanted { condition: true }',
    ],
    ['is never closed', 'rule Wanted { condition: true'],
    ['runs into the next rule', 'rule Wanted { condition: true rule Next { condition: true }'],
    ['has no condition', 'rule Wanted { strings: $a = "x" }'],
    ['has no body', 'rule Wanted'],
    ['has a text that is never closed', 'rule Wanted { strings: $a = "x condition: $a }'],
    ['has a regular expression that is never closed', 'rule Wanted { strings: $a = /x condition: $a }'],
    ['has a hex string that is never closed', 'rule Wanted { strings: $a = { 45 condition: $a }'],
    ['has a comment that is never closed', 'rule Wanted { strings: $a = { 45 /* } condition: $a }'],
    ['ends in a comment that is never closed', 'rule Wanted { condition: true /* }'],
    ['ends behind a backslash', 'rule Wanted { meta: a = "\\'],
  ])('gives nothing when the rule %s', (_, ruleset) => {
    expect(extractYaraRule(ruleset, 'Wanted')).toBeUndefined();
  });

  it.each([
    'rule Broken { condition: true\n',
    'rule Broken { strings: $a = "open\n condition: $a }\n',
    'rule Broken { strings: $a = { 00 zz } condition: $a }\n',
    'rule Broken { meta: text = "ends in a backslash \\\n',
    'rule { condition: true }\n',
    'rule rule ',
    '} } " \n { / \n',
  ])('still finds a whole rule behind a broken one: %j', (broken) => {
    expect(textOf(`${broken}rule Wanted { condition: true }`, 'Wanted')).toBe(
      'rule Wanted { condition: true }\n',
    );
  });

  it('carries the date of its meta section', () => {
    const ruleset = 'rule Wanted { meta: date = "2021-03-04" condition: true }';
    expect(extractYaraRule(ruleset, 'Wanted')?.date).toEqual(new Date('2021-03-04T00:00:00Z'));
  });

  it('asks no loop variable from an included file', () => {
    const ruleset = `include "x.yar"
rule Wanted { condition: for all key, value in pe.version_info : ( key != value ) and for any i in (1..4) : (i == 2) }`;
    expect(extractYaraRule(ruleset, 'Wanted')).toBeDefined();
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('gives nothing for the name %j', (ruleName) => {
    expect(extractYaraRule('rule Wanted { condition: true }', ruleName)).toBeUndefined();
  });
});

describe('parseYaraRuleset', () => {
  it('gives the same rule again from what it gave', () => {
    const index = parseYaraRuleset(trickyRuleset);
    for (const name of index.ruleNames) {
      const text = index.extract(name)?.text ?? '';
      expect(extractYaraRule(text, name)?.text).toBe(text);
    }
  });

  it('extracts thousands of rules of one large ruleset from one scan, along a chain of references', () => {
    const count = 5_000;
    const rules = Array.from({ length: count }, (_, n) => {
      const filler = `strings: $a = "${'x'.repeat(400)}"`;
      return `private rule R${n} { ${filler} condition: $a and ${n % 100 === 0 ? 'true' : `R${n - 1}`} }`;
    });
    const index = parseYaraRuleset(rules.join('\n'));
    expect(index.ruleNames).toHaveLength(count);
    expect(index.extract('R4999')?.text.match(/rule R/g)).toHaveLength(100);
    for (const name of index.ruleNames) expect(index.extract(name)).toBeDefined();
  });

  it('follows a chain of references far deeper than the call stack', () => {
    const rules = Array.from(
      { length: 50_000 },
      (_, n) => `rule R${n} { condition: ${n === 0 ? 'true' : `R${n - 1}`} }`,
    );
    expect(extractYaraRule(rules.join('\n'), 'R49999')?.text.match(/rule/g)).toHaveLength(50_000);
  });
});
