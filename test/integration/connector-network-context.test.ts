import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { demoCatalog } from '../../src/simulators/virustotal/samples/demo-catalog.js';
import { sampleDomain, sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { objectsOf, refusals, workSettled } from '../helpers/enrichment-results.js';

/** Everything on that this is about; no other question is asked beyond reports. */
const VARIABLES = {
  VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'true',
  VIRUSTOTAL_IP_ADD_NETWORK: 'true',
  VIRUSTOTAL_IMPORT_CERTIFICATES: 'true',
  VIRUSTOTAL_IMPORT_WHOIS: 'true',
  VIRUSTOTAL_IMPORT_FINGERPRINTS: 'true',
  VIRUSTOTAL_IMPORT_GTI: 'malware_families,software_toolkits,threat_actors,campaigns,reports,vulnerabilities',
};

const DOMAIN = 'c2.network.example.com';
const ADDRESS = '2001:4860:4860::8888';
const collection = (type: string, id: string, attributes: JsonObject) => ({
  type: 'collection',
  id,
  attributes: { collection_type: type, creation_date: 1_700_000_000, ...attributes },
});
const ASSOCIATIONS = [
  collection('threat-actor', 'threat-actor--1', {
    name: 'UNC0000',
    alt_names_details: [{ value: 'Example Bear (Example)', confidence: 'confirmed' }],
    first_seen_details: [{ value: '2020-01-31T00:00:00Z' }],
  }),
  collection('campaign', 'campaign--1', { name: 'Example Campaign' }),
  collection('malware-family', 'malware--1', { name: 'Example Family' }),
  collection('software-toolkit', 'malware--2', { name: 'Example Toolkit' }),
  collection('vulnerability', 'vulnerability--cve-2021-44228', { name: 'CVE-2021-44228' }),
  collection('report', 'report--24-1', { name: 'Example report', link: 'https://blog.example.org/1' }),
  collection('collection', 'somebody_noise', { name: 'Noise' }),
];

function catalog() {
  const known = demoCatalog();
  const verdicts = { malicious: 12, harmless: 60 };
  known.put({
    type: 'domain',
    id: DOMAIN,
    attributes: sampleDomain(DOMAIN, {
      verdicts,
      attributes: {
        favicon: { raw_md5: '776802e980e0f2a59043a78be5528339', dhash: 'e0ce46a7a786cef0' },
        whois:
          'Name Server: NS1.EVIL-HOSTER.EXAMPLE.ORG\nName Server: ada.ns.cloudflare.com\n' +
          'Registrant Organization: Evil Holdings\nRegistrant Email: someone@evil.example.org\n',
      },
    }),
  });
  known.put({
    type: 'ip_address',
    id: ADDRESS,
    attributes: sampleIp(ADDRESS, { verdicts, attributes: { network: '2001:4860::/32' } }),
  });
  for (const ref of [
    { type: 'domain', id: DOMAIN },
    { type: 'ip_address', id: ADDRESS },
  ])
    known.relate(ref, 'associations', ASSOCIATIONS);
  return known;
}

async function enriched(world: ConnectorWorld, type: string, value: string): Promise<JsonObject[]> {
  const { standardId } = world.platform.addObservable(type, { value });
  const workId = await world.platform.requestEnrichment({ entityId: standardId });
  const work = await workSettled(world.platform, workId);
  expect(work.errors).toEqual([]);
  return objectsOf(world.platform, workId);
}

function typesOf(objects: readonly JsonObject[]): string[] {
  return objects.map(({ type, relationship_type }) => String(relationship_type ?? type)).toSorted();
}

describe('with a key of Google Threat Intelligence', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({
      variables: VARIABLES,
      virusTotal: { catalog: catalog(), keys: { [API_KEY]: { kind: 'gti' } } },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('adds everything around a domain for two look-ups', async () => {
    const before = world.virusTotal.quota.use(API_KEY);
    const types = typesOf(await enriched(world, 'Domain-Name', DOMAIN));
    for (const type of [
      'x509-certificate',
      'email-addr',
      'file',
      'intrusion-set',
      'campaign',
      'malware',
      'tool',
      'vulnerability',
      'report',
    ])
      expect(types.filter((each) => each === type)).toEqual([type]);
    // The Indicator of the verdict indicates what is no report.
    expect(types.filter((type) => type === 'indicates')).toHaveLength(5);
    // Five threats, certificate, favicon, registrant, its address, one name server.
    expect(types.filter((type) => type === 'related-to')).toHaveLength(10);
    expect(refusals(world.platform)).toEqual([]);
    const after = world.virusTotal.quota.use(API_KEY);
    expect(after.day - before.day).toBe(2);
  });

  it('adds everything around an IPv6 address for two look-ups', async () => {
    const before = world.virusTotal.quota.use(API_KEY);
    const objects = await enriched(world, 'IPv6-Addr', ADDRESS);
    const types = typesOf(objects);
    expect(types).toEqual(
      expect.arrayContaining(['autonomous-system', 'location', 'x509-certificate', 'report']),
    );
    expect(types.filter((type) => type === 'belongs-to')).toHaveLength(2);
    expect(objects.filter(({ type }) => type === 'ipv6-addr').map(({ value }) => value)).toContain(
      '2001:4860::/32',
    );
    expect(refusals(world.platform)).toEqual([]);
    const after = world.virusTotal.quota.use(API_KEY);
    expect(after.day - before.day).toBe(2);
  });
});

describe('with a key without privileges', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ variables: VARIABLES, virusTotal: { catalog: catalog() } });
  });

  afterAll(async () => {
    await world.close();
  });

  it('maps the report as a whole, and asks for associations of each kind of object once', async () => {
    const first = typesOf(await enriched(world, 'Domain-Name', DOMAIN));
    expect(first).toEqual(
      expect.arrayContaining(['x509-certificate', 'email-addr', 'identity', 'indicator', 'note']),
    );
    expect(first).not.toContain('intrusion-set');
    const second = typesOf(await enriched(world, 'Domain-Name', 'evil.example.com'));
    expect(second).toContain('x509-certificate');
    const asked = world.virusTotal.log.entries.map(({ path }) => path);
    expect(asked.filter((path) => path.includes('associations'))).toEqual([
      `/domains/${DOMAIN}/associations`,
    ]);
    expect(refusals(world.platform)).toEqual([]);
  });
});
