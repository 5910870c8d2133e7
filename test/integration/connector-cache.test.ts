import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { eicar, maliciousUrl } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { notesAbout, workSettled } from '../helpers/enrichment-results.js';

describe('the cache of the connector', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it('spares reports and rulesets that were paid for, also after a kill, and says so', async () => {
    const [metricsPort = 0] = await freePorts(1);
    world = await startConnectorWorld({
      variables: { CONNECTOR_EXPOSE_METRICS: 'true', CONNECTOR_METRICS_PORT: String(metricsPort) },
    });
    const { platform, virusTotal } = world;
    const entityId = platform.addObservable('StixFile', {
      hashes: { 'SHA-256': eicar.sha256 },
    }).standardId;
    const enrich = async (): Promise<string> => {
      const workId = await platform.requestEnrichment({ entityId });
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
      return String(notesAbout(platform, entityId)[0]?.attributes.content);
    };
    const first = await enrich();
    expect(first).toMatch(/^- \*\*Retrieved:\*\* \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m);
    expect(await metricsOf(metricsPort, /^virustotal_(lookups|cache_requests)_total/)).toEqual([
      'virustotal_cache_requests_total{kind="file",result="miss"} 1',
      'virustotal_cache_requests_total{kind="yara_ruleset",result="miss"} 3',
      'virustotal_lookups_total{kind="file",result="found"} 1',
      'virustotal_lookups_total{kind="yara_ruleset",result="found"} 2',
      'virustotal_lookups_total{kind="yara_ruleset",result="unknown"} 1',
    ]);

    await world.connector.stop('SIGKILL');
    await world.startConnector();
    virusTotal.log.clear();
    expect(await enrich()).toBe(first);
    expect(virusTotal.log.matching(({ quotaUnits }) => quotaUnits > 0)).toEqual([]);
    expect(
      await metricsOf(metricsPort, /^virustotal_(lookups|cache_requests|cache_age_seconds_count)/),
    ).toEqual([
      'virustotal_cache_age_seconds_count 4',
      'virustotal_cache_requests_total{kind="file",result="hit"} 1',
      'virustotal_cache_requests_total{kind="yara_ruleset",result="hit"} 3',
    ]);
    expect(await metricsOf(metricsPort, /^virustotal_(quota_used.window="day"|requests_waiting)/)).toEqual([
      expect.stringMatching(/^virustotal_quota_used\{window="day"\} \d+$/),
      'virustotal_requests_waiting{priority="auto"} 0',
      'virustotal_requests_waiting{priority="manual"} 0',
      'virustotal_requests_waiting{priority="playbook"} 0',
    ]);
  });

  it('asks anew for a report that was kept without a relationship that is wanted now', async () => {
    world = await startConnectorWorld();
    const { platform, virusTotal } = world;
    const entityId = platform.addObservable('Url', { value: maliciousUrl }).standardId;
    const enrich = async (): Promise<string> => {
      const workId = await platform.requestEnrichment({ entityId });
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
      return notesAbout(platform, entityId)
        .map(({ attributes }) => String(attributes.content))
        .join('\n');
    };
    await enrich();
    await world.connector.stop('SIGTERM');
    await world.startConnector({ VIRUSTOTAL_INCLUDE_ATTRIBUTES_IN_NOTE: 'true' });
    virusTotal.log.clear();
    expect(await enrich()).toContain('| Last serving IP address | `1.2.3.4` |');
    await enrich();
    expect(virusTotal.log.lookUps().map(({ query }) => query)).toEqual([
      { relationships: 'last_serving_ip_address' },
    ]);
  });
});

/** The samples of the connector whose lines match, in alphabetical order. */
async function metricsOf(port: number, name: RegExp): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => name.test(line))
    .toSorted();
}
