import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  ipAddressReport,
  plainOptions,
} from '../../../test/helpers/mapping-samples.js';
import type { Whois } from '../../virustotal/schema-intelligence.js';
import { noExtras } from '../contribution.js';
import { readVerdict } from '../score.js';
import { isMassDnsProvider } from './dns-providers.js';
import { whois } from './whois.js';

const DOMAIN = 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7';
const ADDRESS = 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc';
const on = { options: { network: { ...plainOptions.network, whois: true } } };

const record: Whois = {
  registrar: 'Example Registrar, Inc.',
  organization: 'Evil Holdings B.V.',
  emails: ['someone@evil.example.org'],
  abuseContacts: ['abuse@registrar.example.org'],
  nameServers: ['ns1.evil.example.org', 'ada.ns.cloudflare.com', 'ns-1780.awsdns-30.co.uk'],
  createdAt: new Date('2024-01-31'),
  updatedAt: undefined,
  expiresAt: new Date('2027-01-31'),
  statuses: ['clientHold'],
  netName: undefined,
  netRange: undefined,
  country: 'NL',
};

function ofDomain(changes: Partial<Whois> = {}) {
  const report = domainReport({ whois: { ...record, ...changes }, whoisDate: new Date('2026-01-01') });
  const context = contextFor('Domain-Name', 'example.com', DOMAIN, on);
  return whois({ report, verdict: readVerdict(report), context, extras: noExtras });
}

describe('WHOIS of a domain', () => {
  it('relates the registrant, the e-mail address and own name servers', () => {
    const objects = ofDomain()?.objects ?? [];
    expect(objects.filter(({ type }) => type !== 'relationship')).toEqual([
      {
        type: 'identity',
        id: 'identity--6b8a6e67-b488-57ce-b1aa-81718918a9e1',
        spec_version: '2.1',
        created: '2026-03-04T05:06:07.890Z',
        modified: '2026-03-04T05:06:07.890Z',
        created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
        object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
        name: 'Evil Holdings B.V.',
        identity_class: 'organization',
      },
      expect.objectContaining({ type: 'email-addr', value: 'someone@evil.example.org' }),
      expect.objectContaining({ type: 'domain-name', value: 'ns1.evil.example.org' }),
    ]);
    expect(
      objects
        .filter(({ type }) => type === 'relationship')
        .map(({ relationship_type, source_ref, description }) => [
          relationship_type,
          source_ref,
          description,
        ]),
    ).toEqual([
      ['related-to', DOMAIN, 'Registrant (WHOIS)'],
      ['related-to', DOMAIN, 'E-mail address of the registrant (WHOIS)'],
      ['related-to', DOMAIN, 'Name server (WHOIS)'],
    ]);
  });

  it('is in the Note as a whole', () => {
    expect(ofDomain()?.sections).toEqual([
      {
        title: 'WHOIS',
        lines: [
          '- **Registrar:** Example Registrar, Inc.',
          '- **Registrant:** Evil Holdings B.V.',
          '- **E-mail addresses:** `someone@evil.example.org`',
          '- **Country:** NL',
          '- **Registered:** 2024-01-31 00:00:00 UTC',
          '- **Expires:** 2027-01-31 00:00:00 UTC',
          '- **Name servers:** `ns1.evil.example.org`, `ada.ns.cloudflare.com`, `ns-1780.awsdns-30.co.uk`',
          '- **States:** clientHold',
          '- **Abuse contacts:** `abuse@registrar.example.org`',
          '- **As of:** 2026-01-01 00:00:00 UTC',
        ],
      },
    ]);
  });

  it('has the registrar and dates of the report where there is no record', () => {
    const report = domainReport({ registrar: 'A [link](x)', creationDate: new Date('2020-01-01') });
    const context = contextFor('Domain-Name', 'example.com', DOMAIN, on);
    expect(whois({ report, verdict: readVerdict(report), context, extras: noExtras })).toEqual({
      objects: [],
      sections: [
        {
          title: 'WHOIS',
          lines: [
            '- **Registrar:** A \\[link\\](x)',
            '- **Registered:** 2020-01-01 00:00:00 UTC',
            '- **As of:** N/A',
          ],
        },
      ],
    });
  });

  it('adds a bounded number of objects, and no organisation without a name', () => {
    const nameServers = Array.from({ length: 20 }, (_, index) => `ns${index}.evil.example.org`);
    const emails = Array.from({ length: 20 }, (_, index) => `a${index}@evil.example.org`);
    const types = ofDomain({ nameServers, emails, organization: '\u202e\0x' })?.objects?.map(
      ({ type }) => type,
    );
    expect(types?.filter((type) => type === 'domain-name')).toHaveLength(8);
    expect(types?.filter((type) => type === 'email-addr')).toHaveLength(5);
    expect(types).not.toContain('identity');
  });
});

describe('WHOIS of an address', () => {
  const report = ipAddressReport({ whois: { ...record, emails: [], nameServers: [], netName: 'EVIL-NET' } });

  it('says to whom the address belongs', () => {
    const context = contextFor('IPv4-Addr', '1.1.1.1', ADDRESS, on);
    const made = whois({ report, verdict: readVerdict(report), context, extras: noExtras });
    expect(made?.objects?.map(({ type, relationship_type }) => relationship_type ?? type)).toEqual([
      'identity',
      'belongs-to',
    ]);
    expect(made?.sections?.[0]?.lines.slice(0, 4)).toEqual([
      '- **Registrar:** Example Registrar, Inc.',
      '- **Holder:** Evil Holdings B.V.',
      '- **Country:** NL',
      '- **Network name:** EVIL-NET',
    ]);
  });

  it('is left out with the option off', () => {
    const context = contextFor('IPv4-Addr', '1.1.1.1', ADDRESS);
    expect(whois({ report, verdict: readVerdict(report), context, extras: noExtras })).toBeUndefined();
  });
});

describe('providers of name servers', () => {
  it.each([
    ['ada.ns.cloudflare.com', true],
    ['ns-1780.awsdns-30.co.uk', true],
    ['ns1-04.azure-dns.com', true],
    ['ns1.evilcloudflare.com', false],
    ['cloudflare.com.evil.example.org', false],
  ])('%s: %s', (host, expected) => {
    expect(isMassDnsProvider(host)).toBe(expected);
  });
});
