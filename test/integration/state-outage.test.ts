import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { openSqliteStore } from '../../src/state/sqlite-store.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { startRedisProxy, type RedisProxy } from '../helpers/redis-proxy.js';
import { findRedis, type RedisServer } from '../helpers/redis-server.js';

const STANDS_IN = 'the state store cannot be used; going on with limits and cache in memory until it can';
const IS_BACK = 'the state store can be used again';
const LEDGERS = 'opencti-virustotal:records:ledger';

let redis: RedisServer;
let admin: Redis;
let world: ConnectorWorld | undefined;
let proxy: RedisProxy | undefined;

beforeAll(async () => {
  const log = (message: string): void => void process.stderr.write(`redis: ${message}\n`);
  redis = await findRedis(log);
  admin = new Redis(redis.url);
}, 600_000);
afterAll(async () => {
  await admin.quit();
  await redis.stop();
});
afterEach(async () => {
  await world?.close();
  await proxy?.close();
  world = proxy = undefined;
});

interface Run extends ConnectorWorld {
  readonly apiKey: string;
  /** What the connector says about its state. */
  stateHealth(): Promise<{ readonly ok: boolean; readonly detail?: string }>;
}

async function start(variables: Readonly<Record<string, string>>): Promise<Run> {
  const [healthPort = 0] = await freePorts(1);
  // Names what is shared in Redis, so that no other test sees it.
  const apiKey = randomBytes(32).toString('hex');
  const catalog = new Catalog();
  for (const address of addresses(0, 30))
    catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
  world = await startConnectorWorld({
    virusTotal: { catalog },
    variables: {
      VIRUSTOTAL_TOKEN: apiKey,
      VIRUSTOTAL_QUOTA_PER_DAY: '20',
      CONNECTOR_HEALTH_PORT: String(healthPort),
      CONNECTOR_LOG_LEVEL: 'info',
      ...variables,
    },
  });
  const stateHealth: Run['stateHealth'] = async () => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/health`);
    return ((await response.json()) as { parts: { state: { ok: boolean; detail?: string } } }).parts.state;
  };
  return Object.assign(world, { apiKey, stateHealth });
}

async function startOnRedis(): Promise<Run & { readonly proxy: RedisProxy }> {
  const url = new URL(redis.url);
  proxy = await startRedisProxy({ host: url.hostname, port: Number(url.port === '' ? 6379 : url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return Object.assign(await start({ STATE_REDIS_URL: url.href }), { proxy });
}

describe('a Redis that is stopped and started again', () => {
  it('holds up no request, is told of once, and learns what was spent meanwhile', async () => {
    const { platform, virusTotal, connector, stateHealth, apiKey, proxy: line } = await startOnRedis();
    await enriched(platform, addresses(0, 5));
    line.open = false;
    line.cut();
    await enriched(platform, addresses(5, 6));
    expect(await stateHealth()).toMatchObject({
      ok: false,
      detail: expect.stringMatching(
        /^state is kept in memory: Redis 127\.0\.0\.1:\d+ cannot be used: /,
      ) as string,
    });
    // Meanwhile another replica, which reaches Redis, spends three.
    await spendElsewhere(admin, keyIdIn(await admin.hkeys(LEDGERS)), 3);
    line.open = true;
    await expect.poll(stateHealth, { timeout: 30_000 }).toMatchObject({ ok: true });
    expect(await daySpent(admin)).toBe(14);

    // The limit of the day is one for both, and for both sides of the outage.
    const works = await request(platform, addresses(11, 19));
    const complete = (): string[] => works.filter((id) => platform.work(id)?.status === 'complete');
    await platform.until(() => complete().length === 6, { timeoutMs: 30_000, description: '6 works' });
    await expect
      .poll(() => messages(connector.log()), { timeout: 10_000 })
      .toContain('VirusTotal quota exhausted');
    expect(virusTotal.quota.use(apiKey).day).toBe(17);
    expect(complete()).toHaveLength(6);
    expect(platform.works.flatMap(({ errors }) => errors)).toEqual([]);
    const told = messages(connector.log());
    expect(told.filter((message) => message === STANDS_IN)).toHaveLength(1);
    expect(told.filter((message) => message === IS_BACK)).toHaveLength(1);
  });

  it('keeps the limit of the day in memory, and gets the count back even if it lost everything', async () => {
    const { platform, virusTotal, stateHealth, apiKey, proxy: line } = await startOnRedis();
    await enriched(platform, addresses(0, 5));
    line.open = false;
    line.cut();
    // As of a server that keeps nothing on disk.
    await admin.del(LEDGERS);
    const works = await request(platform, addresses(5, 20));
    const complete = (): string[] => works.filter((id) => platform.work(id)?.status === 'complete');
    await platform.until(() => complete().length === 15, { timeoutMs: 30_000, description: '15 works' });
    line.open = true;
    await expect.poll(stateHealth, { timeout: 30_000 }).toMatchObject({ ok: true });
    expect(await daySpent(admin)).toBe(20);
    expect(virusTotal.quota.use(apiKey).day).toBe(20);
    expect(platform.works.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('gets the count back when it lost everything while nobody looked', async () => {
    const { platform, proxy: line } = await startOnRedis();
    await enriched(platform, addresses(0, 5));
    line.cut();
    await admin.del(LEDGERS);
    await enriched(platform, addresses(5, 1));
    await expect.poll(() => daySpent(admin), { timeout: 30_000 }).toBe(6);
  });
});

describe('a state file that cannot be used', () => {
  it('holds up no request, is told of once, and learns what was spent once it can', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'state-outage-'));
    const obstacle = join(folder, 'state');
    await writeFile(obstacle, 'a file where the folder should be');
    try {
      const path = join(obstacle, 'state.sqlite');
      const { platform, connector, stateHealth, virusTotal } = await start({ STATE_PATH: path });
      await enriched(platform, addresses(0, 5));
      expect(await stateHealth()).toMatchObject({
        ok: false,
        detail: expect.stringContaining('state is kept in memory: The SQLite file') as string,
      });
      await rm(obstacle);
      await expect.poll(stateHealth, { timeout: 45_000 }).toMatchObject({ ok: true });
      await connector.stop('SIGTERM');
      await world?.startConnector();
      // What was cached in memory is in the file.
      await enriched(platform, addresses(0, 5));
      expect(virusTotal.log.lookUps()).toHaveLength(5);
      const told = messages(connector.log());
      expect(told.filter((message) => message === STANDS_IN)).toHaveLength(1);
      expect(told.filter((message) => message === IS_BACK)).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a state file that is removed while the connector runs', () => {
  it('is made anew, with the count', async () => {
    const { platform, connector, directory } = await start({});
    await enriched(platform, addresses(0, 5));
    await rm(join(directory, 'state.sqlite'));
    await enriched(platform, addresses(5, 6));
    await expect.poll(() => messages(connector.log()), { timeout: 30_000 }).toContain(IS_BACK);
    await enriched(platform, addresses(11, 1));
    await connector.stop('SIGKILL');
    const store = await openSqliteStore({
      path: join(directory, 'state.sqlite'),
      logger: pino({ level: 'silent' }),
    });
    const [ledger] = await store.list('ledger');
    expect((ledger?.value as Windows).day.at(-1)?.spent).toBe(12);
    await store.close();
    expect(messages(connector.log()).filter((message) => message === STANDS_IN)).toHaveLength(1);
  });
});

function addresses(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `8.8.4.${from + index + 1}`);
}

function request(platform: ConnectorWorld['platform'], values: readonly string[]): Promise<string[]> {
  return Promise.all(
    values.map((value) => {
      const { standardId } = platform.addObservable('IPv4-Addr', { value });
      return platform.requestEnrichment({ entityId: standardId, mode: 'auto' });
    }),
  );
}

async function enriched(platform: ConnectorWorld['platform'], values: readonly string[]): Promise<void> {
  for (const work of await request(platform, values)) {
    const { errors } = await workSettled(platform, work, 30_000);
    expect(errors).toEqual([]);
  }
}

interface Windows {
  readonly day: readonly { readonly spent: number }[];
}

async function daySpent(redisClient: Redis): Promise<number> {
  const [record] = await redisClient.hvals(LEDGERS);
  return (JSON.parse(record ?? '{"day":[]}') as Windows).day.at(-1)?.spent ?? 0;
}

/** What another replica does to the record. */
async function spendElsewhere(redisClient: Redis, keyId: string, units: number): Promise<void> {
  const record = JSON.parse((await redisClient.hget(LEDGERS, keyId)) ?? '') as Record<
    string,
    { spent: number }[]
  >;
  for (const window of ['hour', 'day', 'month']) record[window]!.at(-1)!.spent += units;
  await redisClient.hset(LEDGERS, keyId, JSON.stringify(record));
}

function keyIdIn(keys: readonly string[]): string {
  expect(keys).toHaveLength(1);
  return keys[0]!;
}

function messages(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { message: string }).message);
}
