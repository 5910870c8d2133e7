import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { fullJitterMs } from '../shared/backoff.js';
import { systemClock, type Clock } from '../shared/clock.js';
import { StateError } from './errors.js';
import { KeyedQueue } from './keyed-queue.js';
import type { CachedValue, Change, StateStore, StoredRecord } from './port.js';
import { applyChange, parseRecord, type RecordText } from './record-json.js';
import { RedisConnection, type RedisTls } from './redis-connection.js';
import { parseRedisUrl } from './redis-url.js';
import { decodeValue, encodeValue } from './redis-value.js';

/** Which Redis, and under what names. */
export interface RedisStoreOptions {
  /** `redis://…` or `rediss://…`; see {@link parseRedisUrl}. */
  readonly url: string;
  /** Begins every key; replicas that share state share the prefix. */
  readonly prefix: string;
  readonly tls?: RedisTls | undefined;
  /** How long the server may take for one command, 3 seconds by default. */
  readonly commandTimeoutMs?: number | undefined;
  /** How long to try to change a record that others change all the time, 10 seconds by default. */
  readonly maxContentionMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
}

/**
 * Changes a field of a hash only if it still is what the caller has read: KEYS[1] hash; ARGV[1] field; ARGV[2] `1` if
 * the field was there, ARGV[3] its value; ARGV[4] `1` to set it, ARGV[5] to what, else it is deleted. Answers `{1}`, or
 * `{0, the present value}`.
 */
const REPLACE_IF_UNCHANGED = `
local current = redis.call('HGET', KEYS[1], ARGV[1])
local expected = ARGV[2] == '1' and ARGV[3]
if current ~= expected then return {0, current} end
if ARGV[4] == '1' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[5]) else redis.call('HDEL', KEYS[1], ARGV[1]) end
return {1}`;

const CONTENTION_BACKOFF = { baseMs: 2, maxMs: 50 };

/**
 * State in a Redis server that replicas share. One hash per bucket, without expiry; one string per cached value, with
 * expiry: under a `volatile-…` eviction policy only cached values give way when the server's memory is full.
 * Commands of Redis 2.6 and later are used, so that relatives of Redis serve as well; a Redis Cluster does not.
 *
 * @throws StateError when the server cannot be reached or refuses us.
 * @throws ConnectorError (`configuration`) when the URL is not valid.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<StateStore> {
  const address = parseRedisUrl(options.url);
  const connection = await RedisConnection.open(address, {
    commandTimeoutMs: options.commandTimeoutMs ?? 3_000,
    tls: options.tls,
    logger: options.logger,
  });
  return new RedisStore(connection, options);
}

class RedisStore implements StateStore {
  readonly description: string;
  readonly isDurable = true;
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #maxContentionMs: number;
  readonly #clock: Clock;
  /** Within this process, changes of one record wait for each other instead of spoiling each other's attempts. */
  readonly #changes = new KeyedQueue();
  readonly #writes = new KeyedQueue();
  #closing: Promise<void> | undefined;

  constructor(connection: RedisConnection, options: RedisStoreOptions) {
    this.description = connection.description;
    this.#connection = connection;
    this.#prefix = options.prefix;
    this.#maxContentionMs = options.maxContentionMs ?? 10_000;
    this.#clock = options.clock ?? systemClock;
  }

  async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    const askedAt = performance.now();
    return this.#changes.run(`${bucket}\0${key}`, async () => {
      const deadline = performance.now() + this.#maxContentionMs;
      let text: RecordText =
        (await this.#connection.run((redis) => redis.hget(this.#bucketKey(bucket), key), askedAt)) ??
        undefined;
      for (let attempt = 0; ; attempt += 1) {
        const after = applyChange(text, change);
        if (after.text === text) return after.result;
        const spoiled = await this.#replace(bucket, key, text, after.text);
        if (spoiled === undefined) return after.result;
        if (performance.now() >= deadline) {
          throw new StateError(`${this.description}: record ${key} of ${bucket} is changed all the time.`);
        }
        text = spoiled.present;
        await delay(fullJitterMs(attempt, CONTENTION_BACKOFF));
      }
    });
  }

  async list(bucket: string): Promise<readonly StoredRecord[]> {
    const records = await this.#connection.run((redis) => redis.hgetall(this.#bucketKey(bucket)));
    return Object.entries(records).map(([key, text]) => ({ key, value: parseRecord(text) }));
  }

  async read(key: string, now: Date): Promise<CachedValue | undefined> {
    const encoded = await this.#connection.run((redis) => redis.getBuffer(this.#cacheKey(key)));
    const value = encoded === null ? undefined : await decodeValue(encoded);
    return value !== undefined && value.expiresAt > now ? value : undefined;
  }

  write(key: string, value: CachedValue): Promise<void> {
    return this.#writes.run(key, async () => {
      const encoded = await encodeValue(value);
      // Relative, so that a server whose clock is wrong keeps it for as long as we mean.
      const lifetimeMs = value.expiresAt.getTime() - this.#clock.now().getTime();
      await this.#connection.run(async (redis) =>
        lifetimeMs > 0
          ? redis.set(this.#cacheKey(key), encoded, 'PX', Math.ceil(lifetimeMs))
          : redis.del(this.#cacheKey(key)),
      );
    });
  }

  forget(key: string): Promise<void> {
    return this.#writes.run(key, async () => {
      await this.#connection.run((redis) => redis.del(this.#cacheKey(key)));
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#changes.idle(), this.#writes.idle()]);
    await this.#connection.close();
  }

  /** @returns `undefined` when it worked, else what another replica has made of the record. */
  async #replace(
    bucket: string,
    key: string,
    before: RecordText,
    after: RecordText,
  ): Promise<{ readonly present: RecordText } | undefined> {
    const answer = (await this.#connection.run((redis) =>
      redis.eval(
        REPLACE_IF_UNCHANGED,
        1,
        this.#bucketKey(bucket),
        key,
        ...(before === undefined ? ['0', ''] : ['1', before]),
        ...(after === undefined ? ['0', ''] : ['1', after]),
      ),
    )) as [1] | [0, string | null];
    return answer[0] === 1 ? undefined : { present: answer[1] ?? undefined };
  }

  #bucketKey(bucket: string): string {
    return `${this.#prefix}:records:${bucket}`;
  }

  #cacheKey(key: string): string {
    return `${this.#prefix}:cache:${key}`;
  }
}
