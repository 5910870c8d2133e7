import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { objectsOf, refusals, relationshipsOf, workSettled } from '../helpers/enrichment-results.js';

/** Indicators on all hashes, with their phases, that follow later verdicts: through the broker and into the platform. */

const ADDRESS = '203.0.114.17';
const ASSESSED = '203.0.114.18';
const ALL_HASHES = 'indicator--6c6a667c-94f8-5fe0-ad99-637cf5c7e0f2';

describe('Indicators', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({
      virusTotal: { keys: { [API_KEY]: { kind: 'gti' } } },
      variables: {
        VIRUSTOTAL_INDICATOR_ALL_HASHES: 'true',
        VIRUSTOTAL_INDICATOR_KILL_CHAIN: 'true',
        VIRUSTOTAL_INDICATOR_FOLLOW_VERDICT: 'true',
        VIRUSTOTAL_FILE_IMPORT_YARA: 'false',
        VIRUSTOTAL_CACHE_TTL_MINUTES: '0',
        VIRUSTOTAL_CACHE_UNKNOWN_TTL_MINUTES: '0',
      },
    });
    const { catalog } = world.virusTotal;
    catalog.addIp(ADDRESS, { last_analysis_stats: judged(60, 30), last_analysis_results: {} });
    catalog.update(
      { type: 'file', id: eicar.sha256 },
      {
        popular_threat_classification: {
          suggested_threat_label: 'ransomware.demo',
          popular_threat_category: [{ value: 'ransomware', count: 20 }],
        },
      },
    );
  });

  afterAll(async () => {
    await world.close();
  });

  const judged = (malicious: number, harmless: number): JsonObject => ({
    malicious,
    suspicious: 0,
    harmless,
    undetected: 0,
    timeout: 0,
  });

  async function enriched(entityId: string): Promise<{ message: string; objects: JsonObject[] }> {
    const workId = await world.platform.requestEnrichment({ entityId });
    const work = await workSettled(world.platform, workId, 30_000);
    return {
      message: String(work.messages.at(-1)?.message),
      objects: objectsOf(world.platform, workId),
    };
  }

  it('match every hash of a file and name their phases; one on a hash is based on the whole file', async () => {
    const { platform } = world;
    const file = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } });
    await enriched(file.standardId);
    expect(platform.entity(ALL_HASHES)?.attributes).toMatchObject({
      pattern: `[file:hashes.MD5 = '${eicar.md5}' OR file:hashes.'SHA-1' = '${eicar.sha1}' OR file:hashes.'SHA-256' = '${eicar.sha256}']`,
      kill_chain_phases: [{ kill_chain_name: 'mitre-attack', phase_name: 'impact' }],
    });

    const onOneHash = platform.addIndicator({
      name: 'by an analyst',
      pattern: `[file:hashes.'SHA-1' = '${eicar.sha1}']`,
    });
    await enriched(onOneHash.standardId);
    expect(relationshipsOf(platform, onOneHash.standardId)).toEqual([
      [onOneHash.standardId, 'based-on', file.standardId],
    ]);
    expect(platform.entity(file.standardId)?.attributes.hashes).toEqual({
      MD5: eicar.md5,
      'SHA-1': eicar.sha1,
      'SHA-256': eicar.sha256,
    });

    world.virusTotal.log.clear();
    await enriched(ALL_HASHES);
    expect(world.virusTotal.log.matching(({ quotaUnits }) => quotaUnits > 0)).toHaveLength(1);
    expect(refusals(platform)).toEqual([]);
  });

  it('are lowered and revoked when later reports clear the object, and none comes to be by that', async () => {
    const { platform } = world;
    const { catalog } = world.virusTotal;
    const address = platform.addObservable('IPv4-Addr', { value: ADDRESS });
    await enriched(address.standardId);
    const [made] = platform.entities('Indicator').filter(({ attributes }) => attributes.name === ADDRESS);
    const held = () => platform.entity(made?.standardId ?? '');
    expect([held()?.score, held()?.detection, held()?.attributes.revoked]).toEqual([67, true, undefined]);

    catalog.update({ type: 'ip_address', id: ADDRESS }, { last_analysis_stats: judged(4, 76) });
    expect((await enriched(address.standardId)).message).toContain('Indicator lowered to a score of 5');
    expect([held()?.score, held()?.attributes.revoked]).toEqual([5, undefined]);

    catalog.update({ type: 'ip_address', id: ADDRESS }, { last_analysis_stats: judged(0, 80) });
    const cleared = await enriched(address.standardId);
    expect(cleared.message).toContain('Indicator revoked');
    expect([held()?.score, held()?.detection, held()?.attributes.revoked]).toEqual([0, false, true]);

    const again = await enriched(address.standardId);
    expect(again.objects.filter(({ type }) => type === 'indicator')).toEqual([]);

    const other = platform.addObservable('IPv4-Addr', { value: '8.8.8.8' });
    const { objects } = await enriched(other.standardId);
    expect(objects.filter(({ type }) => type === 'indicator')).toEqual([]);
    expect(refusals(platform)).toEqual([]);
  });

  it('are revoked with a score of their own where Google gives one to what it knows nothing of', async () => {
    const { platform } = world;
    const { catalog } = world.virusTotal;
    const gti_assessment = { verdict: { value: 'VERDICT_UNDETECTED' }, threat_score: { value: 1 } };
    catalog.addIp(ASSESSED, {
      last_analysis_stats: judged(60, 30),
      last_analysis_results: {},
      gti_assessment: { verdict: { value: 'VERDICT_MALICIOUS' }, threat_score: { value: 90 } },
    });
    const assessed = platform.addObservable('IPv4-Addr', { value: ASSESSED });
    await enriched(assessed.standardId);
    const follow = async (malicious: number): Promise<unknown[]> => {
      const last_analysis_stats = judged(malicious, 90);
      catalog.update({ type: 'ip_address', id: ASSESSED }, { last_analysis_stats, gti_assessment });
      await enriched(assessed.standardId);
      const [own] = platform.entities('Indicator').filter(({ attributes }) => attributes.name === ASSESSED);
      return [own?.score, own?.attributes.revoked === true];
    };
    expect(await follow(3)).toEqual([1, false]);
    expect(await follow(0)).toEqual([0, true]);
    expect(refusals(platform)).toEqual([]);
  });
});
