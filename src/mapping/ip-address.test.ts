import { describe, expect, it } from 'vitest';
import {
  contextFor,
  engineResult,
  indicatorContextFor,
  ipAddressReport,
  options,
  stats,
  type ContextChanges,
} from '../../test/helpers/mapping-samples.js';
import type { StixId } from '../stix/objects.js';
import { mapIpAddressReport } from './ip-address.js';

const ADDRESS_ID: StixId = 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4';
const context = (changes?: ContextChanges) => contextFor('IPv4-Addr', '198.51.100.3', ADDRESS_ID, changes);

const marked = {
  spec_version: '2.1',
  object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
};
const made = {
  ...marked,
  created: '2026-03-04T05:06:07.890Z',
  modified: '2026-03-04T05:06:07.890Z',
  created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
};

describe('mapIpAddressReport', () => {
  it('maps a malicious address to Indicator, autonomous system, country, Note and their relationships', () => {
    const report = ipAddressReport({
      stats: stats({ malicious: 12, suspicious: 1, harmless: 50, undetected: 30, timeout: 1 }),
      results: [
        engineResult('zeta', 'malicious', 'phishing'),
        engineResult('Unsure', 'undetected', 'unrated'),
        engineResult('Alpha|Pipe', 'malicious', 'malware'),
        engineResult('Gamma', 'timeout'),
        engineResult('Beta', 'suspicious', 'spam'),
        engineResult('Delta', 'harmless', 'clean'),
      ],
      lastAnalysisDate: new Date('2025-08-07T07:47:58Z'),
      asn: 13335,
      asOwner: 'EXAMPLE-NET',
      registry: 'RIPE NCC',
      country: 'us',
    });
    expect(mapIpAddressReport(report, context())).toEqual({
      changes: {
        score: 13,
        labels: [],
        externalReferences: [
          {
            source_name: 'VirusTotal',
            description: 'VirusTotal Report',
            url: 'https://www.virustotal.com/gui/ip-address/198.51.100.3',
          },
        ],
        hashes: {},
        size: undefined,
        name: undefined,
        additionalNames: [],
        killChainPhases: [],
      },
      objects: [
        {
          type: 'indicator',
          id: 'indicator--ed995101-8e77-5431-836d-feb4296682d4',
          ...made,
          name: '198.51.100.3',
          description: 'VirusTotal: 12 of 93 engines call this IP address malicious (threshold 10).',
          pattern: "[ipv4-addr:value = '198.51.100.3']",
          pattern_type: 'stix',
          valid_from: '2026-03-04T05:06:07.890Z',
          valid_until: '2026-03-06T05:06:07.890Z',
          x_opencti_score: 13,
          x_opencti_detection: true,
          x_opencti_main_observable_type: 'IPv4-Addr',
          external_references: [
            {
              source_name: 'VirusTotal',
              description: 'VirusTotal Report',
              url: 'https://www.virustotal.com/gui/ip-address/198.51.100.3',
            },
          ],
        },
        {
          type: 'autonomous-system',
          id: 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc',
          ...marked,
          x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
          number: 13335,
          name: 'EXAMPLE-NET',
          rir: 'RIPE NCC',
        },
        {
          type: 'location',
          id: 'location--1ff17ffc-2cdc-5be5-931c-a3fb392dc43c',
          ...made,
          name: 'US',
          country: 'US',
          x_opencti_location_type: 'Country',
        },
        {
          type: 'note',
          id: 'note--291ad3d3-dc60-5827-8d9c-e77670b58f39',
          ...made,
          created: '2025-01-02T03:04:05.678Z',
          abstract: 'VirusTotal results',
          content: [
            '**VirusTotal: 12 of 93 engines call this IP address malicious (12/93).**',
            '',
            '- **Looked up:** `198.51.100.3`',
            '- **Score:** 13 (percentage of malicious among malicious, harmless and undetected)',
            '- **Engines:** 12 malicious, 1 suspicious, 50 harmless, 30 undetected; 1 without a verdict (timeout, failure, unsupported type)',
            '- **Last analysis:** 2025-08-07 07:47:58 UTC',
            '- **Retrieved:** 2026-03-04 01:02:03 UTC',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/ip-address/198.51.100.3>)',
            '',
            '### Engines',
            '',
            '| Engine | Verdict | Result |',
            '| --- | --- | --- |',
            '| Alpha\\|Pipe | malicious | malware |',
            '| zeta | malicious | phishing |',
            '| Beta | suspicious | spam |',
            '| Delta | harmless | clean |',
            '| Unsure | undetected | unrated |',
            '| Gamma | timeout | N/A |',
          ].join('\n'),
          object_refs: [ADDRESS_ID],
        },
        {
          type: 'relationship',
          id: 'relationship--b648da74-388f-5035-b0e5-c7032b4e63d1',
          ...made,
          relationship_type: 'based-on',
          source_ref: 'indicator--ed995101-8e77-5431-836d-feb4296682d4',
          target_ref: ADDRESS_ID,
        },
        {
          type: 'relationship',
          id: 'relationship--5e6b6393-2d4e-5c6b-b52e-761b60c4cd42',
          ...made,
          relationship_type: 'belongs-to',
          source_ref: ADDRESS_ID,
          target_ref: 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc',
        },
        {
          type: 'relationship',
          id: 'relationship--67168330-7912-521c-a883-4cd4a131397f',
          ...made,
          relationship_type: 'located-at',
          source_ref: ADDRESS_ID,
          target_ref: 'location--1ff17ffc-2cdc-5be5-931c-a3fb392dc43c',
        },
      ],
      summary: {
        observable: { type: 'IPv4-Addr', value: '198.51.100.3' },
        detection: { malicious: 12, engines: 93 },
        score: 13,
        indicatorCreated: true,
        yaraRules: 0,
        yaraRulesLeftOut: 0,
        notes: 1,
        relationships: 3,
        clauses: [],
      },
    });
  });

  it('maps an IPv6 address alike', () => {
    const id: StixId = 'ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26';
    const report = ipAddressReport({
      id: '2001:db8::1',
      stats: stats({ malicious: 20, harmless: 20 }),
      asn: 13335,
      country: 'DE',
    });
    const { objects, changes } = mapIpAddressReport(report, contextFor('IPv6-Addr', '2001:db8::1', id));
    expect(objects.map(({ type }) => type)).toEqual([
      'indicator',
      'autonomous-system',
      'location',
      'note',
      'relationship',
      'relationship',
      'relationship',
    ]);
    expect(objects[0]).toMatchObject({
      pattern: "[ipv6-addr:value = '2001:db8::1']",
      x_opencti_main_observable_type: 'IPv6-Addr',
    });
    expect(objects[5]).toMatchObject({ relationship_type: 'belongs-to', source_ref: id });
    expect(changes.externalReferences[0]?.url).toBe('https://www.virustotal.com/gui/ip-address/2001:db8::1');
  });

  it('says in the first line of the Note that nothing was found', () => {
    const { objects, summary } = mapIpAddressReport(
      ipAddressReport({ stats: stats({ harmless: 60, undetected: 30 }) }),
      context(),
    );
    expect(objects).toHaveLength(1);
    expect(objects[0]).toMatchObject({ type: 'note' });
    expect(String(objects[0]?.content).split('\n')[0]).toBe(
      '**VirusTotal: none of 90 engines call this IP address malicious (0/90).**',
    );
    expect(summary).toMatchObject({ indicatorCreated: false, score: 0, notes: 1, relationships: 0 });
  });

  it('says that an address was never analysed, and leaves its score alone', () => {
    const { objects, changes, summary } = mapIpAddressReport(
      ipAddressReport(),
      context({ subject: { score: 70 } }),
    );
    expect(changes.score).toBeUndefined();
    expect(summary.detection).toBeUndefined();
    expect(objects.map((object) => object.content)).toEqual([
      [
        '**VirusTotal: this IP address is known but has never been analysed.**',
        '',
        '- **Looked up:** `198.51.100.3`',
        '- **Score:** none, because there is no verdict',
        '- **Last analysis:** N/A',
        '- **Retrieved:** 2026-03-04 01:02:03 UTC',
        '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/ip-address/198.51.100.3>)',
      ].join('\n'),
    ]);
  });

  it('keeps the higher score when it is not to be replaced, and says so in the Note', () => {
    const { objects, changes } = mapIpAddressReport(
      ipAddressReport({ stats: stats({ malicious: 12, harmless: 88 }) }),
      context({ subject: { score: 80 }, options: { replaceWithLowerScore: false } }),
    );
    expect(changes.score).toBeUndefined();
    expect(objects[0]).toMatchObject({ type: 'indicator', x_opencti_score: 12 });
    expect(String(objects[1]?.content).split('\n')[4]).toBe(
      "- **Score kept:** this IP address keeps its score of 80, because VirusTotal's score of 12 is lower",
    );
  });

  it('says of one value of an Indicator only that its score does not replace the higher one', () => {
    const { objects } = mapIpAddressReport(
      ipAddressReport({ stats: stats({ malicious: 12, harmless: 88 }) }),
      indicatorContextFor('IPv4-Addr', '198.51.100.3', {
        subject: { score: 80 },
        options: { replaceWithLowerScore: false },
      }),
    );
    expect(String(objects.find(({ type }) => type === 'note')?.content).split('\n')[4]).toBe(
      "- **Score kept:** VirusTotal's score of 12 for this value does not replace the Indicator's score of 80, which is higher",
    );
  });

  it('keeps the higher score over a threat score too', () => {
    const gti = {
      verdict: 'VERDICT_UNDETECTED',
      severity: 'SEVERITY_NONE',
      threatScore: 1,
      description: 'Nothing <b>known</b>',
    };
    const { objects, changes } = mapIpAddressReport(
      ipAddressReport({ gti }),
      context({ subject: { score: 2 }, options: { replaceWithLowerScore: false } }),
    );
    expect(changes.score).toBeUndefined();
    const lines = String(objects[0]?.content).split('\n');
    expect(lines[3]).toBe('- **Score:** 1 (threat score of Google Threat Intelligence)');
    expect(lines[5]).toBe(
      '- **Google Threat Intelligence:** VERDICT\\_UNDETECTED; SEVERITY\\_NONE; Nothing &lt;b&gt;known&lt;/b&gt;',
    );
  });

  it.each([
    ['the number is missing', undefined],
    ['the number is 0', 0],
    ['the number is negative', -1],
    ['the number is a fraction', 1.5],
    ['the number does not fit the platform', 2_147_483_648],
  ])('makes no autonomous system when %s', (_, asn) => {
    const { objects } = mapIpAddressReport(ipAddressReport({ asn, asOwner: 'EXAMPLE' }), context());
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });

  it('makes an autonomous system without name or registry, up to the greatest number', () => {
    const { objects } = mapIpAddressReport(
      ipAddressReport({ asn: 2_147_483_647, asOwner: '\u0000' }),
      context(),
    );
    expect(objects[0]).toMatchObject({ type: 'autonomous-system', number: 2_147_483_647 });
    expect(objects[0]).not.toHaveProperty('name');
    expect(objects[0]).not.toHaveProperty('rir');
  });

  it.each(['', 'USA', 'U', '12', 'U S', 'Ü1'])('makes no country of %j', (country) => {
    const { objects } = mapIpAddressReport(ipAddressReport({ country }), context());
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });

  it('adds no relationships when the option is off', () => {
    const { objects } = mapIpAddressReport(
      ipAddressReport({ asn: 13335, country: 'US' }),
      context({ options: { ip: { ...options.ip, addRelationships: false } } }),
    );
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });

  it('shows the attributes when the option is on, zero as a value and what is absent as N/A', () => {
    const report = ipAddressReport({
      asn: 13335,
      reputation: 0,
      votes: { harmless: 0, malicious: 3 },
      network: '198.51.100.0/24',
      tags: ['vpn', 'a|b'],
    });
    const { objects } = mapIpAddressReport(
      report,
      context({ options: { includeAttributesInNote: true, ip: { ...options.ip, addRelationships: false } } }),
    );
    expect(String(objects[0]?.content).split('\n').slice(8)).toEqual([
      '### Attributes',
      '',
      '| Attribute | Value |',
      '| --- | --- |',
      '| Network | `198.51.100.0/24` |',
      '| AS number | 13335 |',
      '| AS owner | N/A |',
      '| Country | N/A |',
      '| Continent | N/A |',
      '| Regional Internet registry | N/A |',
      '| JARM | N/A |',
      '| WHOIS date | N/A |',
      '| Tags | vpn, a\\|b |',
      '| Community reputation | 0 |',
      '| Community votes | 3 malicious, 0 harmless |',
      '| Last modification | N/A |',
    ]);
  });

  it('hangs the relationships on the observable itself when an Indicator is enriched', () => {
    const report = ipAddressReport({ stats: stats({ malicious: 50, harmless: 50 }), asn: 13335 });
    const { objects, summary } = mapIpAddressReport(report, indicatorContextFor('IPv4-Addr', '198.51.100.3'));
    expect(summary.indicatorCreated).toBe(false);
    expect(objects).toEqual([
      {
        type: 'ipv4-addr',
        id: ADDRESS_ID,
        ...marked,
        x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
        value: '198.51.100.3',
      },
      expect.objectContaining({ type: 'autonomous-system', number: 13335 }),
      expect.objectContaining({
        type: 'note',
        id: 'note--84768b57-bc1c-5530-8d85-03a3a9874047',
        abstract: 'VirusTotal results: 198.51.100.3',
        object_refs: ['indicator--e49c6d75-277b-528f-8f47-40f2a7557c51'],
      }),
      {
        type: 'relationship',
        id: 'relationship--3ec0fed0-7a1e-5b98-915b-45a2b474f824',
        ...made,
        relationship_type: 'based-on',
        source_ref: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
        target_ref: ADDRESS_ID,
      },
      {
        type: 'relationship',
        id: 'relationship--5e6b6393-2d4e-5c6b-b52e-761b60c4cd42',
        ...made,
        relationship_type: 'belongs-to',
        source_ref: ADDRESS_ID,
        target_ref: 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc',
      },
    ]);
  });

  it('does not create the observable of an Indicator when nothing hangs on it', () => {
    const { objects } = mapIpAddressReport(
      ipAddressReport(),
      indicatorContextFor('IPv4-Addr', '198.51.100.3'),
    );
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });
});
