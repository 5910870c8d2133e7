import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyOptionOn } from '../../src/cli/demo/examples/every-option.js';
import type { LookUpKind, LookUps } from '../../src/config/look-ups.js';
import { declaredOptions } from '../../src/config/schema.js';
import {
  cleanFile,
  macroDocument,
  maliciousDomain,
  maliciousIp,
  maliciousUrl,
} from '../../src/simulators/virustotal/samples/demo-values.js';
import {
  intelligenceCatalog,
  loader,
  maliciousIpv6,
  sigmaRuleIds,
} from '../../src/simulators/virustotal/samples/intelligence-catalog.js';
import { sampleUrl } from '../../src/simulators/virustotal/samples/reports.js';
import type { LoggedRequest } from '../../src/simulators/virustotal/request-log.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { notesAbout, objectsOf, refusals, workSettled } from '../helpers/enrichment-results.js';

/** What everything together costs, and what is left of it with a key that may do little: through the broker. */

const OTHER_URL = 'http://other.example.com/';
/** One of them is gone, which has to be asked to be known. */
const RULESETS_OF_LOADER = 3;

const costs = declaredOptions.flatMap(({ option }): LookUps[] =>
  option.lookUps === undefined ? [] : [option.lookUps],
);

/** What the options declare for an object of this kind, beyond its report. */
function declaredFor(kind: LookUpKind, ofIndicator = false): number {
  const count = { object: 1, sigma_rule: 0, yara_ruleset: 0 };
  if (kind === 'file')
    Object.assign(count, { sigma_rule: sigmaRuleIds.length, yara_ruleset: RULESETS_OF_LOADER });
  return costs
    .filter(({ kinds, ofIndicators }) => kinds.includes(kind) && (ofIndicators || !ofIndicator))
    .reduce((sum, { forEach }) => sum + count[forEach], 0);
}

function catalog() {
  const known = intelligenceCatalog();
  known.addUrl(OTHER_URL, sampleUrl(OTHER_URL, { verdicts: { harmless: 60 } }));
  return known;
}

interface Enriched {
  readonly types: readonly string[];
  readonly message: string;
  readonly notes: readonly string[];
  /** Units of quota that it cost. */
  readonly lookUps: number;
}

async function enrich(
  { platform, virusTotal }: ConnectorWorld,
  type: string,
  properties: Parameters<ConnectorWorld['platform']['addObservable']>[1],
): Promise<Enriched> {
  const { standardId } =
    type === 'Indicator'
      ? platform.addIndicator({ name: 'demo', pattern: String(properties.pattern) })
      : platform.addObservable(type, properties, { markings: ['TLP:GREEN'] });
  const before = virusTotal.log.quotaUnits;
  const workId = await platform.requestEnrichment({ entityId: standardId });
  const work = await workSettled(platform, workId);
  expect(work.errors).toEqual([]);
  expect(refusals(platform)).toEqual([]);
  return {
    types: objectsOf(platform, workId).map((object) => String(object.pattern_type ?? object.type)),
    message: work.messages.map(({ message }) => message).join('\n'),
    notes: notesAbout(platform, standardId).map(({ attributes }) => String(attributes.content)),
    lookUps: virusTotal.log.quotaUnits - before,
  };
}

const loaderFile = { hashes: { 'SHA-256': loader.sha256 } };

describe('with every option on and a key that may do everything', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({
      variables: everyOptionOn(),
      virusTotal: { catalog: catalog(), keys: { [API_KEY]: { kind: 'gti' } } },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('a file costs its report and what the options declare, and nothing when it comes again', async () => {
    const declared = declaredFor('file');
    // Behaviour, comments, associations; two Sigma rules; three rulesets.
    expect(declared).toBe(3 + 2 + 3);
    const { lookUps, types } = await enrich(world, 'StixFile', loaderFile);
    expect(lookUps).toBe(1 + declared);
    for (const type of [
      'yara',
      'sigma',
      'suricata',
      'malware',
      'attack-pattern',
      'malware-analysis',
      'report',
      'url',
    ])
      expect(types).toContain(type);
    expect((await enrich(world, 'StixFile', loaderFile)).lookUps).toBe(0);
    expect((await enrich(world, 'Artifact', loaderFile)).lookUps).toBe(0);
  });

  it.each<[type: string, kind: LookUpKind, value: string, made: readonly string[]]>([
    ['IPv4-Addr', 'ip_address', maliciousIp, ['x509-certificate', 'autonomous-system', 'domain-name']],
    ['IPv6-Addr', 'ip_address', maliciousIpv6, ['x509-certificate', 'autonomous-system', 'domain-name']],
    ['Domain-Name', 'domain', maliciousDomain, ['x509-certificate', 'email-addr', 'ipv4-addr', 'file']],
    ['Hostname', 'domain', 'c2.evil.example.com', ['x509-certificate']],
    ['Url', 'url', maliciousUrl, ['ipv4-addr', 'file', 'intrusion-set']],
  ])('the same holds for: %s', async (type, kind, value, made) => {
    const { lookUps, types } = await enrich(world, type, { value });
    expect(lookUps).toBe(1 + declaredFor(kind));
    expect(types).toEqual(expect.arrayContaining([...made]));
  });

  it('each value of an Indicator costs its report and what is declared for Indicators', async () => {
    const pattern = `[ipv4-addr:value = '8.8.8.8'] OR [domain-name:value = 'example.com'] OR [file:hashes.MD5 = '${macroDocument.md5}']`;
    const { lookUps } = await enrich(world, 'Indicator', { pattern });
    const declared =
      declaredFor('ip_address', true) + declaredFor('domain', true) + declaredFor('file', true);
    expect(lookUps).toBe(3 + declared);
  });
});

describe('with the defaults', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ virusTotal: { catalog: catalog() } });
  });

  afterAll(async () => {
    await world.close();
  });

  it('everything costs one look-up, but for rulesets that are not in the cache', async () => {
    const cost = async (type: string, properties: Parameters<typeof enrich>[2]): Promise<number> =>
      (await enrich(world, type, properties)).lookUps;
    expect(await cost('StixFile', { hashes: { 'SHA-256': macroDocument.sha256 } })).toBe(1);
    expect(await cost('StixFile', loaderFile)).toBe(1 + RULESETS_OF_LOADER);
    expect(await cost('IPv4-Addr', { value: maliciousIp })).toBe(1);
    expect(await cost('Domain-Name', { value: maliciousDomain })).toBe(1);
    expect(await cost('Url', { value: maliciousUrl })).toBe(1);
    expect(await cost('Indicator', { pattern: "[ipv4-addr:value = '8.8.8.8']" })).toBe(1);
  });
});

/** `/files/…/comments` and `/files/…?relationships=…` as kinds of endpoints. */
function endpointOf({ path, query }: LoggedRequest): string {
  const [, collection = '', , suffix = ''] = path.split('/');
  return [collection, suffix, query.relationships ?? ''].join(' ');
}

describe('with every option on and a key without privileges', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    const known = catalog();
    for (const id of sigmaRuleIds) known.forbid({ type: 'sigma_rule', id });
    world = await startConnectorWorld({ variables: everyOptionOn(), virusTotal: { catalog: known } });
  });

  afterAll(async () => {
    await world.close();
  });

  it('no part fails, and nothing that is forbidden is asked twice, by many at once either', async () => {
    // Two of each kind at once: one call of each finds out what the others need not ask.
    const [file, address, domain, url] = await Promise.all([
      enrich(world, 'StixFile', loaderFile),
      enrich(world, 'IPv4-Addr', { value: maliciousIp }),
      enrich(world, 'Domain-Name', { value: maliciousDomain }),
      enrich(world, 'Url', { value: maliciousUrl }),
      enrich(world, 'StixFile', { hashes: { 'SHA-256': cleanFile.sha256 } }),
      enrich(world, 'IPv4-Addr', { value: '8.8.8.8' }),
      enrich(world, 'Hostname', { value: 'c2.evil.example.com' }),
      enrich(world, 'Url', { value: OTHER_URL }),
    ]);
    expect(file.message).toContain('3 YARA rules imported, 1 left out; 1 comment added');
    expect(file.message).toContain(
      '2 Sigma rules left out; 1 IDS rule imported; 6 related observables added',
    );
    expect(file.notes.join('\n')).toContain('### ATT&CK techniques');
    expect(address.types).toEqual(expect.arrayContaining(['x509-certificate', 'autonomous-system', 'file']));
    expect(domain.types).toEqual(expect.arrayContaining(['x509-certificate', 'email-addr', 'file']));
    expect(url.types).toContain('ipv4-addr');
    for (const { notes } of [file, address, domain, url]) expect(notes).not.toHaveLength(0);

    const refused = world.virusTotal.log.entries.filter(({ status }) => status === 403);
    expect(refused.map(endpointOf).toSorted()).toEqual([
      'domains associations ',
      'files associations ',
      'ip_addresses associations ',
      'sigma_rules  ',
      'urls  last_serving_ip_address,redirects_to,redirecting_urls,downloaded_files',
      'urls associations ',
    ]);
    // An endpoint that is not for this key costs nothing; a rule that is private to others costs its look-up, once.
    expect(refused.filter(({ quotaUnits }) => quotaUnits > 0).map(endpointOf)).toEqual(['sigma_rules  ']);
    expect(world.connector.log()).not.toContain('part of a report could not be had');
  });
});
