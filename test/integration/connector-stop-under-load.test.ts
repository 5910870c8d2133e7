import { afterEach, describe, expect, it } from 'vitest';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  messagesOf,
  refusals,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';

const REQUESTS = 150;
const GRACE_MS = 10_000;

describe('SIGTERM under load', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it('ends with code 0 within ten seconds, loses nothing and does nothing twice', async () => {
    const addresses = Array.from(
      { length: REQUESTS },
      (_, index) => `8.8.${index >> 7}.${(index & 127) + 1}`,
    );
    const catalog = new Catalog();
    for (const address of addresses)
      catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
    world = await startConnectorWorld({ virusTotal: { catalog }, variables: { CONNECTOR_CONCURRENCY: '8' } });
    const { platform, virusTotal, connector } = world;
    const works: string[] = [];
    for (const value of addresses) {
      const { standardId } = platform.addObservable('IPv4-Addr', { value });
      works.push(await platform.requestEnrichment({ entityId: standardId, mode: 'auto' }));
    }
    const complete = (): number => works.filter((id) => platform.work(id)?.status === 'complete').length;
    expect(complete()).toBeLessThan(REQUESTS);
    await platform.until(() => virusTotal.log.lookUps().length >= REQUESTS / 3);

    const askedAt = performance.now();
    expect(await connector.stop('SIGTERM')).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(GRACE_MS);
    expect(virusTotal.log.lookUps().length).toBeLessThan(REQUESTS);

    await world.startConnector();
    for (const workId of works) {
      const work = await workSettled(platform, workId);
      expect(work).toMatchObject({ status: 'complete', errors: [] });
      expect(work.processed).toBe(work.expected);
      expect(
        calledNames(workOperations(platform, workId)).filter((name) => name === 'toProcessed'),
      ).toHaveLength(1);
      expect(messagesOf(platform, workId)).toHaveLength(1);
    }
    expect(virusTotal.log.lookUps()).toHaveLength(REQUESTS);
    expect(refusals(platform)).toEqual([]);
    expect(await platform.queueDepth('listen')).toBe(0);
  }, 120_000);
});
