import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';

const CONCURRENCY = 4;
const OPENED = 'VirusTotal cannot be reached; requests wait until it answers again';
const CLOSED = 'VirusTotal answers again';

describe('while VirusTotal is down', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it('automatic requests wait and are all enriched afterwards, people are told, and nobody hammers it', async () => {
    const addresses = Array.from({ length: 12 }, (_, index) => `8.8.0.${index + 1}`);
    const catalog = new Catalog();
    for (const address of addresses)
      catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
    const [healthPort = 0] = await freePorts(1);
    world = await startConnectorWorld({
      virusTotal: { catalog },
      variables: { CONNECTOR_CONCURRENCY: String(CONCURRENCY), CONNECTOR_HEALTH_PORT: String(healthPort) },
    });
    const { platform, virusTotal, connector } = world;
    const said = (message: string): number => connector.log().split(`"${message}"`).length - 1;
    const probes = (): number =>
      virusTotal.log.entries.filter(({ path }) => path.startsWith('/users/')).length;

    virusTotal.faults.add('*', { kind: 'reset' }, Infinity);
    const entities = addresses.map((value) => platform.addObservable('IPv4-Addr', { value }));
    const works = await Promise.all(
      entities.map(({ standardId }) => platform.requestEnrichment({ entityId: standardId, mode: 'auto' })),
    );
    await expect.poll(() => said(OPENED), { timeout: 30_000 }).toBe(1);
    expect(await healthOf(healthPort)).toMatchObject({
      status: 'unready',
      parts: {
        virustotal: { ok: false, detail: expect.stringContaining('VirusTotal cannot be reached') as string },
      },
    });

    const byHand = await platform.requestEnrichment({ entityId: entities[0]!.standardId, mode: 'manual' });
    const told = await workSettled(platform, byHand, 60_000);
    expect(told.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('VirusTotal cannot be reached since'),
    ]);

    // Twice a pause has ended in vain.
    const asked = virusTotal.log.lookUps().length;
    const before = probes();
    await expect.poll(probes, { timeout: 120_000 }).toBeGreaterThanOrEqual(before + 2);
    expect(virusTotal.log.lookUps()).toHaveLength(asked);
    // Each request in work tries at most three times before the circuit opens.
    expect(asked).toBeLessThanOrEqual(CONCURRENCY * 3);
    expect(works.map((id) => platform.work(id)?.status)).not.toContain('complete');

    virusTotal.faults.clear();
    const ended = await Promise.all(works.map((id) => workSettled(platform, id, 150_000)));
    expect(ended.flatMap(({ errors }) => errors)).toEqual([]);
    expect(virusTotal.log.lookUps()).toHaveLength(asked + addresses.length);
    expect([said(OPENED), said(CLOSED)]).toEqual([1, 1]);
    expect(await healthOf(healthPort)).toMatchObject({ status: 'ok', parts: { virustotal: { ok: true } } });
  }, 400_000);
});

async function healthOf(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  return response.json();
}
