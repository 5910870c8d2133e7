import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectorProcess } from '../../src/cli/demo/connector-process.js';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import type { VirusTotalSimulatorOptions } from '../../src/simulators/virustotal/server.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { findRedis, type RedisServer } from '../helpers/redis-server.js';

/** Two processes of one connector that take requests from one queue and share a key, and its state in Redis. */
interface Replicas extends ConnectorWorld {
  /** A key that no other test uses: it names what the replicas share. */
  readonly apiKey: string;
  readonly first: ConnectorProcess;
  readonly second: ConnectorProcess;
}

let redis: RedisServer;
let world: ConnectorWorld | undefined;

beforeAll(async () => {
  const log = (message: string): void => void process.stderr.write(`redis: ${message}\n`);
  redis = await findRedis(log);
}, 600_000);
afterAll(() => redis.stop());
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function startReplicas(
  virusTotal: VirusTotalSimulatorOptions,
  variables: Readonly<Record<string, string>>,
): Promise<Replicas> {
  const apiKey = randomBytes(32).toString('hex');
  const catalog = new Catalog();
  for (const address of addresses(MOST_VALUES))
    catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
  world = await startConnectorWorld({
    virusTotal: { catalog, ...virusTotal },
    variables: {
      VIRUSTOTAL_TOKEN: apiKey,
      STATE_REDIS_URL: redis.url,
      CONNECTOR_CONCURRENCY: '40',
      // Of a log that is long, only the end is kept.
      CONNECTOR_LOG_LEVEL: 'info',
      ...variables,
    },
  });
  const first = world.connector;
  // The host it names tells its requests from those of the first.
  const direct = world.virusTotal.url.replace('127.0.0.1', 'localhost');
  const second = await world.startConnector({ VIRUSTOTAL_API_URL: direct });
  await expect.poll(() => second.log(), { timeout: 15_000 }).toContain('taking requests');
  return Object.assign(world, { apiKey, first, second });
}

describe('two replicas of one connector', () => {
  it('use one minute of 60 together, and the one that is left takes all of the next', async () => {
    const { platform, virusTotal, first } = await startReplicas(
      { quota: { perMinute: 60 } },
      { VIRUSTOTAL_QUOTA_PER_MINUTE: '60' },
    );
    const complete = (): number => platform.works.filter(({ status }) => status === 'complete').length;
    // Evenly, lest this process, which is VirusTotal here, be too busy to note when each look-up came.
    const demand = requestEvenly(platform, addresses(130), 200);
    // What is killed while an answer is on its way pays for it again; here each waits for the next minute.
    await platform.until(() => complete() === 60, { timeoutMs: 60_000, description: '60 works' });
    await demand;
    await first.stop('SIGKILL');
    await virusTotal.log.waitFor(120, isLookUp);
    const answered = (): number => virusTotal.log.lookUps().filter(({ status }) => status === 200).length;
    await expect.poll(answered, { timeout: 15_000 }).toBe(120);

    const lookUps = virusTotal.log.lookUps();
    const beganAt = lookUps[0]!.at.getTime();
    expect(mostInAnyMinute(lookUps.map(({ at }) => at.getTime()))).toBe(60);
    expect(lookUps.filter(({ at }) => at.getTime() < beganAt + 60_000).length).toBeGreaterThanOrEqual(57);
    // Both took part in the first minute; the second minute was left to one of them, at once and in full.
    const ofMinute = lookUps.slice(0, 60);
    expect(new Set(ofMinute.map(replicaOf))).toEqual(new Set(['first', 'second']));
    const ofNext = lookUps.slice(60);
    expect(ofNext).toHaveLength(60);
    expect(new Set(ofNext.map(replicaOf))).toEqual(new Set(['second']));
    expect(ofNext.at(-1)!.at.getTime() - ofMinute.at(-1)!.at.getTime()).toBeLessThan(75_000);
    // No unit was lost to a refusal, and no value paid for twice.
    expect(virusTotal.log.matching(({ status }) => status === 429)).toEqual([]);
    expect(new Set(lookUps.map(({ path }) => path)).size).toBe(120);
    expect(platform.works.flatMap(({ errors }) => errors)).toEqual([]);
  }, 180_000);

  it('share what they have looked up', async () => {
    const { platform, virusTotal, first, second } = await startReplicas({}, { CONNECTOR_LOG_LEVEL: 'debug' });
    await settled(platform, await request(platform, addresses(10)));
    await settled(platform, await request(platform, addresses(10), 60));
    expect(virusTotal.log.lookUps()).toHaveLength(10);
    for (const replica of [first, second]) expect(replica.log()).toContain('answered from the cache');
  });

  it('look a value up once when both are asked for it at the same time', async () => {
    const { platform, virusTotal, first, second } = await startReplicas({ latencyMs: 500 }, {});
    await settled(platform, await request(platform, addresses(4), 160));
    expect(virusTotal.log.lookUps()).toHaveLength(4);
    for (const replica of [first, second]) expect(replica.log()).toContain('request settled');
  });

  it('both pause when VirusTotal refuses one of them, with one warning each at most, and nothing fails', async () => {
    const { platform, virusTotal, first, second } = await startReplicas(
      { latencyMs: 100 },
      { VIRUSTOTAL_QUOTA_PER_MINUTE: '5000', CONNECTOR_CONCURRENCY: '5' },
    );
    const refusal = {
      kind: 'error',
      status: 429,
      code: 'QuotaExceededError',
      headers: { 'retry-after': '3' },
    } as const;
    const warmUp = await request(platform, addresses(20));
    await virusTotal.log.waitFor(10, isLookUp);
    virusTotal.faults.add('GET /ip_addresses/*', refusal, 3);
    await settled(platform, [...warmUp, ...(await request(platform, addresses(80).slice(20)))]);

    const lookUps = virusTotal.log.lookUps();
    const refused = lookUps.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(3);
    expect(lookUps.filter(({ status }) => status === 200)).toHaveLength(80);
    // What was on its way goes on; then there is silence until the moment that was told.
    const firstAt = refused[0]!.at.getTime();
    const during = lookUps.filter(({ at }) => at.getTime() > firstAt + 700 && at.getTime() < firstAt + 3_000);
    expect(during).toEqual([]);
    // One of them may have nothing to do when the other has read the queue ahead.
    const told = [first, second].map(warningsOf);
    expect(told).toContainEqual(['VirusTotal quota exhausted']);
    for (const each of told) expect([[], ['VirusTotal quota exhausted']]).toContainEqual(each);
  });

  it('both wait for the next day when VirusTotal counts it as spent, and nothing fails', async () => {
    const { platform, virusTotal, apiKey, first, second } = await startReplicas(
      { quota: { perDay: 50 } },
      { VIRUSTOTAL_QUOTA_PER_DAY: '500' },
    );
    await settled(platform, await request(platform, addresses(20)));
    // Somebody else uses the same key, which the count here does not know.
    virusTotal.quota.spend(apiKey, 20);
    const works = await request(platform, addresses(60));
    const complete = (): string[] => works.filter((id) => platform.work(id)?.status === 'complete');
    // Twenty of them are in the cache, and ten more are left of the day.
    await platform.until(() => complete().length >= 30, { timeoutMs: 30_000, description: '30 works' });
    // One that hears of a pause from the other learns only later, from VirusTotal, that it is the day that is spent.
    const windows = (): string[][] => [first, second].map((each) => exhaustedWindows(each));
    await expect.poll(windows, { timeout: 15_000 }).toContainEqual(['day']);

    expect(virusTotal.quota.use(apiKey).day).toBe(50);
    expect(complete()).toHaveLength(30);
    expect(platform.works.flatMap(({ errors }) => errors)).toEqual([]);
    for (const each of windows()) expect(new Set(each).size).toBe(each.length);
    for (const replica of [first, second]) expect(new Set(warningsOf(replica)).size).toBeLessThan(2);
  });
});

const MOST_VALUES = 150;

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `8.8.${index >> 7}.${(index & 127) + 1}`);
}

/** Requests automatic enrichments of addresses, in turn; returns the works. */
function request(
  platform: ConnectorWorld['platform'],
  values: readonly string[],
  requests: number = values.length,
): Promise<string[]> {
  const entities = values.map((value) => platform.addObservable('IPv4-Addr', { value }));
  return Promise.all(
    Array.from({ length: requests }, (_, index) =>
      platform.requestEnrichment({ entityId: entities[index % values.length]!.standardId, mode: 'auto' }),
    ),
  );
}

/** As {@link request}, one after the other. */
async function requestEvenly(
  platform: ConnectorWorld['platform'],
  values: readonly string[],
  everyMs: number,
): Promise<void> {
  for (const value of values) {
    await request(platform, [value]);
    await delay(everyMs);
  }
}

async function settled(platform: ConnectorWorld['platform'], works: readonly string[]): Promise<void> {
  const ended = await Promise.all(works.map((id) => workSettled(platform, id, 40_000)));
  expect(ended.flatMap(({ errors }) => errors)).toEqual([]);
}

type Asked = ReturnType<ConnectorWorld['virusTotal']['log']['lookUps']>[number];

function isLookUp({ path }: Asked): boolean {
  return path.startsWith('/ip_addresses/');
}

function replicaOf({ headers }: Asked): 'first' | 'second' {
  return headers.host?.startsWith('localhost') === true ? 'second' : 'first';
}

function mostInAnyMinute(times: readonly number[]): number {
  return Math.max(
    0,
    ...times.map((at) => times.filter((other) => other >= at && other < at + 60_000).length),
  );
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly attributes?: { readonly window?: string };
}

/** What a connector has warned of, or worse. */
function warnings(connector: ConnectorProcess): LogLine[] {
  return connector
    .log()
    .split('\n')
    .filter((line) => /"level":"(WARN|ERROR)"/.test(line))
    .map((line) => JSON.parse(line) as LogLine);
}

function warningsOf(connector: ConnectorProcess): string[] {
  return warnings(connector).map(({ message }) => message);
}

/** The windows that a connector has told to be spent. */
function exhaustedWindows(connector: ConnectorProcess): string[] {
  return warnings(connector).flatMap(({ attributes }) => attributes?.window ?? []);
}
