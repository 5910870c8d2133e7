import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { fullJitterMs } from '../shared/backoff.js';
import { describeError } from '../shared/connector-error.js';
import { StateError } from './errors.js';
import { describeAddress, type RedisAddress } from './redis-url.js';

/** How the server's certificate is verified, for `rediss://`. */
export interface RedisTls {
  /** `false` accepts any certificate. */
  readonly rejectUnauthorized: boolean;
  /** CAs in place of those that Node knows, PEM. */
  readonly ca?: string | readonly string[];
}

/** How to speak with the server. */
export interface RedisConnectionOptions {
  /** How long a command may take. */
  readonly commandTimeoutMs: number;
  readonly tls: RedisTls | undefined;
  readonly logger: Logger;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** After so many times the limit of one command, a silent server's socket is given up, even if it still looks open. */
const SILENT_COMMANDS = 2;
const RECONNECT_BACKOFF = { baseMs: 100, maxMs: 5_000 };

/** One connection to a Redis server that comes back by itself when it is lost. */
export class RedisConnection {
  readonly description: string;
  readonly #redis: Redis;
  readonly #password: string | undefined;
  /** Why the connection was lost last: the rejected commands themselves only know that it was. */
  #lastFault: string | undefined;

  /** Since when commands fail, and why. */
  #lastFailure: { readonly at: number; readonly error: StateError } | undefined;

  private constructor(address: RedisAddress, options: RedisConnectionOptions) {
    const { commandTimeoutMs, tls, logger } = options;
    this.description = describeAddress(address);
    this.#password = address.password;
    this.#redis = new Redis({
      host: address.host,
      port: address.port,
      ...(address.username === undefined ? {} : { username: address.username }),
      ...(address.password === undefined ? {} : { password: address.password }),
      db: address.database,
      ...(address.tls ? { tls: tlsOptions(address, tls) } : {}),
      // Nothing here needs the types of version 3, and every server and proxy speaks version 2.
      protocol: 2,
      connectionName: 'opencti-virustotal',
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: commandTimeoutMs,
      socketTimeout: commandTimeoutMs * SILENT_COMMANDS,
      // A command whose answer was lost may have been carried out: sending it again could count a look-up twice.
      autoResendUnfulfilledCommands: false,
      // Commands fail with the first attempt to reconnect; waiting longer is for whoever uses the store.
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => fullJitterMs(attempt - 1, RECONNECT_BACKOFF),
    });
    this.#redis.on('error', (error: unknown) => {
      this.#lastFault = this.#harmless(describeError(error));
      logger.debug({ store: this.description, reason: this.#lastFault }, 'connection to Redis failed');
    });
    this.#redis.on('ready', () => (this.#lastFault = undefined));
  }

  /** @throws StateError when the server cannot be reached or refuses us. */
  static async open(address: RedisAddress, options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(address, options);
    try {
      await connection.run((redis) => redis.connect());
      return connection;
    } catch (error) {
      connection.#redis.disconnect();
      throw error;
    }
  }

  /**
   * Runs commands.
   *
   * @param askedAt - When the caller asked for it (`performance.now()`). One who had to wait behind a command that then
   *   failed shares that failure: each would otherwise wait in turn for a server that does not answer.
   * @throws StateError for whatever keeps the commands from being carried out.
   */
  async run<T>(task: (redis: Redis) => Promise<T>, askedAt = performance.now()): Promise<T> {
    if (this.#lastFailure !== undefined && this.#lastFailure.at > askedAt) throw this.#lastFailure.error;
    try {
      return await task(this.#redis);
    } catch (error) {
      const translated = this.#translate(error);
      if (!isReply(error)) this.#lastFailure = { at: performance.now(), error: translated };
      throw translated;
    }
  }

  /** Closes the connection. Harmless when called again. */
  async close(): Promise<void> {
    try {
      await this.#redis.quit();
    } catch {
      this.#redis.disconnect();
    }
  }

  /**
   * An error that holds neither the command (its arguments are cached values, or the password) nor an answer of the
   * server that repeats them.
   */
  #translate(error: unknown): StateError {
    const reason = isReply(error)
      ? this.#harmless(describeError(error))
      : (this.#lastFault ??
        (nameOf(error) === 'MaxRetriesPerRequestError' ? 'the connection was lost' : describeError(error)));
    return new StateError(`${this.description} cannot be used: ${reason}`);
  }

  #harmless(message: string): string {
    return this.#password === undefined ? message : message.replaceAll(this.#password, '***');
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** Whether the server itself refused the command. */
function isReply(error: unknown): boolean {
  return nameOf(error) === 'ReplyError';
}

function tlsOptions(address: RedisAddress, tls: RedisTls | undefined): object {
  return {
    // Server Name Indication takes names only.
    ...(/^[\d.]+$|:/.test(address.host) ? {} : { servername: address.host }),
    rejectUnauthorized: tls?.rejectUnauthorized ?? true,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
  };
}
