import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
import type { IdsMatch } from '../../virustotal/schema-intelligence.js';
import type { MappingContext } from '../context.js';
import type { Contribution } from '../contribution.js';
import { idsIndicators } from './ids-indicators.js';
import { idsLanguage, idsText } from './ids-rule.js';

const on = { options: { file: { ...options.file, ids: true } } };
const context = contextFor('StixFile', EICAR.sha256, FILE, on);

const ET =
  'alert http $HOME_NET any -> [$EXTERNAL_NET,!192.0.2.0/24] any (msg:"ET MALWARE Demo\\; CnC"; flow:established,to_server; http.uri; content:"/demo"; sid:2036289; rev:1;)';
const SNORT =
  'alert tcp $HOME_NET any -> $EXTERNAL_NET $HTTP_PORTS (msg:"MALWARE-CNC Demo"; flow:to_server,established; content:"demo"; http_uri; sid:40000; rev:2;)';

const suricata: IdsMatch = {
  ruleId: '1:2036289',
  message: 'ET MALWARE Demo; CnC',
  category: 'Malware Command and Control Activity Detected',
  source: 'Proofpoint Emerging Threats Open',
  url: 'https://rules.emergingthreats.net/',
  raw: ET,
  severity: 'high',
};
const snort: IdsMatch = {
  ...suricata,
  ruleId: '1:40000',
  source: 'Snort registered user ruleset',
  url: undefined,
  raw: SNORT,
  severity: 'critical-ish',
};

function made(matches: readonly IdsMatch[], within: MappingContext = context): Contribution | undefined {
  const report = fileReport({ idsMatches: matches });
  return contributionOf(idsIndicators, report, within);
}

describe('IDS rules', () => {
  it('are Indicators related to the file', () => {
    const contribution = made([suricata]);
    expect(contribution).toEqual({
      objects: [
        {
          type: 'indicator',
          id: expect.stringMatching(/^indicator--/) as string,
          ...PROVENANCE,
          name: 'ET MALWARE Demo; CnC',
          description:
            'Suricata rule 1:2036289, of Proofpoint Emerging Threats Open, category Malware Command and Control Activity Detected.',
          pattern: ET,
          pattern_type: 'suricata',
          valid_from: '2026-03-04T05:06:07.890Z',
          x_opencti_score: 75,
          x_opencti_main_observable_type: 'Network-Traffic',
          external_references: [
            {
              source_name: 'IDS ruleset',
              description: 'Source of IDS rules',
              url: 'https://rules.emergingthreats.net/',
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
      clauses: ['1 IDS rule imported'],
    });
  });

  it('of a Snort ruleset are of that type; an unknown severity leaves the score to the platform', () => {
    const indicator = made([snort])?.objects?.[0];
    expect(indicator).toMatchObject({ pattern_type: 'snort', pattern: SNORT });
    expect(indicator).not.toHaveProperty('x_opencti_score');
    expect(indicator).not.toHaveProperty('external_references');
  });

  it('are described as text, without anything to click', () => {
    const hostile = '[click](http://evil.example/x.exe) www.evil.example';
    const shown = '\\[click\\](http\\[:\\]//evil.example/x.exe) www\\[.\\]evil.example';
    const match = { ...suricata, ruleId: hostile, source: hostile, category: hostile };
    expect(made([match])?.objects?.[0]).toMatchObject({
      description: `Suricata rule ${shown}, of ${shown}, category ${shown}.`,
    });
  });

  it('come once each; broken ones and those without text are counted', () => {
    const contribution = made([
      suricata,
      { ...suricata, severity: 'low' },
      { ...suricata, raw: undefined },
      { ...snort, raw: 'alert tcp any any -> any any (msg:"no number";)' },
      snort,
    ]);
    expect(contribution?.objects).toHaveLength(4);
    expect(contribution?.clauses).toEqual(['2 IDS rules imported, 2 left out']);
  });

  it('are bounded', () => {
    const many = Array.from({ length: 1000 }, (_, sid) => ({
      ...suricata,
      raw: ET.replace('2036289', String(sid)),
    }));
    expect(made(many)?.clauses).toEqual(['50 IDS rules imported, 950 left out']);
  });

  it('are nothing for an Indicator, and when the option is off', () => {
    expect(made([suricata], indicatorContextFor('StixFile', EICAR.sha256, on))).toBeUndefined();
    expect(made([suricata], contextFor('StixFile', EICAR.sha256, FILE))).toBeUndefined();
  });
});

describe('the language of a ruleset', () => {
  it.each([
    ['Snort registered user ruleset', 'snort'],
    ['Snort community rules', 'snort'],
    ['Proofpoint Emerging Threats Open', 'suricata'],
    ['Suricata (Snort rules converted)', 'suricata'],
    [undefined, 'suricata'],
  ])('of %s is %s', (source, language) => {
    expect(idsLanguage(source)).toBe(language);
  });
});

describe('the text of an IDS rule', () => {
  it.each([
    'alert tcp [192.0.2.1, 192.0.2.2] 1024: <> !$HOME_NET [80,443] (msg:"m"; sid:1;)',
    'drop udp any any -> any 53 (msg:"m"; content:"|0a 0b|"; pcre:"/^(a|b)/R"; metadata:a b, c d; sid:1; )',
    'alert ip any any -> any any (msg:"m"; \\\n  sid:1;)',
  ])('is taken in both languages: %j', (raw) => {
    expect(idsText(raw, 'snort')).toBeDefined();
    expect(idsText(raw, 'suricata')).toBeDefined();
  });

  it.each([
    ['no options', 'alert tcp any any -> any any'],
    ['no header', '(msg:"m"; sid:1;)'],
    ['a header of Snort 3', 'alert http (msg:"m"; sid:1;)'],
    ['another arrow', 'alert tcp any any <- any any (msg:"m"; sid:1;)'],
    ['another action', 'delete tcp any any -> any any (msg:"m"; sid:1;)'],
    ['no message', 'alert tcp any any -> any any (sid:1;)'],
    ['a message without quotes', 'alert tcp any any -> any any (msg:m; sid:1;)'],
    ['a number that is none', 'alert tcp any any -> any any (msg:"m"; sid:one;)'],
    ['no end', 'alert tcp any any -> any any (msg:"m"; sid:1;'],
    ['a last option that is not closed', 'alert tcp any any -> any any (msg:"m"; sid:1)'],
    ['an option without a name', 'alert tcp any any -> any any (msg:"m"; ;sid:1;)'],
    ['an address that is none', 'alert tcp evil any -> any any (msg:"m"; sid:1;)'],
    [
      'a second line',
      'alert tcp any any -> any any (msg:"m"; sid:1;)\nalert tcp any any -> any any (sid:2;)',
    ],
    ['a NUL', 'alert tcp any any -> any any (msg:"m\0"; sid:1;)'],
  ])('is none with %s', (_, raw) => {
    expect(idsText(raw, 'snort')).toBeUndefined();
    expect(idsText(raw, 'suricata')).toBeUndefined();
  });

  it('for Snort has only what its version 2 knows', () => {
    expect(idsText(ET, 'snort')).toBeUndefined();
    expect(idsText(SNORT.replace('http_uri', 'service:http'), 'snort')).toBeUndefined();
    expect(idsText(SNORT.replace('$EXTERNAL_NET', '$DC_SERVERS'), 'snort')).toBeUndefined();
  });

  it('never fails, and takes no long time over a long one', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('snort' as const, 'suricata' as const), (raw, language) => {
        const taken = idsText(raw, language);
        expect(taken === undefined || taken.length > 0).toBe(true);
      }),
    );
    for (const raw of [' '.repeat(19_000), '\\'.repeat(19_000), ';'.repeat(19_000), '[ '.repeat(9_000)])
      expect(idsText(`alert tcp any any -> any any (msg:"m";${raw}sid:x;)`, 'suricata')).toBeUndefined();
    expect(idsText('a'.repeat(10_000_000), 'suricata')).toBeUndefined();
  });
});
