import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWhois } from './parse-whois.js';
import type { Whois } from './schema-intelligence.js';

const nothing: Whois = {
  registrar: undefined,
  organization: undefined,
  emails: [],
  abuseContacts: [],
  nameServers: [],
  createdAt: undefined,
  updatedAt: undefined,
  expiresAt: undefined,
  statuses: [],
  netName: undefined,
  netRange: undefined,
  country: undefined,
};

describe('the record of a domain', () => {
  it('gives registrar, registrant, dates, name servers, states and addresses', () => {
    const text = [
      'Creation Date: 2024-01-31T10:20:30Z',
      'Creation Date: 2024-02-01T00:00:00+0000',
      'DNSSEC: unsigned',
      'Domain Name: evil.example.org',
      'Domain Status: clientHold https://icann.org/epp#clientHold',
      'Domain Status: clientHold https://icann.org/epp#clientHold',
      'Name Server: NS1.Evil.Example.Org.',
      'Name Server: ns2.evil.example.org 192.0.2.1',
      'Registrant Country: NL',
      'Registrant Email: Someone@Evil.Example.Org',
      'Registrant Organization: Evil Holdings B.V.',
      'Registrar: Example Registrar, Inc.',
      'Registrar Abuse Contact Email: abuse@registrar.example.org',
      'Registry Expiry Date: 2027-01-31T10:20:30.000Z',
      'Updated Date: 31-Jan-2025',
    ].join('\r\n');
    expect(parseWhois(text)).toEqual({
      ...nothing,
      registrar: 'Example Registrar, Inc.',
      organization: 'Evil Holdings B.V.',
      emails: ['someone@evil.example.org'],
      abuseContacts: ['abuse@registrar.example.org'],
      nameServers: ['ns1.evil.example.org', 'ns2.evil.example.org'],
      createdAt: new Date('2024-01-31T10:20:30Z'),
      updatedAt: new Date('2025-01-31T00:00:00Z'),
      expiresAt: new Date('2027-01-31T10:20:30Z'),
      statuses: ['clientHold'],
      country: 'NL',
    });
  });

  it.each([
    'REDACTED FOR PRIVACY',
    'Domains By Proxy, LLC',
    'Withheld for Privacy ehf',
    'Data Protected',
    'Statutory Masking Enabled',
    'Not Disclosed',
    'See PrivacyGuardian.org',
    'Whois Agent',
    'Private by Design, LLC',
    'Registration Private',
    'Identity Protection Service',
    'unknown',
    'N/A',
    '-',
    '3432650ec337c945',
  ])('leaves the registrant %s out', (registrant) => {
    expect(parseWhois(`Registrant Organization: ${registrant}\nRegistrar: Example`)).toEqual({
      ...nothing,
      registrar: 'Example',
    });
  });

  it.each([
    '3432650ec337c945s@example.org',
    'contact@privacyguardian.example.org',
    'demo.example.com@domainsbyproxy.com',
    '12345678@withheldforprivacy.com',
    'demo@whoisguard.example.org',
    'owner@identity-protect.org',
    'no address',
    'a@localhost',
    'a b@example.org',
  ])('leaves the address %s out', (email) => {
    expect(parseWhois(`Registrant Email: ${email}`)).toBeUndefined();
  });

  it.each([
    'Tata Communications Private Limited',
    'Demonstration (Private) Limited',
    'Example Private Bank',
    'Environmental Protection Agency',
    'Maskell & Sons',
    'Hidden Valley Foods',
    'Proxymity Ltd',
  ])('keeps the registrant %s', (registrant) => {
    expect(parseWhois(`Registrant Organization: ${registrant}`)?.organization).toBe(registrant);
  });

  it('keeps addresses and name servers that only sound hidden', () => {
    const text =
      'Registrant Email: abuse@privatebank.example.org\nName Server: ns1.maskattack.example.org\n' +
      'Name Server: ns1.privacy.example.org\nRegistrar Abuse Contact Email: abuse@proxy.example.org\n' +
      'Registrant Country: REDACTED FOR PRIVACY';
    expect(parseWhois(text)).toEqual({
      ...nothing,
      emails: ['abuse@privatebank.example.org'],
      nameServers: ['ns1.maskattack.example.org', 'ns1.privacy.example.org'],
      abuseContacts: ['abuse@proxy.example.org'],
    });
  });

  it('prefers what is said of the registrant, wherever it stands', () => {
    const text =
      'Organization: Of the administrator\nCountry: DE\nRegistrant Organization: Evil Ltd\nRegistrant Country: NL';
    expect(parseWhois(text)).toMatchObject({ organization: 'Evil Ltd', country: 'NL' });
  });

  it.each([
    ['2024.01.31', '2024-01-31'],
    ['2024/01/31', '2024-01-31'],
    ['20240131', '2024-01-31'],
    ['2024-01-31 10:20:30', '2024-01-31'],
    ['2024-01-31T23:00:00+0900', '2024-01-31'],
  ])('reads the day of %s', (text, day) => {
    expect(parseWhois(`created: ${text}`)?.createdAt).toEqual(new Date(day));
  });

  it.each(['2024-02-31', '202401311', 'yesterday', '0000-00-00', '31-Foo-2024'])(
    'reads no date in %s',
    (text) => {
      expect(parseWhois(`created: ${text}`)).toBeUndefined();
    },
  );

  it('takes the first date that can be read', () => {
    expect(parseWhois('created: soon\ncreated: 2024-01-31')?.createdAt).toEqual(new Date('2024-01-31'));
  });
});

describe('the record of a network', () => {
  it('gives range, name, holder, country and where abuse is reported', () => {
    const text =
      'NetRange: 8.8.8.0 - 8.8.8.255\nCIDR: 8.8.8.0/24\nNetName: GOGL\nOrgName: Google LLC\nCountry: US\n' +
      'RegDate: 2014-03-14\nOrgAbuseEmail: network-abuse@google.com\n';
    expect(parseWhois(text)).toEqual({
      ...nothing,
      netRange: '8.8.8.0 - 8.8.8.255',
      netName: 'GOGL',
      organization: 'Google LLC',
      country: 'US',
      createdAt: new Date('2014-03-14'),
      abuseContacts: ['network-abuse@google.com'],
    });
  });
});

describe('the record of a network of a registry that has handles', () => {
  it('gives the name of the organisation and not its handle, and the facts of the network', () => {
    const text = [
      'inetnum: 198.51.100.0 - 198.51.100.255',
      'netname: UK-DEMONET-20140505',
      'country: US',
      'org: ORG-DL311-RIPE',
      'status: ALLOCATED PA',
      'created: 2021-12-09T15:30:26Z',
      'last-modified: 2021-12-09T21:13:04Z',
      'source: RIPE',
      'organisation: ORG-DL311-RIPE',
      'org-name: DEMONET LTD',
      'country: GB',
      'created: 2021-08-13T09:11:59Z',
      'role: Admin',
    ].join('\n');
    expect(parseWhois(text)).toEqual({
      ...nothing,
      netRange: '198.51.100.0 - 198.51.100.255',
      netName: 'UK-DEMONET-20140505',
      organization: 'DEMONET LTD',
      country: 'US',
      statuses: ['ALLOCATED'],
      createdAt: new Date('2021-12-09T15:30:26Z'),
      updatedAt: new Date('2021-12-09T21:13:04Z'),
    });
  });

  it.each(['ORG-XX1-AP', 'ORG-AFNC1-AFRINIC', 'ORG-DL311-RIPE'])('has no organisation in %s', (handle) => {
    expect(parseWhois(`organisation: ${handle}\nnetname: X`)).toEqual({ ...nothing, netName: 'X' });
  });
});

describe('the record of a network within another', () => {
  const outer =
    'NetRange: 203.0.0.0 - 203.127.255.255\nNetName: OUTER\nOrganization: Outer Parent, LLC (OPL-141)\n' +
    'RegDate: 1992-12-01\nOrgName: Outer Parent, LLC\nCountry: US\nOrgAbuseEmail: abuse@outer.example.org\n';

  it('is that of the inner one, which comes last', () => {
    const inner =
      'NetRange: 203.0.113.0 - 203.0.113.255\nNetName: INNER\nOrganization: Inner LLC (INNR)\n' +
      'RegDate: 2014-03-14\nOrgName: Inner LLC\nCountry: NL\nOrgAbuseEmail: abuse@inner.example.org\n';
    expect(parseWhois(outer + inner)).toEqual({
      ...nothing,
      netRange: '203.0.113.0 - 203.0.113.255',
      netName: 'INNER',
      organization: 'Inner LLC',
      country: 'NL',
      createdAt: new Date('2014-03-14'),
      abuseContacts: ['abuse@inner.example.org'],
    });
  });

  it('has the same holder, whichever line tells it', () => {
    const holder = (text: string) =>
      parseWhois(`NetRange: 203.0.113.0 - 203.0.113.255\n${text}`)?.organization;
    expect([
      holder('Organization: Inner LLC (INNR-141)\nOrgName: Inner LLC'),
      holder('Organization: Inner LLC (INNR-141)'),
      parseWhois('Organization: Example Holdings (UK)')?.organization,
    ]).toEqual(['Inner LLC', 'Inner LLC', 'Example Holdings (UK)']);
  });

  it('does not begin where the range is said again', () => {
    expect(parseWhois(`${outer}NetRange: 203.0.0.0 - 203.127.255.255\n`)?.netName).toBe('OUTER');
  });
});

describe('text that is no record', () => {
  it.each([undefined, null, 17, {}, '', '% no match', ':', 'constructor: x', '__proto__: x'])(
    'gives nothing: %s',
    (value) => {
      expect(parseWhois(value)).toBeUndefined();
    },
  );

  it('reads any text, with every list and text bounded', () => {
    const line = fc.tuple(
      fc.constantFrom(
        'Registrar',
        'Registrant Email',
        'Name Server',
        'created',
        'Domain Status',
        'Organization',
        'x',
      ),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.domain(),
        fc.emailAddress(),
        fc.string({ minLength: 300, maxLength: 900 }),
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), fc.string({ unit: 'binary' }), (lines, junk) => {
        const record = parseWhois(lines.map(([key, value]) => `${key}: ${value}\n`).join(junk));
        const { emails, abuseContacts, nameServers, statuses, registrar, organization } = record ?? nothing;
        for (const list of [emails, abuseContacts, nameServers, statuses]) {
          expect(list.length).toBeLessThanOrEqual(20);
          for (const entry of list) expect(entry.length).toBeLessThanOrEqual(320);
        }
        for (const host of nameServers) expect(host).toMatch(/^[a-z0-9_.-]{4,253}$/);
        for (const email of emails) expect(email).toMatch(/^[^@\s]{1,64}@[a-z0-9_.-]{4,253}$/);
        expect((registrar ?? '').length + (organization ?? '').length).toBeLessThanOrEqual(600);
      }),
    );
  });

  it.each([
    ['one line', 'a'.repeat(1_000_000)],
    ['a key without end', `Registrar${' '.repeat(1_000_000)}`],
    ['a value without end', `Registrar: ${'-'.repeat(999_999)}x`],
    ['many lines', 'Name Server: a.b.example.org\n'.repeat(35_000)],
    ['many colons', ':\n'.repeat(500_000)],
    ['many values', 'Registrant Organization:  - . - . \n'.repeat(30_000)],
  ])('takes no longer for a megabyte of %s than for the part that is read', (_what, text) => {
    const cpu = process.cpuUsage();
    for (let round = 0; round < 5; round += 1) parseWhois(text);
    const { user, system } = process.cpuUsage(cpu);
    // Milliseconds for all five; one takes about three. What is quadratic takes minutes.
    expect((user + system) / 1000).toBeLessThan(250);
  });
});
