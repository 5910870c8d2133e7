import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  engineResult,
  indicatorContextFor,
  options,
  stats,
  type ContextChanges,
} from '../../test/helpers/mapping-samples.js';
import type { StixId } from '../stix/objects.js';
import { mapDomainReport } from './domain-name.js';

const DOMAIN_ID: StixId = 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7';
const context = (changes?: ContextChanges) => contextFor('Domain-Name', 'example.com', DOMAIN_ID, changes);
const record = (type: string, value: string) => ({ type, value, ttlSeconds: 300 });

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
const observed = { ...marked, x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756' };
const reference = {
  source_name: 'VirusTotal',
  description: 'VirusTotal Report',
  url: 'https://www.virustotal.com/gui/domain/example.com',
};

describe('mapDomainReport', () => {
  it('maps a malicious domain to Indicator, addresses, Notes and their relationships', () => {
    const report = domainReport({
      stats: stats({ malicious: 10, harmless: 10 }),
      results: [engineResult('Alpha', 'malicious', 'malware')],
      lastAnalysisDate: new Date('2025-08-07T07:47:58Z'),
      categories: [
        { vendor: 'Alpha', category: 'command and control' },
        { vendor: 'Beta.ai', category: 'Malicious/C2 | bots (Beta.ai)' },
      ],
      dnsRecords: [
        record('AAAA', '2606:4700:0:0::1111'),
        record('A', '1.2.3.4'),
        record('MX', 'mail.example.com'),
        record('A', '1.2.3.4'),
      ],
    });
    expect(mapDomainReport(report, context())).toEqual({
      changes: {
        score: 50,
        labels: [],
        externalReferences: [reference],
        hashes: {},
        size: undefined,
        name: undefined,
        additionalNames: [],
        killChainPhases: [],
      },
      objects: [
        {
          type: 'indicator',
          id: 'indicator--7a77fc31-d147-5d72-a862-2102ca88d002',
          ...made,
          name: 'example.com',
          description: 'VirusTotal: 10 of 20 engines call this domain malicious (threshold 10).',
          pattern: "[domain-name:value = 'example.com']",
          pattern_type: 'stix',
          valid_from: '2026-03-04T05:06:07.890Z',
          valid_until: '2026-03-06T05:06:07.890Z',
          x_opencti_score: 50,
          x_opencti_detection: true,
          x_opencti_main_observable_type: 'Domain-Name',
          external_references: [reference],
        },
        {
          type: 'ipv6-addr',
          id: 'ipv6-addr--05cedacf-c5ad-5738-a4d8-09036fa6c681',
          ...observed,
          value: '2606:4700::1111',
        },
        {
          type: 'ipv4-addr',
          id: 'ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4',
          ...observed,
          value: '1.2.3.4',
        },
        {
          type: 'note',
          id: 'note--dc5e92f2-b3e2-51f4-82aa-ef91812a4927',
          ...made,
          created: '2025-01-02T03:04:05.678Z',
          abstract: 'VirusTotal results',
          content: [
            '**VirusTotal: 10 of 20 engines call this domain malicious (10/20).**',
            '',
            '- **Looked up:** `example.com`',
            '- **Score:** 50 (percentage of malicious among malicious, harmless and undetected)',
            '- **Engines:** 10 malicious, 0 suspicious, 10 harmless, 0 undetected',
            '- **Last analysis:** 2025-08-07 07:47:58 UTC',
            '- **Retrieved:** 2026-03-04 01:02:03 UTC',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/domain/example.com>)',
            '',
            '### Engines',
            '',
            '| Engine | Verdict | Result |',
            '| --- | --- | --- |',
            '| Alpha | malicious | malware |',
          ].join('\n'),
          object_refs: [DOMAIN_ID],
        },
        {
          type: 'note',
          id: 'note--f478ddcf-b024-5031-ab67-e837333cc376',
          ...made,
          created: '2025-01-02T03:04:05.678Z',
          abstract: 'VirusTotal categories',
          content: [
            '**VirusTotal: 2 vendors categorise this domain.**',
            '',
            '- **Looked up:** `example.com`',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/domain/example.com>)',
            '',
            '| Vendor | Category |',
            '| --- | --- |',
            '| Alpha | command and control |',
            '| Beta.ai | Malicious/C2 \\| bots (Beta.ai) |',
          ].join('\n'),
          object_refs: [DOMAIN_ID],
        },
        {
          type: 'relationship',
          id: 'relationship--9e8c861d-606b-5d1c-a8a5-1d4ed4241280',
          ...made,
          relationship_type: 'based-on',
          source_ref: 'indicator--7a77fc31-d147-5d72-a862-2102ca88d002',
          target_ref: DOMAIN_ID,
        },
        {
          type: 'relationship',
          id: 'relationship--e916a65e-0303-575e-9a08-a7fa28737c9e',
          ...made,
          relationship_type: 'resolves-to',
          source_ref: DOMAIN_ID,
          target_ref: 'ipv6-addr--05cedacf-c5ad-5738-a4d8-09036fa6c681',
        },
        {
          type: 'relationship',
          id: 'relationship--155cb436-db54-57c9-b6d6-ec46d2fb81af',
          ...made,
          relationship_type: 'resolves-to',
          source_ref: DOMAIN_ID,
          target_ref: 'ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4',
        },
      ],
      summary: {
        observable: { type: 'Domain-Name', value: 'example.com' },
        detection: { malicious: 10, engines: 20 },
        score: 50,
        indicatorCreated: true,
        yaraRules: 0,
        yaraRulesLeftOut: 0,
        notes: 2,
        relationships: 3,
        clauses: [],
      },
    });
  });

  it('maps a hostname with its own pattern type', () => {
    const id: StixId = 'hostname--3b96539c-807f-59c9-b4df-fe1865757b1e';
    const report = domainReport({
      id: 'www.example.com',
      stats: stats({ malicious: 10 }),
      dnsRecords: [record('A', '1.2.3.4')],
    });
    const { objects } = mapDomainReport(report, contextFor('Hostname', 'www.example.com', id));
    expect(objects).toEqual([
      expect.objectContaining({
        id: 'indicator--77852862-3816-55c1-9228-cdfd5e8eebf3',
        description: 'VirusTotal: 10 of 10 engines call this hostname malicious (threshold 10).',
        pattern: "[hostname:value = 'www.example.com']",
        x_opencti_main_observable_type: 'Hostname',
      }),
      expect.objectContaining({ type: 'ipv4-addr', value: '1.2.3.4' }),
      expect.objectContaining({ id: 'note--e617f707-db04-59ca-9d0e-516416f07fdd' }),
      expect.objectContaining({ id: 'relationship--0e672de9-78b6-5e55-80c8-ed23828c2341' }),
      expect.objectContaining({ id: 'relationship--99898246-4afc-593c-8124-cc6849a443e8' }),
    ]);
  });

  it.each([
    ['A', 'example.com'],
    ['A', '2606:4700::1111'],
    ['A', '1.2.3'],
    ['A', '1.2.3.256'],
    ['A', '0300.2.3.1'],
    ['A', '16909060'],
    ['A', '1.2.3.1; DROP'],
    ['AAAA', '1.2.3.1'],
    ['AAAA', 'fe80::1%eth0'],
    ['AAAA', '2606:4700::1111::2'],
    ['AAAA', ''],
    ['A', '0.0.0.0'],
    ['A', '10.0.0.1'],
    ['A', '100.64.0.1'],
    ['A', '127.0.0.1'],
    ['A', '169.254.169.254'],
    ['A', '192.0.2.1'],
    ['A', '192.168.1.1'],
    ['A', '224.0.0.1'],
    ['A', '255.255.255.255'],
    ['AAAA', '::'],
    ['AAAA', '::1'],
    ['AAAA', '::ffff:1.2.3.4'],
    ['AAAA', '2001:db8::1'],
    ['AAAA', 'fd00::1'],
    ['AAAA', 'fe80::1'],
    ['CNAME', '1.2.3.1'],
    ['TXT', '1.2.3.1'],
  ])('makes no address of a record %s %s', (type, value) => {
    const { objects } = mapDomainReport(domainReport({ dnsRecords: [record(type, value)] }), context());
    expect(objects.map((object) => object.type)).toEqual(['note']);
  });

  it('still shows the records that point nowhere among the attributes', () => {
    const { objects } = mapDomainReport(
      domainReport({ dnsRecords: [record('A', '127.0.0.1')] }),
      context({ options: { includeAttributesInNote: true } }),
    );
    expect(objects.map(({ type }) => type)).toEqual(['note']);
    expect(objects[0]?.content).toContain('| DNS records | `A 127.0.0.1` |');
  });

  it('takes two spellings of an address for one', () => {
    const dnsRecords = ['2606:4700::1111', '2606:4700::1111', '2606:4700:0000::1111'].map((value) =>
      record('AAAA', value),
    );
    const { objects } = mapDomainReport(domainReport({ dnsRecords }), context());
    expect(objects.filter(({ type }) => type === 'ipv6-addr')).toHaveLength(1);
  });

  it('puts no score on the addresses', () => {
    const report = domainReport({
      stats: stats({ malicious: 60 }),
      dnsRecords: [record('A', '1.2.3.4')],
    });
    const address = mapDomainReport(report, context()).objects.find(({ type }) => type === 'ipv4-addr');
    expect(Object.keys(address!)).toEqual([
      'type',
      'id',
      'spec_version',
      'object_marking_refs',
      'x_opencti_created_by_ref',
      'value',
    ]);
  });

  it('stops at 100 addresses', () => {
    const dnsRecords = Array.from({ length: 250 }, (_, index) => record('A', `1.2.3.${index}`));
    const { objects, summary } = mapDomainReport(domainReport({ dnsRecords }), context());
    expect(objects.filter(({ type }) => type === 'ipv4-addr')).toHaveLength(100);
    expect(summary.relationships).toBe(100);
  });

  it('adds no addresses when the option is off', () => {
    const { objects } = mapDomainReport(
      domainReport({ dnsRecords: [record('A', '1.2.3.4')] }),
      context({ options: { domain: { ...options.domain, addRelationships: false } } }),
    );
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });

  it('hangs the addresses on the domain itself when an Indicator is enriched', () => {
    const report = domainReport({
      stats: stats({ malicious: 60 }),
      dnsRecords: [record('A', '1.2.3.4')],
      categories: [{ vendor: 'Alpha', category: 'phishing' }],
    });
    const { objects } = mapDomainReport(report, indicatorContextFor('Domain-Name', 'example.com'));
    expect(objects).toEqual([
      { type: 'domain-name', id: DOMAIN_ID, ...observed, value: 'example.com' },
      expect.objectContaining({ type: 'ipv4-addr' }),
      expect.objectContaining({ id: 'note--cf5218ea-7f13-54a3-b8e3-1a8948f78123' }),
      expect.objectContaining({
        abstract: 'VirusTotal categories: example.com',
        object_refs: ['indicator--e49c6d75-277b-528f-8f47-40f2a7557c51'],
      }),
      expect.objectContaining({
        id: 'relationship--46130dad-222e-5516-b17b-7ee5050082fc',
        relationship_type: 'based-on',
      }),
      expect.objectContaining({
        id: 'relationship--155cb436-db54-57c9-b6d6-ec46d2fb81af',
        relationship_type: 'resolves-to',
        source_ref: DOMAIN_ID,
      }),
    ]);
  });

  it('shows the attributes when the option is on', () => {
    const report = domainReport({
      registrar: 'Example <Registrar>',
      creationDate: new Date('1995-08-14T04:00:00Z'),
      dnsRecords: [record('TXT', '"v=spf1 | -all" `x`'), record('A', '1.2.3.4')],
      popularityRanks: [{ source: 'Example Rank', rank: 5 }],
    });
    const { objects } = mapDomainReport(
      report,
      context({
        options: { includeAttributesInNote: true, domain: { ...options.domain, addRelationships: false } },
      }),
    );
    const lines = String(objects[0]?.content).split('\n');
    expect(lines.slice(10, 18)).toEqual([
      '| Attribute | Value |',
      '| --- | --- |',
      '| Registrar | Example &lt;Registrar&gt; |',
      '| Creation date | 1995-08-14 04:00:00 UTC |',
      '| Last update | N/A |',
      '| Expiration date | N/A |',
      '| DNS records | `TXT "v=spf1 %7C -all" %60x%60`, `A 1.2.3.4` |',
      '| DNS records date | N/A |',
    ]);
    expect(lines[18]).toBe('| Popularity ranks | Example Rank: 5 |');
  });
});
