import type { Logger } from 'pino';
import { fullJitterMs, type Backoff } from '../shared/backoff.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { systemClock, type Clock } from '../shared/clock.js';
import type { PlatformClient } from './graphql/client.js';
import { PlatformError } from './graphql/errors.js';
import { PING, PING_WITH_INFO } from './graphql/operations.js';

/** The platform takes a connector for dead after 5 minutes without a ping (protocol reference §3). */
export const HEARTBEAT_INTERVAL_MS = 40_000;

/** Told when the platform is away, and when it is back. */
export interface PlatformOutageListener {
  readonly onPlatformAway?: (() => void) | undefined;
  readonly onPlatformBack?: (() => void) | undefined;
}

export interface HeartbeatOptions extends PlatformOutageListener {
  readonly client: PlatformClient;
  readonly connectorId: string;
  /** Whether the platform takes `connectorInfo`, as far as its version is known; asked before each ping. */
  readonly connectorInfo: () => boolean;
  readonly intervalMs?: number;
  /** Between pings while they fail. */
  readonly backoff?: Backoff;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
  /**
   * The platform does not know the connector any more (deleted in its interface): register it again. Called at once, and
   * while that does not help after 1, 2, 4, 8 and then every 15 pings more; with the next ping when it failed because
   * of an outage.
   */
  readonly onUnknownConnector: () => Promise<void>;
  /**
   * The platform answers again, be it that it refuses the ping, and may be another version now. It counts as away until
   * this resolves; a rejection counts as a ping that failed.
   */
  readonly onAnswered?: (() => Promise<void>) | undefined;
}

/** Since when the platform does not answer, and why. */
export interface Silence {
  readonly since: Date;
  readonly reason: string;
}

/** Pings between two registrations while the platform goes on not knowing the connector: ten minutes at most. */
const MAX_PINGS_APART = 15;
/** What to do about it. */
export const PLATFORM_REMEDY = 'Check that the platform is up, and OPENCTI_URL and OPENCTI_TOKEN.';

/** An enrichment connector keeps no state at the platform; this is how one says so. */
const NO_STATE = 'null';
const DEFAULT_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 30_000 };
/** Not faster, whatever the jitter says. */
const MIN_DELAY_MS = 1_000;

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
 * finished, whatever else goes on.
 *
 * By the same pings it finds out whether the platform is there (ADR 23). One failure may be an accident: the platform is
 * away when two pings in a row fail, or one after another call has failed. That is logged when it begins and when it
 * ends; meanwhile pings are more frequent.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #abort = new AbortController();
  /** The platform has refused `connectorInfo`. */
  #refusesInfo = false;
  #silence: Silence | undefined;
  /** While the platform does not know the connector: when it is registered next, counted in pings. */
  #unknown: { pingsLeft: number; pingsApart: number } | undefined;
  /** Whether the platform is silent for everybody, and not for pings alone. */
  #isAway = false;
  /** The last ping failed because the platform does not know the connector, registered again or not. */
  #isUnknownStill = false;
  /** Failed pings in a row. */
  #failures = 0;
  #failingSince: Date | undefined;
  #isPinging = false;
  /** Another call has failed since the last ping that was answered. */
  #isSuspected = false;
  #lastEndMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #current: Promise<void> = Promise.resolve();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Whether pings are answered. */
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

  /** A call has failed that hints at an outage: a ping finds out, at once. */
  suspect(): void {
    if (this.#abort.signal.aborted || this.#isAway) return;
    this.#isSuspected = true;
    if (this.#isPinging) return;
    clearTimeout(this.#timer);
    this.#beat();
  }

  /** Whether the platform is there; waits for what is just being found out. Never rejects. */
  async isPlatformThere(): Promise<boolean> {
    if (!this.#isAway && this.#isPinging) await this.#current;
    return !this.#isAway;
  }

  /** Stops pinging; resolves when no ping is under way. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#current;
  }

  #beat(): void {
    this.#isPinging = true;
    this.#current = this.#ping().then(() => {
      this.#isPinging = false;
      if (this.#abort.signal.aborted) return;
      this.#timer = setTimeout(() => {
        this.#beat();
      }, this.#delayMs);
      this.#timer.unref();
    });
  }

  get #delayMs(): number {
    const { intervalMs = HEARTBEAT_INTERVAL_MS, backoff = DEFAULT_BACKOFF } = this.#options;
    // Asked more often, a platform that goes on not knowing the connector would say nothing else.
    if (this.#failures === 0 || this.#isUnknownStill) return intervalMs;
    return Math.min(intervalMs, Math.max(MIN_DELAY_MS, fullJitterMs(this.#failures - 1, backoff)));
  }

  /** Never rejects. */
  async #ping(): Promise<void> {
    const { telemetry, onAnswered } = this.#options;
    try {
      await this.#send();
      if (!this.healthy) await onAnswered?.();
      telemetry.ping(true);
      this.#answered();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      telemetry.ping(false);
      const failure = this.#isAway && !isOutage(error) ? await this.#whenBack(error) : error;
      this.#failed(failure);
    } finally {
      this.#lastEndMs = performance.now();
    }
  }

  /** The platform is back and refuses the ping. @returns what is in the way now: that, or an outage. */
  async #whenBack(refusal: unknown): Promise<unknown> {
    try {
      await this.#options.onAnswered?.();
      return refusal;
    } catch (error) {
      return error;
    }
  }

  #answered(): void {
    const silence = this.#silence;
    this.#failures = 0;
    this.#failingSince = undefined;
    this.#isSuspected = false;
    this.#isUnknownStill = false;
    this.#silence = undefined;
    if (silence === undefined) return;
    if (this.#isAway) this.#comeBack(silence);
    else this.#options.logger.info({ since: silence.since }, 'heartbeat is answered again');
  }

  #comeBack({ since }: Silence): void {
    const { logger, onPlatformBack } = this.#options;
    this.#isAway = false;
    logger.info({ since }, 'OpenCTI answers again');
    onPlatformBack?.();
  }

  #failed(error: unknown): void {
    const { logger, clock = systemClock, onPlatformAway } = this.#options;
    if (this.#abort.signal.aborted) return;
    const reason = describeError(error);
    const isOut = isOutage(error);
    this.#failures += 1;
    this.#isUnknownStill = isUnknownConnector(error);
    const since = (this.#failingSince ??= clock.now());
    if (this.healthy && this.#failures === 1 && !this.#isSuspected) {
      logger.debug({ reason }, 'heartbeat failed and is tried again');
      return;
    }
    const before = this.#silence;
    const hasComeBack = this.#isAway && !isOut;
    this.#silence = { since, reason };
    if (isOut && !this.#isAway) {
      this.#isAway = true;
      logger.warn(
        { since, reason, remedy: PLATFORM_REMEDY },
        'OpenCTI cannot be reached; requests wait until it answers again',
      );
      onPlatformAway?.();
      return;
    }
    // It refuses the ping alone, which is no reason to take no requests.
    if (hasComeBack) this.#comeBack(before ?? this.#silence);
    if (hasComeBack || before === undefined)
      logger.warn({ since, reason }, 'heartbeat failed and is tried again');
  }

  async #send(): Promise<void> {
    const withInfo = this.#options.connectorInfo() && !this.#refusesInfo;
    try {
      await this.#execute(withInfo);
      if (this.#unknown !== undefined) this.#options.logger.info('platform knows the connector again');
      this.#unknown = undefined;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (withInfo && error.isVersionMismatch) {
        this.#options.logger.info(
          { code: error.code },
          'platform refuses the details of the heartbeat; they are left out',
        );
        this.#refusesInfo = true;
        await this.#execute(false);
      } else if (isUnknownConnector(error)) {
        if (!this.#isRegistrationDue()) throw error;
        await this.#registerAgain();
        // Whether that has helped for good, the next ping shows.
        await this.#execute(withInfo);
      } else {
        throw error;
      }
    }
  }

  /** Called for each ping that the platform answers with not knowing the connector. */
  #isRegistrationDue(): boolean {
    if (this.#unknown === undefined) {
      this.#options.logger.warn('platform does not know the connector any more; it is registered again');
      this.#unknown = { pingsLeft: 1, pingsApart: 0 };
    }
    this.#unknown.pingsLeft -= 1;
    return this.#unknown.pingsLeft <= 0;
  }

  async #registerAgain(): Promise<void> {
    try {
      await this.#options.onUnknownConnector();
    } catch (error) {
      // One that did not come about says nothing of whether it helps, and is due again with the next ping.
      if (!isOutage(error)) this.#putOffRegistration();
      throw error;
    }
    this.#putOffRegistration();
  }

  #putOffRegistration(): void {
    const pingsApart = Math.min(MAX_PINGS_APART, Math.max(1, (this.#unknown?.pingsApart ?? 0) * 2));
    this.#unknown = { pingsLeft: pingsApart, pingsApart };
  }

  async #execute(withInfo: boolean): Promise<void> {
    const { client, connectorId } = this.#options;
    // The next ping is the repetition.
    const context = { signal: this.#abort.signal, maxAttempts: 1 };
    const variables = { id: connectorId, state: NO_STATE };
    if (withInfo) {
      await client.execute(PING_WITH_INFO, { ...variables, connectorInfo: CONNECTOR_INFO }, context);
    } else {
      await client.execute(PING, variables, context);
    }
  }
}

/** Not when the platform refuses the ping itself, which says nothing of other calls. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof ConnectorError) || isUnknownConnector(error)) return false;
  return error.retryable || error.kind === 'configuration';
}

function isUnknownConnector(error: unknown): boolean {
  return (
    error instanceof PlatformError &&
    (error.code === 'FUNCTIONAL_ERROR' || error.code === 'RESOURCE_NOT_FOUND')
  );
}
