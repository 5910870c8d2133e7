import type { LookUps } from '../look-ups.js';
import { declaredOptions, type DeclaredOption } from '../schema.js';
import { indicatorRows, mappingTables, type MappingRow, type MappingTable } from './mapping-rows.js';

const INTRODUCTION = `<!-- Generated from src/config; change src/config/render/mapping-rows.ts and run: npm run generate -->

# What a report becomes

One table for each type of object: the field of VirusTotal, what it becomes in OpenCTI, the option that says so, its
default, and what it costs in look-ups **beyond the one for the report**. Every cost is in a table: what is not asked for
costs nothing, and everything that is asked for is kept and used again
(\`VIRUSTOTAL_CACHE_TTL_MINUTES\`; rules and rulesets for a week).

More about the parts, with their limits and the reasons:

- [Verdict, labels and community](mapping/verdict-labels-community.md)
- [What a file's report says about threats](mapping/file-knowledge.md): Malware, ATT&CK, sandboxes, Sigma, Snort, Suricata
- [Indicators](mapping/indicators.md): what they match, kill-chain phases, how they follow the verdict
- [Related observables](mapping/related.md)
- [Network context](mapping/network-context.md): networks, certificates, WHOIS, fingerprints
- [Google Threat Intelligence](mapping/google-threat-intelligence.md)

The examples are whole bundles, made by \`npm run generate\` from the sample reports of the simulator: once with the
defaults and a public key, once with every option on and a key of Google Threat Intelligence. Each says which variables
differ from the defaults, what was asked, and what a person reads in the work.

For every type: ids are deterministic, so that enriching again updates the same objects; markings of the enriched object
are inherited by everything; the author is VirusTotal; nothing that is merely related gets a score.
`;

/** The text of `docs/mapping.md`. */
export function renderMapping(): string {
  return [INTRODUCTION, ...mappingTables.map(chapter), indicatorChapter(), costChapter()].join('\n');
}

function chapter({ title, kind, examples, rows }: MappingTable): string {
  const links = examples.map(exampleLinks).join('; ');
  const lines = rows.map((each) => tableRow(each, (cost) => cost.kinds.includes(kind)));
  return [`## ${title}`, '', `Examples: ${links}.`, '', ...table(lines), ''].join('\n');
}

function indicatorChapter(): string {
  const lines = indicatorRows.map((each) => tableRow(each, (cost) => cost.ofIndicators));
  return [
    '## Indicator',
    '',
    `Each value of the pattern (hash, address, name, URL) is looked up, which costs one look-up each. No Indicator is made of an Indicator, and no YARA, Sigma, Snort or Suricata rule. Examples: ${exampleLinks('indicator')}.`,
    '',
    ...table(lines),
    '',
  ].join('\n');
}

function exampleLinks(type: string): string {
  const link = (name: string): string => `[${name}](mapping/examples/${type}-${name}.json)`;
  return `${type} with ${link('defaults')}, ${link('everything')}`;
}

/** Every option that costs something, in one place. */
function costChapter(): string {
  const rows = declaredOptions.flatMap(({ option }): string[][] => {
    const { lookUps } = option;
    if (lookUps === undefined) return [];
    const kinds = lookUps.kinds.map((kind) => KIND_NAMES[kind]).join(', ');
    return [
      [code(option.env), defaultText(option), costText(lookUps), kinds, lookUps.ofIndicators ? 'yes' : 'no'],
    ];
  });
  return [
    '## What costs look-ups',
    '',
    'A report is one look-up. These options cost more, and no other does:',
    '',
    line(['Option', 'Default', 'Look-ups beyond the report', 'Objects', 'For values of Indicators']),
    line(['---', '---', '---', '---', '---']),
    ...rows.map(line),
    '',
    'What the key may not use is refused once, and is not asked for again for a day; the rest of the report is mapped.',
    '',
  ].join('\n');
}

const KIND_NAMES = {
  file: 'files',
  ip_address: 'addresses',
  domain: 'domains, hostnames',
  url: 'URLs',
} as const;

function table(rows: readonly string[]): string[] {
  return [
    line(['VirusTotal', 'OpenCTI', 'Option', 'Default', 'Look-ups']),
    line(['---', '---', '---', '---', '---']),
    ...rows,
  ];
}

function tableRow({ field, becomes, options }: MappingRow, costs: (lookUps: LookUps) => boolean): string {
  const declared = options.map(optionOf);
  const spent = declared.flatMap(({ lookUps }) =>
    lookUps !== undefined && costs(lookUps) ? [costText(lookUps)] : [],
  );
  return line([
    field === '' ? 'the same' : field,
    becomes,
    declared.length === 0 ? 'always' : declared.map(({ env }) => code(env)).join('<br>'),
    declared.map(defaultText).join('<br>'),
    spent.length === 0 ? '0' : spent.join(', '),
  ]);
}

/** @throws Error for a key that no option has. */
function optionOf(key: string): DeclaredOption['option'] {
  const declared = declaredOptions.find(({ path }) => path === `virustotal.${key}`);
  if (declared === undefined) throw new Error(`The mapping names the unknown option virustotal.${key}.`);
  return declared.option;
}

function defaultText({ default: byDefault, type }: DeclaredOption['option']): string {
  if (typeof byDefault === 'boolean') return byDefault ? 'on' : 'off';
  const shown = byDefault === undefined ? '' : type.show(byDefault);
  return shown === '' ? 'none' : shown;
}

function costText({ forEach }: LookUps): string {
  switch (forEach) {
    case 'object':
      return '1';
    case 'sigma_rule':
      return '1 for each rule that is not in the cache, 20 at most';
    case 'yara_ruleset':
      return '1 for each ruleset that is not in the cache, 20 at most';
  }
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const code = (text: string): string => `\`${text}\``;
