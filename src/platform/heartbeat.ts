import type { Logger } from 'pino';
import { describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { systemClock, type Clock } from '../shared/clock.js';
import type { PlatformClient } from './graphql/client.js';
import { PlatformError } from './graphql/errors.js';
import { PING, PING_WITH_INFO } from './graphql/operations.js';

/** The platform takes a connector for dead after 5 minutes without a ping (protocol reference §3). */
export const HEARTBEAT_INTERVAL_MS = 40_000;

export interface HeartbeatOptions {
  readonly client: PlatformClient;
  readonly connectorId: string;
  /** Whether the platform takes `connectorInfo`. */
  readonly connectorInfo: boolean;
  readonly intervalMs?: number;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
  /**
   * The platform does not know the connector any more (deleted in its interface): register it again. Called at once, and
   * while that does not help after 1, 2, 4, 8 and then every 15 pings more.
   */
  readonly onUnknownConnector: () => Promise<void>;
}

/** Since when the platform does not answer, and why. */
export interface Silence {
  readonly since: Date;
  readonly reason: string;
}

/** Pings between two registrations while the platform goes on not knowing the connector: ten minutes at most. */
const MAX_PINGS_APART = 15;

/** An enrichment connector keeps no state at the platform; this is how one says so. */
const NO_STATE = 'null';

const CONNECTOR_INFO = {
  run_and_terminate: false,
  buffering: false,
  queue_threshold: 500,
  queue_messages_size: 0,
  next_run_datetime: null,
  last_run_datetime: null,
};

/**
 * Tells the platform that the connector lives: at once, then {@link HEARTBEAT_INTERVAL_MS} after each ping has
 * finished, whatever else goes on. Failures are logged when they begin and when they end.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #abort = new AbortController();
  #withInfo: boolean;
  #silence: Silence | undefined;
  /** While the platform does not know the connector: when it is registered next, counted in pings. */
  #unknown: { pingsLeft: number; pingsApart: number } | undefined;
  #lastEndMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #current: Promise<void> = Promise.resolve();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#withInfo = options.connectorInfo;
  }

  /** Whether the last ping was answered. */
  get healthy(): boolean {
    return this.#silence === undefined;
  }

  /** What there is to say while pings are not answered. */
  get silence(): Silence | undefined {
    return this.#silence;
  }

  /** Milliseconds since a ping ended, with an answer or without. Each ends in time, so that many are a fault of ours. */
  get quietMs(): number {
    return performance.now() - this.#lastEndMs;
  }

  start(): void {
    this.#beat();
  }

  /** Stops pinging; resolves when no ping is under way. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#current;
  }

  #beat(): void {
    this.#current = this.#ping().then(() => {
      if (this.#abort.signal.aborted) return;
      this.#timer = setTimeout(() => {
        this.#beat();
      }, this.#options.intervalMs ?? HEARTBEAT_INTERVAL_MS);
      this.#timer.unref();
    });
  }

  /** Never rejects. */
  async #ping(): Promise<void> {
    const { telemetry, logger } = this.#options;
    try {
      await this.#send();
      telemetry.ping(true);
      if (!this.healthy) logger.info('heartbeat is answered again');
      this.#silence = undefined;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      telemetry.ping(false);
      const reason = describeError(error);
      if (this.healthy) logger.warn({ reason }, 'heartbeat failed and is tried again');
      this.#silence = { since: this.#silence?.since ?? this.#now(), reason };
    } finally {
      this.#lastEndMs = performance.now();
    }
  }

  #now(): Date {
    return (this.#options.clock ?? systemClock).now();
  }

  async #send(): Promise<void> {
    try {
      await this.#execute();
      if (this.#unknown !== undefined) this.#options.logger.info('platform knows the connector again');
      this.#unknown = undefined;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (this.#withInfo && error.isVersionMismatch) {
        this.#options.logger.warn(
          { code: error.code },
          'platform refuses the details of the heartbeat; they are left out',
        );
        this.#withInfo = false;
        await this.#execute();
      } else if (error.code === 'FUNCTIONAL_ERROR' || error.code === 'RESOURCE_NOT_FOUND') {
        if (!this.#isRegistrationDue()) throw error;
        await this.#options.onUnknownConnector();
        // Whether that has helped for good, the next ping shows.
        await this.#execute();
      } else {
        throw error;
      }
    }
  }

  /** Called for each ping that the platform answers with not knowing the connector. */
  #isRegistrationDue(): boolean {
    if (this.#unknown === undefined) {
      this.#options.logger.warn('platform does not know the connector any more; it is registered again');
      this.#unknown = { pingsLeft: 1, pingsApart: 1 };
      return true;
    }
    this.#unknown.pingsLeft -= 1;
    if (this.#unknown.pingsLeft > 0) return false;
    const pingsApart = Math.min(MAX_PINGS_APART, this.#unknown.pingsApart * 2);
    this.#unknown = { pingsLeft: pingsApart, pingsApart };
    return true;
  }

  async #execute(): Promise<void> {
    const { client, connectorId } = this.#options;
    // The next ping is the repetition.
    const context = { signal: this.#abort.signal, maxAttempts: 1 };
    const variables = { id: connectorId, state: NO_STATE };
    if (this.#withInfo) {
      await client.execute(PING_WITH_INFO, { ...variables, connectorInfo: CONNECTOR_INFO }, context);
    } else {
      await client.execute(PING, variables, context);
    }
  }
}
