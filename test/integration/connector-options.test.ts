import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eicar, maliciousUrl } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  bundleObjects,
  messagesOf,
  notesAbout,
  objectsOf,
  relationshipsOf,
  workSettled,
} from '../helpers/enrichment-results.js';

const URL_PATH = `/urls/${Buffer.from(maliciousUrl).toString('base64url')}`;

let world: ConnectorWorld;

async function enrich(
  type: string,
  attributes: Record<string, unknown>,
  score?: number,
): Promise<{ entityId: string; workId: string }> {
  const { platform } = world;
  const entityId = platform.addObservable(type, attributes, score === undefined ? {} : { score }).standardId;
  const workId = await platform.requestEnrichment({ entityId });
  expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  return { entityId, workId };
}

function noteTexts(entityId: string): string {
  return notesAbout(world.platform, entityId)
    .map(({ attributes }) => String(attributes.content))
    .join('\n\n');
}

describe('scores that are kept, no Indicators, and attributes in Notes', () => {
  beforeAll(async () => {
    world = await startConnectorWorld({
      variables: {
        VIRUSTOTAL_REPLACE_WITH_LOWER_SCORE: 'false',
        VIRUSTOTAL_FILE_INDICATOR_CREATE_POSITIVES: '0',
        VIRUSTOTAL_IP_INDICATOR_CREATE_POSITIVES: '0',
        VIRUSTOTAL_DOMAIN_INDICATOR_CREATE_POSITIVES: '0',
        VIRUSTOTAL_URL_INDICATOR_CREATE_POSITIVES: '0',
        VIRUSTOTAL_INCLUDE_ATTRIBUTES_IN_NOTE: 'true',
        VIRUSTOTAL_CACHE_TTL_MINUTES: '0',
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('keeps a higher score, and writes the score of VirusTotal into the Note', async () => {
    const { entityId, workId } = await enrich('IPv4-Addr', { value: '1.2.3.4' }, 80);
    expect(world.platform.entity(entityId)?.score).toBe(80);
    expect(JSON.stringify(objectsOf(world.platform, workId)[0])).not.toContain('score":15');
    expect(noteTexts(entityId)).toContain(
      "**Score kept:** this IP address keeps its score of 80, because VirusTotal's score of 15 is lower",
    );
  });

  it('replaces a lower score all the same', async () => {
    const { entityId } = await enrich('Hostname', { value: 'c2.evil.example.com' }, 5);
    expect(world.platform.entity(entityId)?.score).toBe(18);
    expect(noteTexts(entityId)).not.toContain('Score kept');
  });

  it('makes no Indicator from any verdict with a threshold of 0', async () => {
    const enriched = [
      await enrich('StixFile', { hashes: { 'SHA-256': eicar.sha256 } }),
      await enrich('IPv4-Addr', { value: '1.2.3.4' }),
      await enrich('Domain-Name', { value: 'evil.example.com' }),
      await enrich('Url', { value: maliciousUrl }),
    ];
    const stix = world.platform
      .entities('Indicator')
      .filter(({ attributes }) => attributes.pattern_type === 'stix');
    expect(stix).toEqual([]);
    // The rules are imported nevertheless.
    expect(enriched.map(({ entityId }) => relationshipsOf(world.platform, entityId).length)).toEqual([
      3, 0, 0, 0,
    ]);
  });

  it('appends the attributes to the Note, and asks for the last serving address inside the one look-up', async () => {
    world.virusTotal.log.clear();
    const url = await enrich('Url', { value: maliciousUrl });
    expect(world.virusTotal.log.entries.map(({ path, query }) => ({ path, query }))).toEqual([
      { path: URL_PATH, query: { relationships: 'last_serving_ip_address' } },
    ]);
    expect(noteTexts(url.entityId)).toContain('| Last serving IP address | `1.2.3.4` |');

    world.virusTotal.log.clear();
    const address = await enrich('IPv4-Addr', { value: '1.2.3.4' });
    const domain = await enrich('Domain-Name', { value: 'evil.example.com' });
    expect(world.virusTotal.log.entries.map(({ path }) => path)).toEqual([
      '/ip_addresses/1.2.3.4',
      '/domains/evil.example.com',
    ]);
    expect(noteTexts(address.entityId)).toContain('| AS owner | EXAMPLE-NET Demonstration Network |');
    expect(noteTexts(domain.entityId)).toContain('| Registrar | Example Registrar, Inc. |');
  });
});

describe('without YARA rules and without the full report', () => {
  beforeAll(async () => {
    world = await startConnectorWorld({
      variables: {
        VIRUSTOTAL_FILE_IMPORT_YARA: 'false',
        VIRUSTOTAL_FILE_CREATE_NOTE_FULL_REPORT: 'false',
        VIRUSTOTAL_FILE_INDICATOR_VALID_MINUTES: '60',
        VIRUSTOTAL_FILE_INDICATOR_DETECT: 'false',
        VIRUSTOTAL_MAX_TLP: 'TLP:RED',
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('asks for no ruleset and makes the one Indicator of the verdict', async () => {
    const { entityId, workId } = await enrich('StixFile', { hashes: { 'SHA-256': eicar.sha256 } });
    expect(world.virusTotal.log.entries.map(({ path }) => path)).toEqual([`/files/${eicar.sha256}`]);
    const indicators = objectsOf(world.platform, workId).filter(({ type }) => type === 'indicator');
    expect(indicators).toHaveLength(1);
    const { valid_from: from, valid_until: until, x_opencti_detection: detection } = indicators[0] ?? {};
    expect(Date.parse(String(until)) - Date.parse(String(from))).toBe(60 * 60_000);
    expect(detection).toBe(false);
    expect(notesAbout(world.platform, entityId)).toEqual([]);
  });

  it('neither asks for the last serving address of a URL nor shows attributes by default', async () => {
    world.virusTotal.log.clear();
    const { entityId } = await enrich('Url', { value: maliciousUrl });
    expect(world.virusTotal.log.entries.map(({ path, query }) => ({ path, query }))).toEqual([
      { path: URL_PATH, query: {} },
    ]);
    expect(noteTexts(entityId)).not.toContain('Attributes');
  });

  it('asks about what is TLP:RED when the ceiling allows it, and marks all of it', async () => {
    const { platform } = world;
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' }, { markings: ['TLP:RED'] });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ errors: [] });
    const unmarked = messagesOf(platform, workId)
      .flatMap(({ bundle }) => bundleObjects(bundle))
      .filter((object) => object.object_marking_refs === undefined);
    expect(unmarked.map(({ type }) => type)).toEqual(['identity']);
  });
});
