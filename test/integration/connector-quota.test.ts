import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { keyIdOf } from '../../src/app/open-state.js';
import { systemClock } from '../../src/shared/clock.js';
import { openSqliteStore } from '../../src/state/sqlite-store.js';
import { MINUTE_WINDOW_MS, spend } from '../../src/virustotal/quota/ledger.js';
import { ledgerFrom } from '../../src/virustotal/quota/stored-ledger.js';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
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
    for (const address of [...addresses(60), ...MANUAL])
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
    const waiting = works
      .flatMap((id) => platform.work(id)?.messages ?? [])
      .filter(({ message }) =>
        message.startsWith('The daily VirusTotal quota is used up; the request waits until'),
      );
    expect(waiting.length).toBeGreaterThan(0);
    expect(works.flatMap((id) => platform.work(id)?.errors ?? [])).toEqual([]);
    expect(refusedFor429(virusTotal)).toBe(0);
  });

  it('goes to a manual request first, that came after 60 automatic ones, when the minute opens', async () => {
    const { virusTotal, platform, directory, connector, startConnector } = await start({ perMinute: 20 });
    await connector.stop('SIGTERM');
    await spendMinute(join(directory, 'state.sqlite'), 20, { opensInMs: 15_000 });
    await startConnector();
    const automatic = await request(platform, 60, 60);
    const [manual = ''] = await requestManually(platform, 1);
    await settled(platform, [manual]);
    expect(virusTotal.log.lookUps()[0]?.path).toContain('9.9.9.1');
    expect(virusTotal.log.lookUps().length).toBeLessThanOrEqual(20);
    expect(completeOf(platform, automatic).length).toBeLessThan(20);
    expect(refusedFor429(virusTotal)).toBe(0);
  });

  it('is left to manual requests from their share of the day on; the others wait, and nothing fails', async () => {
    const [healthPort = 0] = await freePorts(1);
    const { virusTotal, connector, platform } = await start(
      { perMinute: 1000 },
      {
        VIRUSTOTAL_QUOTA_PER_DAY: '20',
        VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT: '25',
        CONNECTOR_HEALTH_PORT: String(healthPort),
      },
    );
    const automatic = await request(platform, 60, 60);
    await expect
      .poll(() => healthOf(healthPort), { timeout: 20_000 })
      .toMatchObject({
        status: 'ok',
        parts: {
          consumer: { ok: true, detail: expect.stringContaining('automatic requests wait until') as string },
        },
      });
    await settled(platform, await requestManually(platform, 1));
    await platform.until(() => completeOf(platform, automatic).length === 15, { description: '15 works' });
    expect(virusTotal.quota.use(API_KEY).day).toBe(16);
    // It takes no turn again and again to wait.
    const handedBack = connector.log().split('is handed back').length - 1;
    expect(handedBack).toBeLessThanOrEqual(8);

    const rest = await requestManually(platform, 6);
    await platform.until(() => completeOf(platform, rest).length === 4, { description: '4 works' });
    // Everything is spent now, and everything that is left waits in the broker.
    await expect.poll(() => platform.queueDepth('listen'), { timeout: 10_000 }).toBe(45 + 1);
    expect(completeOf(platform, automatic)).toHaveLength(15);
    expect(virusTotal.quota.use(API_KEY).day).toBe(20);
    expect([...automatic, ...rest].flatMap((id) => platform.work(id)?.errors ?? [])).toEqual([]);
    expect(refusedFor429(virusTotal)).toBe(0);
  });

  it('is no reason to be well while it is left to manual requests that cannot come', async () => {
    const [healthPort = 0] = await freePorts(1);
    const { platform } = await start(
      { perMinute: 1000 },
      {
        VIRUSTOTAL_QUOTA_PER_DAY: '4',
        VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT: '50',
        CONNECTOR_HEALTH_PORT: String(healthPort),
      },
    );
    await request(platform, 10, 10);
    const consumer = async (): Promise<unknown> => {
      const health = (await healthOf(healthPort)) as { parts: { consumer: unknown } };
      return health.parts.consumer;
    };
    const detail: unknown = expect.stringContaining('automatic requests wait until');
    await expect.poll(consumer, { timeout: 20_000 }).toMatchObject({ ok: true, detail });
    // Registered again, it would consume again at once.
    platform.faults.fail('about', BAD_GATEWAY, { times: 1_000 });
    await platform.deleteConnector();
    await expect.poll(consumer, { timeout: 10_000 }).toMatchObject({ ok: false, detail });
  });

  it('of the minute holds up no stop: those that wait for it go back at once and quietly', async () => {
    const { platform, connector, virusTotal } = await start(
      { perMinute: 1000 },
      { VIRUSTOTAL_QUOTA_PER_MINUTE: '1' },
    );
    const works = await request(platform, 20, 20);
    await virusTotal.log.waitFor(1);
    await platform.until(() => completeOf(platform, works).length === 1, { description: 'one work' });
    await expect.poll(() => platform.queueDepth('listen'), { timeout: 10_000 }).toBeLessThan(12);
    const askedAt = performance.now();
    expect(await connector.stop('SIGTERM')).toBe(0);
    // Far less than what requests in work are given.
    expect(performance.now() - askedAt).toBeLessThan(3_000);
    expect(await platform.queueDepth('listen')).toBe(19);
    expect(connector.log()).not.toMatch(/"level":"(WARN|ERROR)"/);
    expect(works.flatMap((id) => platform.work(id)?.errors ?? [])).toEqual([]);
  });
});

/** Addresses that analysts ask about. */
const MANUAL = ['9.9.9.1', '9.9.9.2', '9.9.9.3', '9.9.9.4', '9.9.9.5', '9.9.9.6'];

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

/** Requests enrichments of so many addresses that nobody else asks about, by hand, in turn. */
function requestManually(platform: ConnectorWorld['platform'], requests: number): Promise<string[]> {
  return Promise.all(
    MANUAL.slice(0, requests).map((value) =>
      platform.requestEnrichment({ entityId: platform.addObservable('IPv4-Addr', { value }).standardId }),
    ),
  );
}

function completeOf(platform: ConnectorWorld['platform'], works: readonly string[]): string[] {
  return works.filter((id) => platform.work(id)?.status === 'complete');
}

/** Writes into the state that so many units were spent a little less than a minute ago. */
async function spendMinute(path: string, units: number, { opensInMs }: { opensInMs: number }): Promise<void> {
  const logger = pino({ level: 'silent' });
  const store = await openSqliteStore({ path, logger, clock: systemClock });
  const spentAt = new Date(Date.now() + opensInMs - MINUTE_WINDOW_MS);
  await store.update('ledger', keyIdOf(API_KEY), (stored: unknown) => {
    let ledger = ledgerFrom(stored);
    for (let unit = 0; unit < units; unit += 1) ledger = spend({ ...ledger, at: 0 }, spentAt, 'auto');
    return { next: ledger, result: undefined };
  });
  await store.close();
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
