import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../shared/backoff.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Registration } from './registration.js';

export interface RegistrarOptions {
  /** Registers, in one attempt. `before`: what the last registration said. */
  readonly register: (signal: AbortSignal, before: Registration | undefined) => Promise<Registration>;
  readonly logger: Logger;
  /** Between attempts of the first registration. */
  readonly backoff?: Backoff;
  /** {@link Registrar.renew} does nothing for so long after the last registration was tried. */
  readonly quietMs?: number;
  readonly sleep?: Sleep;
}

const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 30_000 };
const DEFAULT_QUIET_MS = 5_000;
/** A platform that hangs must not keep the next attempt back for long. */
const RENEW_TIMEOUT_MS = 60_000;

/**
 * Keeps what the platform said at registration, and asks it again when that may be outdated. Registering an id again
 * updates it, tells the version of a platform that may have been upgraded, hands out the present address and credentials of the broker, and makes the platform declare the queues
 * anew (protocol reference §2.5), so this is the remedy for queues that are gone and credentials that were replaced.
 */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #sleep: Sleep;
  readonly #abort = new AbortController();
  #current: Registration | undefined;
  #running: Promise<Registration> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Why the platform could not be asked the last time; `undefined` when it could. */
  #trouble: string | undefined;

  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? wallSleep;
  }

  /** As of the last registration. @throws {Error} before the first one. */
  get current(): Registration {
    if (this.#current === undefined) throw new Error('The connector is not registered yet.');
    return this.#current;
  }

  /** Why the connector could not be registered the last time it was tried; `undefined`: it could. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Registers for the first time. A platform that is away is tried again for as long as it takes.
   *
   * @throws ConnectorError when the platform refuses, or what it answers cannot be used; `transient` after
   *   {@link close}.
   */
  async first(): Promise<Registration> {
    const { backoff = DEFAULT_BACKOFF } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.again();
      } catch (error) {
        const mayPass = error instanceof ConnectorError && error.retryable;
        if (!mayPass || this.#abort.signal.aborted) throw error;
        this.#tell(error.message, 'OpenCTI cannot be reached; trying again');
        await this.#sleep(fullJitterMs(attempt, backoff), this.#abort.signal);
      }
    }
  }

  /** Registers now; whoever asks meanwhile gets the same answer. */
  again(): Promise<Registration> {
    this.#running ??= this.#register().finally(() => {
      this.#running = undefined;
      this.#triedAt = performance.now();
    });
    return this.#running;
  }

  /**
   * Registers again in the background, unless that was tried a moment ago. Whoever needs it asks again after the next
   * failure.
   *
   * @param reason - What made it necessary.
   */
  renew(reason: string): void {
    const { quietMs = DEFAULT_QUIET_MS, logger } = this.#options;
    const isQuiet = performance.now() - this.#triedAt < quietMs;
    if (this.#running !== undefined || isQuiet || this.#abort.signal.aborted) return;
    const before = this.#current;
    this.again().then(
      (registration) => {
        const isNews =
          before === undefined || !isDeepStrictEqual(whereabouts(before), whereabouts(registration));
        logger[isNews ? 'info' : 'debug']({ reason, isNews }, 'registered with OpenCTI again');
      },
      (error: unknown) => {
        this.#tell(describeError(error), 'connector could not be registered again; trying again');
      },
    );
  }

  /** Ends what is under way. */
  close(): Promise<void> {
    this.#abort.abort();
    return Promise.resolve();
  }

  async #register(): Promise<Registration> {
    const { signal } = this.#abort;
    const patience =
      this.#current === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(RENEW_TIMEOUT_MS)]);
    const before = this.#current;
    const registration = await this.#options.register(patience, before);
    this.#trouble = undefined;
    this.#current = before === undefined ? registration : this.#compared(before, registration);
    return this.#current;
  }

  /** The platform may have been upgraded. The same capabilities stay the same object. */
  #compared(before: Registration, registration: Registration): Registration {
    if (isDeepStrictEqual(before.capabilities, registration.capabilities))
      return { ...registration, capabilities: before.capabilities };
    this.#options.logger.info(
      { platformVersion: registration.versionText, before: before.versionText },
      'OpenCTI can do other things than before; the connector goes by them from now on',
    );
    return registration;
  }

  /** Once, until it has worked again. */
  #tell(reason: string, message: string): void {
    if (this.#abort.signal.aborted) return;
    if (this.#trouble === undefined) this.#options.logger.warn({ reason }, message);
    this.#trouble = reason;
  }
}

/** What links, readers and publishers go by. */
function whereabouts({ connection, listen, push }: Registration): unknown {
  return { connection, listen, push };
}
