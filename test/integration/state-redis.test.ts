import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadLetterId } from '../../src/dead-letters/dead-letter.js';
import { DeadLetters, type LetterToKeep } from '../../src/dead-letters/dead-letters.js';
import { fixedClock } from '../../src/shared/clock.js';
import { StateError } from '../../src/state/errors.js';
import { withLease } from '../../src/state/lease.js';
import type { CachedValue, StateStore } from '../../src/state/port.js';
import { openRedisStore, type RedisStoreOptions } from '../../src/state/redis-store.js';
import { openResilientStore } from '../../src/state/resilient-store.js';
import { recordedLogger } from '../helpers/recorded-logger.js';
import { startRedisProxy, type RedisProxy } from '../helpers/redis-proxy.js';
import { findRedis, type RedisServer } from '../helpers/redis-server.js';
import { CONTRACT_NOW, itKeepsTheStateContract } from '../helpers/state-store-contract.js';
import { endOf, startStateWorker } from '../helpers/state-worker-process.js';

let server: RedisServer;
let admin: Redis;
let prefix: string;
const opened: StateStore[] = [];

beforeAll(async () => {
  const log = (message: string): void => void process.stderr.write(`redis: ${message}\n`);
  server = await findRedis(log);
  log(`using ${server.origin}`);
  admin = new Redis(server.url);
}, 600_000);

afterAll(async () => {
  await admin.quit();
  await server.stop();
});

beforeEach(() => {
  prefix = `test-${randomUUID()}`;
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await removeKeys(prefix);
});

async function removeKeys(ofPrefix: string): Promise<void> {
  const keys = await admin.keys(`${ofPrefix}:*`);
  if (keys.length > 0) await admin.del(...keys);
}

async function open(changes: Partial<RedisStoreOptions> = {}): Promise<StateStore> {
  const store = await openRedisStore({
    url: server.url,
    prefix,
    logger: recordedLogger().logger,
    ...changes,
  });
  opened.push(store);
  return store;
}

function increment(store: StateStore): Promise<number> {
  return store.update<number, number>('ledger', 'day', (count = 0) => ({
    next: count + 1,
    result: count + 1,
  }));
}

function valueOf(text: string, lifetimeMs: number): CachedValue {
  const storedAt = new Date();
  return {
    bytes: Buffer.from(text),
    storedAt,
    expiresAt: new Date(storedAt.getTime() + lifetimeMs),
  };
}

describe('the contract of the port, kept by Redis', () => {
  const contractPrefixes: string[] = [];
  afterAll(() => Promise.all(contractPrefixes.map(removeKeys)));
  itKeepsTheStateContract(() => {
    const contractPrefix = `test-${randomUUID()}`;
    contractPrefixes.push(contractPrefix);
    return openRedisStore({
      url: server.url,
      prefix: contractPrefix,
      clock: fixedClock(CONTRACT_NOW),
      logger: recordedLogger().logger,
    });
  });
});

describe('replicas that share a Redis', () => {
  it('lose none of the changes they make to one record at the same time', async () => {
    const workers = Array.from({ length: 3 }, () =>
      startStateWorker('count', `${server.url}#${prefix}`, 200),
    );
    expect(await Promise.all(workers.map(endOf))).toEqual([0, 0, 0]);
    expect(await (await open()).list('ledger')).toEqual([{ key: 'count', value: 600 }]);
  });

  it('share cached values', async () => {
    const [one, other] = [await open(), await open()];
    await one.write('file:1', valueOf('report', 60_000));
    expect(Buffer.from((await other.read('file:1', new Date()))!.bytes).toString()).toBe('report');
    await other.forget('file:1');
    expect(await one.read('file:1', new Date())).toBeUndefined();
  });

  it('do one look-up for all who ask at once', async () => {
    let lookUps = 0;
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (holder) => {
        const store = await open();
        const cached = async (): Promise<string | undefined> => {
          const found = await store.read('file:1', new Date());
          return found === undefined ? undefined : Buffer.from(found.bytes).toString();
        };
        return withLease(
          { store, key: 'file:1', holder, ttlMs: 10_000, pollMs: 5, clock: { now: () => new Date() } },
          {
            ready: cached,
            task: async () => {
              lookUps += 1;
              await store.write('file:1', valueOf(`report by ${holder}`, 60_000));
              return `report by ${holder}`;
            },
          },
        );
      }),
    );
    expect(lookUps).toBe(1);
    expect(new Set(answers).size).toBe(1);
  });

  it('stay apart under different prefixes', async () => {
    const [one, other] = [await open(), await open({ prefix: `${prefix}:other` })];
    await increment(one);
    expect(await other.list('ledger')).toEqual([]);
  });
});

describe('what Redis holds', () => {
  it('expires with the cached value, while records stay', async () => {
    const store = await open();
    await increment(store);
    await store.write('file:1', valueOf('report', 60_000));
    const lifetime = await admin.pttl(`${prefix}:cache:file:1`);
    expect(lifetime).toBeGreaterThan(50_000);
    expect(lifetime).toBeLessThanOrEqual(60_000);
    expect(await admin.pttl(`${prefix}:records:ledger`)).toBe(-1);
  });

  it('does not keep a value that has expired already, nor the one it was to replace', async () => {
    const store = await open();
    await store.write('file:1', valueOf('report', 60_000));
    await store.write('file:1', valueOf('report', 0));
    expect(await admin.exists(`${prefix}:cache:file:1`)).toBe(0);
  });

  it('counts as absent when somebody else wrote it', async () => {
    const store = await open();
    await admin.set(`${prefix}:cache:file:1`, 'x', 'PX', 60_000);
    await admin.hset(`${prefix}:records:ledger`, 'day', 'not JSON');
    expect(await store.read('file:1', new Date())).toBeUndefined();
    expect(await increment(store)).toBe(1);
  });
});

describe('a server that cannot be used', () => {
  it('is a state error that names neither password nor URL', async () => {
    const url = new URL(server.url);
    url.password = 'hunter2-wrong';
    const refused = openRedisStore({ url: url.href, prefix, logger: recordedLogger().logger });
    // A server without a password accepts any.
    if (new URL(server.url).password === '') {
      const store = await refused;
      opened.push(store);
      expect(store.description).not.toContain('hunter2');
      return;
    }
    const error = await refused.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toMatch(/^Redis .+:\d+ cannot be used: WRONGPASS /);
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(
      'hunter2',
    );
  });

  it('is a state error when nothing listens there', async () => {
    const closed = openRedisStore({
      url: 'redis://:hunter2@127.0.0.1:1',
      prefix,
      logger: recordedLogger().logger,
    });
    await expect(closed).rejects.toThrow(StateError);
    await expect(
      openRedisStore({ url: 'redis://:hunter2@127.0.0.1:1', prefix, logger: recordedLogger().logger }),
    ).rejects.toThrow('Redis 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1');
  });

  it('never lets the password into the log', async () => {
    const { logger, lines } = recordedLogger();
    await openRedisStore({ url: 'redis://:hunter2@127.0.0.1:1', prefix, logger }).catch(() => undefined);
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

describe('a connection that breaks', () => {
  let proxy: RedisProxy;

  beforeEach(async () => {
    const { hostname, port } = new URL(server.url);
    proxy = await startRedisProxy({ host: hostname, port: Number(port === '' ? 6379 : port) });
  });
  afterEach(() => proxy.close());

  function proxyUrl(): string {
    const url = new URL(server.url);
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    return url.href;
  }

  it('comes back by itself', async () => {
    const store = await open({ url: proxyUrl() });
    await increment(store);
    proxy.cut();
    await vi.waitFor(async () => {
      expect(await increment(store)).toBeGreaterThan(1);
    }, 10_000);
  });

  it('is a state error to all who wait, once, when the server falls silent', async () => {
    const store = await open({ url: proxyUrl(), commandTimeoutMs: 300 });
    await increment(store);
    proxy.silent = true;
    const began = performance.now();
    const changes = await Promise.allSettled(Array.from({ length: 20 }, () => increment(store)));
    expect(changes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'));
    expect(performance.now() - began).toBeLessThan(2_000);
    proxy.silent = false;
    proxy.cut();
    await vi.waitFor(async () => {
      expect(await increment(store)).toBeGreaterThan(1);
    }, 10_000);
  });

  it('counts no change twice when an answer is lost', async () => {
    const store = await open({ url: proxyUrl() });
    const other = await open();
    for (let round = 0; round < 20; round += 1) {
      const before = Number((await other.list('ledger'))[0]?.value ?? 0);
      const change = increment(store).catch((error: unknown) => error);
      proxy.cut();
      await change;
      const after = Number((await other.list('ledger'))[0]?.value ?? 0);
      expect(after - before).toBeLessThanOrEqual(1);
    }
  });

  it('is bridged by memory: nothing is lost, and health and log tell', async () => {
    const { logger, lines } = recordedLogger();
    const store = await openResilientStore({
      open: () => openRedisStore({ url: proxyUrl(), prefix, logger }),
      merge: ({ base, memory, primary }) => Number(primary ?? 0) + Number(memory) - Number(base ?? 0),
      backoff: { baseMs: 10, maxMs: 10 },
      logger,
    });
    opened.push(store);
    const other = await open();
    expect(await increment(store)).toBe(1);

    proxy.open = false;
    proxy.cut();
    // The first one may still be answered by a command that was sent before the cut.
    for (let count = 0; count < 5; count += 1) await increment(store);
    await store.write('file:1', valueOf('report', 60_000));
    expect(store.health().ok).toBe(false);
    expect(store.health().detail).toContain('Redis 127.0.0.1:');
    for (let count = 0; count < 3; count += 1) await increment(other);

    proxy.open = true;
    await vi.waitFor(() => {
      expect(store.health()).toEqual({ ok: true });
    }, 10_000);
    expect(await other.list('ledger')).toEqual([{ key: 'day', value: 9 }]);
    expect(Buffer.from((await other.read('file:1', new Date()))!.bytes).toString()).toBe('report');
    expect(lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg)).toEqual([
      'the state store cannot be used; going on with limits and cache in memory until it can',
      'the state store can be used again',
    ]);
    expect(await increment(store)).toBe(10);
  });
});

describe('dead letters in Redis', () => {
  const lettersOf = (store: StateStore, owner: string): DeadLetters =>
    new DeadLetters({ store, logger: recordedLogger().logger, owner });
  const letterOf = (body: string | Uint8Array): LetterToKeep => ({
    body: Buffer.from(body),
    reason: 'The message cannot be read: event is not an object.',
    source: 'queue',
    workId: 'work_1',
    entityId: undefined,
  });

  it('are kept, listed, counted and dropped by replicas together', async () => {
    const one = lettersOf(await open(), 'virustotal-1');
    const other = lettersOf(await open(), 'virustotal-1');
    const bytes = Uint8Array.from([0xff, 0x00, 0x7b, 0xc3, 0x28]);
    // Each message reaches both, as when one dies before it has acknowledged it.
    const bodies = [bytes, ...Array.from({ length: 20 }, (_, index) => `message ${index}`)];
    await Promise.all(bodies.flatMap((body) => [one.keep(letterOf(body)), other.keep(letterOf(body))]));
    expect([await one.count(), await other.count()]).toEqual([21, 21]);
    const all = await one.list();
    expect(all.map(({ times }) => times)).toEqual(all.map(() => 2));
    expect(await other.list()).toEqual(all);
    expect(await other.bodyOf(deadLetterId(bytes))).toEqual(Buffer.from(bytes));

    const drops = await Promise.all(all.flatMap(({ id }) => [one.remove(id), other.remove(id)]));
    expect(drops.filter(Boolean)).toHaveLength(21);
    expect([await one.list(), await other.count()]).toEqual([[], 0]);
    expect(await admin.keys(`${prefix}:*`)).toEqual([]);
  });

  it('are nothing to a connector of another id', async () => {
    const { id } = await lettersOf(await open(), 'virustotal-1').keep(letterOf('{}'));
    const stranger = lettersOf(await open(), 'virustotal-2');
    expect(await stranger.count()).toBe(0);
    expect(await stranger.remove(id)).toBe(false);
    expect(await lettersOf(await open(), 'virustotal-1').count()).toBe(1);
  });
});
