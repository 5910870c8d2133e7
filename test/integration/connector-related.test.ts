import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { demoCatalog } from '../../src/simulators/virustotal/samples/demo-catalog.js';
import {
  eicar,
  macroDocument,
  maliciousDomain,
  maliciousIp,
  maliciousUrl,
} from '../../src/simulators/virustotal/samples/demo-values.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { notesAbout, refusals, relationshipsOf, workSettled } from '../helpers/enrichment-results.js';

const VARIABLES = {
  VIRUSTOTAL_FILE_RELATED:
    'contacted_domains,contacted_ips,contacted_urls,dropped_files,bundled_files,execution_parents',
  VIRUSTOTAL_IP_RELATED: 'resolutions,communicating_files',
  VIRUSTOTAL_DOMAIN_RELATED: 'resolutions,subdomains,siblings,communicating_files,referrer_files',
  VIRUSTOTAL_URL_RELATED: 'last_serving_ip_address,redirects_to,redirecting_urls,downloaded_files',
  VIRUSTOTAL_RELATED_MAX: '3',
  VIRUSTOTAL_FILE_IMPORT_YARA: 'false',
};

const file = (digit: string) => ({ type: 'file', id: digit.repeat(64) });
const domain = (id: string) => ({ type: 'domain', id });
const resolution = (id: string) => ({ type: 'resolution', id });
const url = (text: string, digit: string) => ({
  type: 'url',
  id: digit.repeat(64),
  contextAttributes: { url: text },
});

/** Invented relationships, more of some than fit into a report, with what must not come of them. */
function relatedCatalog(): Catalog {
  const catalog = demoCatalog();
  const sample = { type: 'file', id: eicar.sha256 };
  const many = Array.from({ length: 25 }, (_, number) => ({ type: 'ip_address', id: `1.2.9.${number + 1}` }));
  catalog.relate(sample, 'contacted_ips', [{ type: 'ip_address', id: '10.0.0.1' }, ...many]);
  catalog.relate(sample, 'contacted_domains', [domain('ctldl.windowsupdate.com'), domain('c2.example.com')]);
  catalog.relate(sample, 'contacted_urls', [url('http://c2.example.com/gate', '1')]);
  catalog.relate(sample, 'dropped_files', [file('a'), sample]);
  catalog.relate(sample, 'bundled_files', [{ ...file('a'), contextAttributes: { filename: 'inner.exe' } }]);
  catalog.relate(sample, 'execution_parents', [file('b')]);
  const host = { type: 'ip_address', id: maliciousIp };
  catalog.relate(host, 'resolutions', [resolution(`${maliciousIp}old.example.com`)]);
  catalog.relate(host, 'communicating_files', [file('c')]);
  const name = { type: 'domain', id: maliciousDomain };
  catalog.relate(name, 'resolutions', [resolution(`1.2.9.77${maliciousDomain}`)]);
  catalog.relate(name, 'siblings', [domain('mail.example.com')]);
  catalog.relate(name, 'referrer_files', [file('d')]);
  const page = { type: 'url', id: catalog.addUrl(maliciousUrl, {}) };
  catalog.relate(page, 'redirects_to', [url('https://landing.example.com/', '2')]);
  catalog.relate(page, 'redirecting_urls', [url('https://short.example.com/x', '3')]);
  catalog.relate(page, 'downloaded_files', [file('e')]);
  return catalog;
}

/** Enriches and gives the relationships as `source type target` by value, with the Note of the results. */
async function enriched(world: ConnectorWorld, type: string, attributes: Record<string, unknown>) {
  const { platform } = world;
  const id = platform.addObservable(type, attributes).standardId;
  const work = await workSettled(platform, await platform.requestEnrichment({ entityId: id }));
  const shown = (ref: string): string => {
    if (ref === id) return 'subject';
    const { value, hashes } = platform.entity(ref)?.attributes ?? {};
    const digest = (hashes as Record<string, string> | undefined)?.['SHA-256'] ?? '';
    return typeof value === 'string' ? value : digest.slice(0, 4);
  };
  const edges = relationshipsOf(platform, id)
    .filter(([, kind]) => kind !== 'based-on')
    .map(([source, kind, target]) => `${shown(source)} ${kind} ${shown(target)}`)
    .toSorted();
  const note = notesAbout(platform, id)
    .filter(({ attributes }) => attributes.attribute_abstract === 'VirusTotal results')
    .map(({ attributes: { content } }) => String(content))
    .at(0);
  return { edges, note, message: work.messages.at(-1)?.message };
}

describe('related observables', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({
      virusTotal: { catalog: relatedCatalog(), keys: { [API_KEY]: { kind: 'premium' } } },
      variables: VARIABLES,
    });
  });

  afterAll(async () => {
    expect(refusals(world.platform)).toEqual([]);
    await world.close();
  });

  const asked = () =>
    world.virusTotal.log.entries.map(({ path, query, quotaUnits }) => ({ path, query, quotaUnits }));

  it('of a file come with the one look-up, at most so many, and the Note says what is left out', async () => {
    world.virusTotal.log.clear();
    const { edges, note } = await enriched(world, 'StixFile', { hashes: { 'SHA-256': eicar.sha256 } });
    expect(asked()).toEqual([
      {
        path: `/files/${eicar.sha256}`,
        query: { relationships: VARIABLES.VIRUSTOTAL_FILE_RELATED },
        quotaUnits: 1,
      },
    ]);
    expect(edges).toEqual(
      [
        'subject communicates-with c2.example.com',
        'subject communicates-with 1.2.3.4',
        'subject communicates-with 1.2.9.1',
        'subject communicates-with 1.2.9.2',
        `subject communicates-with ${maliciousDomain}`,
        'subject related-to http://c2.example.com/gate',
        `subject related-to ${maliciousUrl}`,
        'subject drops aaaa',
        `subject drops ${macroDocument.sha256.slice(0, 4)}`,
        'subject related-to aaaa',
        'bbbb drops subject',
      ].toSorted(),
    );
    expect(note).toContain(
      '- **Contacted domains:** 2 added; 1 left out as infrastructure that everything uses\n' +
        '- **Contacted addresses:** 3 added; 1 left out as not public or not readable; at least 17 more in VirusTotal\n',
    );
    const dropped = world.platform
      .entities('StixFile')
      .find(({ attributes }) => (attributes.hashes as Record<string, string>)['SHA-256'] === 'a'.repeat(64));
    expect(dropped?.additionalNames).toEqual(['inner.exe']);
    expect(dropped?.score).toBeUndefined();
  });

  it('of an address come with the one look-up', async () => {
    world.virusTotal.log.clear();
    const { edges } = await enriched(world, 'IPv4-Addr', { value: maliciousIp });
    expect(asked()).toMatchObject([
      { path: `/ip_addresses/${maliciousIp}`, query: { relationships: 'resolutions,communicating_files' } },
    ]);
    expect(edges).toEqual(
      expect.arrayContaining(['old.example.com resolves-to subject', 'cccc communicates-with subject']),
    );
  });

  it('of a domain come with the one look-up', async () => {
    world.virusTotal.log.clear();
    const { edges } = await enriched(world, 'Domain-Name', { value: maliciousDomain });
    expect(asked()).toMatchObject([
      { path: `/domains/${maliciousDomain}`, query: { relationships: VARIABLES.VIRUSTOTAL_DOMAIN_RELATED } },
    ]);
    expect(edges).toEqual(
      expect.arrayContaining([
        'subject resolves-to 1.2.9.77',
        'subject related-to c2.evil.example.com',
        `${eicar.sha256.slice(0, 4)} communicates-with subject`,
        'dddd related-to subject',
      ]),
    );
    expect(edges.filter((edge) => edge.includes('mail.example.com'))).toHaveLength(1);
  });

  it('of a URL come with the one look-up, where the key may see them', async () => {
    world.virusTotal.log.clear();
    const { edges } = await enriched(world, 'Url', { value: maliciousUrl });
    expect(asked()).toMatchObject([{ query: { relationships: VARIABLES.VIRUSTOTAL_URL_RELATED } }]);
    expect(edges).toEqual(
      [
        `subject related-to ${maliciousIp}`,
        'subject related-to https://landing.example.com/',
        'https://short.example.com/x related-to subject',
        'subject related-to eeee',
        // What the file said of the URL before.
        `${eicar.sha256.slice(0, 4)} related-to subject`,
      ].toSorted(),
    );
  });
});

describe('related observables of which some need a premium key', () => {
  it('are had as far as the key may see them, and the rest is refused once', async () => {
    const world = await startConnectorWorld({
      virusTotal: { catalog: relatedCatalog() },
      variables: VARIABLES,
    });
    try {
      const { edges } = await enriched(world, 'Url', { value: maliciousUrl });
      expect(edges).toEqual([`subject related-to ${maliciousIp}`]);
      world.virusTotal.catalog.addUrl('http://evil.example.com/other', {});
      await enriched(world, 'Url', { value: 'http://evil.example.com/other' });
      const { entries } = world.virusTotal.log;
      expect(
        entries.map(({ status, query, quotaUnits }) => [status, query.relationships, quotaUnits]),
      ).toEqual([
        [403, VARIABLES.VIRUSTOTAL_URL_RELATED, 0],
        [200, 'last_serving_ip_address', 1],
        [200, 'last_serving_ip_address', 1],
      ]);
    } finally {
      await world.close();
    }
  });
});
