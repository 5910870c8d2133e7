import { afterEach, describe, expect, it } from 'vitest';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';

describe('the quota of the key', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const start = async (
    quota: { readonly perMinute: number; readonly perDay?: number },
    variables: Readonly<Record<string, string>> = {},
  ): Promise<ConnectorWorld> => {
    const catalog = new Catalog();
    for (const address of addresses(60))
      catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
    world = await startConnectorWorld({
      virusTotal: { catalog, quota },
      variables: {
        VIRUSTOTAL_QUOTA_PER_MINUTE: String(quota.perMinute),
        VIRUSTOTAL_QUOTA_PER_DAY: String(quota.perDay ?? 500),
        VIRUSTOTAL_QUOTA_PER_MONTH: '15500',
        ...variables,
      },
    });
    return world;
  };

  it('is spent once for each value, and survives a kill', async () => {
    const { virusTotal, connector, ...running } = await start({ perMinute: 60 });
    await settled(running.platform, await request(running.platform, 10, 40));
    expect(virusTotal.log.lookUps()).toHaveLength(10);
    expect(refusedFor429(virusTotal)).toBe(0);

    await connector.stop('SIGKILL');
    await running.startConnector();
    await settled(running.platform, await request(running.platform, 12, 24));
    // The cache and the count are still there: two new values, and two units more.
    expect(virusTotal.log.lookUps()).toHaveLength(12);
    expect(virusTotal.quota.use(API_KEY).day).toBe(12);
    expect(refusedFor429(virusTotal)).toBe(0);
  });

  it('is spent to the last look-up of the day and not beyond, also across a kill; the rest waits', async () => {
    const [healthPort = 0] = await freePorts(1);
    const { virusTotal, connector, ...running } = await start(
      // The simulator would allow more: it is our own count that stops.
      { perMinute: 1000 },
      { VIRUSTOTAL_QUOTA_PER_DAY: '55', CONNECTOR_HEALTH_PORT: String(healthPort) },
    );
    const { platform } = running;
    const first = await request(platform, 30, 30);
    await settled(platform, first);
    await connector.stop('SIGKILL');
    await running.startConnector();

    const works = await request(platform, 60, 60);
    const complete = (): string[] => works.filter((id) => platform.work(id)?.status === 'complete');
    await platform.until(() => complete().length === 55, { timeoutMs: 60_000, description: '55 works' });
    await expect
      .poll(() => healthOf(healthPort), { timeout: 10_000 })
      .toMatchObject({
        status: 'ok',
        parts: { consumer: { ok: true, detail: expect.stringContaining('requests wait until') as string } },
      });
    expect(virusTotal.quota.use(API_KEY).day).toBe(55);
    expect(complete()).toHaveLength(55);
    expect(works.flatMap((id) => platform.work(id)?.errors ?? [])).toEqual([]);
    expect(refusedFor429(virusTotal)).toBe(0);
  });
});

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `8.8.0.${index + 1}`);
}

/** Requests automatic enrichments of the first so many addresses, in turn; returns the works. */
function request(platform: ConnectorWorld['platform'], values: number, requests: number): Promise<string[]> {
  const entities = addresses(values).map((value) => platform.addObservable('IPv4-Addr', { value }));
  return Promise.all(
    Array.from({ length: requests }, (_, index) =>
      platform.requestEnrichment({ entityId: entities[index % values]!.standardId, mode: 'auto' }),
    ),
  );
}

async function settled(platform: ConnectorWorld['platform'], works: readonly string[]): Promise<void> {
  const ended = await Promise.all(works.map((id) => workSettled(platform, id, 60_000)));
  expect(ended.flatMap(({ errors }) => errors)).toEqual([]);
}

function refusedFor429({ log }: ConnectorWorld['virusTotal']): number {
  return log.matching(({ status }) => status === 429).length;
}

async function healthOf(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  return response.json();
}
