import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';

/** How often a body that is no JSON is refused before it is dropped. */
const MAX_REFUSALS = 3;
/** Bodies that are remembered; a worker has one message in its hands at a time. */
const MAX_REMEMBERED = 128;

/**
 * Counts how often a body was refused. A worker puts what is refused back before all others and comes again for ever, so
 * that one message that nobody can read would keep all behind it from being enriched.
 */
export class RefusedBodies {
  readonly #counts = new Map<string, number>();

  /** @returns whether this body was refused often enough. */
  isHopeless(body: Buffer): boolean {
    const digest = createHash('sha256').update(body).digest('base64');
    const count = this.#counts.get(digest) ?? 0;
    this.#counts.delete(digest);
    if (count >= MAX_REFUSALS) return true;
    this.#counts.set(digest, count + 1);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_REMEMBERED && oldest !== undefined) this.#counts.delete(oldest);
    return false;
  }
}

const LOG_INTERVAL_MS = 60_000;

/** Logs bad credentials. Anybody who reaches the port can present any number of them: it is said once a minute at most. */
export class CredentialLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #unsaid = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  refused(from: string | undefined): void {
    const now = this.#clock.now().getTime();
    this.#unsaid += 1;
    if (now - this.#loggedAt < LOG_INTERVAL_MS) return;
    this.#logger.warn({ from, count: this.#unsaid }, 'callback with a bad credential refused');
    this.#loggedAt = now;
    this.#unsaid = 0;
  }
}
