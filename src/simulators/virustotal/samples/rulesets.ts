import type { JsonObject } from '../../../shared/json.js';
import { epochSeconds } from '../report-skeletons.js';

/** A ruleset of the demonstration: id, as in `crowdsourced_yara_results`, and attributes. */
export interface SampleRuleset {
  readonly id: string;
  readonly attributes: JsonObject;
}

const source = 'https://github.com/example/demo-rules';

/** Rules that use an import and a private rule of the same file: neither compiles alone. */
const antivirusTestRules = `import "hash"

/*
  Invented for demonstration { braces in a comment }
*/
private rule demo_small_file
{
    condition:
        filesize < 4KB
}

rule demo_eicar_digest : test eicar
{
    meta:
        author = "Example Author"
        description = "The EICAR test file, by digest"
        date = "2025-05-01"
    condition:
        demo_small_file and hash.md5(0, filesize) == "44d88612fea8a8f36de82e1278abb02f"
}

rule demo_eicar_text : test
{
    meta:
        author = "Example Author"
        description = "Text of the EICAR test file { not a brace }"
        date = "2025-05-01"
    strings:
        $text = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" ascii
        $tail = { 24 48 2B 48 2A }
    condition:
        demo_small_file and any of them
}

rule demo_unrelated
{
    strings:
        $a = /demo-[a-z]{3,8}\\/{1,2}x/
    condition:
        $a
}
`;

const genericRules = `rule demo_printable_start {
    meta:
        author = "@example_handle, someone@example.com"
        description = "Begins with printable text"
    condition:
        uint8(0) >= 0x20 and uint8(0) < 0x7f
}
`;

/** The rulesets the demonstration's YARA matches refer to. */
export const sampleRulesets: readonly SampleRuleset[] = [
  {
    id: '00dec00001',
    attributes: { name: 'demo_antivirus_test', source, rules: antivirusTestRules },
  },
  { id: '00dec00002', attributes: { name: 'demo_generic', source, rules: genericRules } },
];

/** Four matches: two rules of one ruleset, one of another, and one whose ruleset is gone. */
export function sampleYaraMatches(at: Date): JsonObject[] {
  const match = (
    rulesetId: string,
    rulesetName: string,
    ruleName: string,
    extra: JsonObject,
  ): JsonObject => ({
    rule_name: ruleName,
    ruleset_id: rulesetId,
    ruleset_name: rulesetName,
    source,
    match_date: epochSeconds(at),
    ...extra,
  });
  const author = 'Example Author';
  return [
    match('00dec00001', 'demo_antivirus_test', 'demo_eicar_digest', {
      author,
      description: 'The EICAR test file, by digest',
      ruleset_version: '00dec00001|0123456789abcdef',
    }),
    match('00dec00001', 'demo_antivirus_test', 'demo_eicar_text', { author, match_in_subfile: true }),
    match('00dec00002', 'demo_generic', 'demo_printable_start', {
      author: '@example_handle, someone@example.com',
    }),
    match('00dec00404', 'demo_withdrawn', 'demo_withdrawn_rule', { description: 'Its ruleset is gone' }),
  ];
}

/** Rulesets that break naive readers, by what is wrong with them. The rule looked for is `demo_eicar_text`. */
export function hostileRulesets(): Readonly<Record<'huge' | 'ruleMissing' | 'unparsable', JsonObject>> {
  const filler = Array.from({ length: 20_000 }, (_, index) => {
    const text = `demo filler } { ${index}`.padEnd(120, '.');
    return `rule demo_filler_${index} { strings: $a = "${text}" condition: $a }`;
  });
  return {
    huge: {
      name: 'demo_huge',
      source,
      rules: ['import "hash"', ...filler, antivirusTestRules.replace('import "hash"', '')].join('\r\n'),
    },
    ruleMissing: { name: 'demo_updated', source, rules: genericRules },
    unparsable: { rules: 'rule demo_eicar_text { strings: $a = "never closed \n condition: $a' },
  };
}
