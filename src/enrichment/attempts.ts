import type { EnrichmentOutcome } from './outcome.js';
import type { DeliveryReport } from './ports.js';

/** What was done for a request already, so that a second attempt asks, announces and sends nothing twice. */
export interface Attempt {
  /** What came of the look-up. */
  outcome: EnrichmentOutcome | undefined;
  /** Whether the platform was told that the work has begun; told again, it would reopen a complete work. */
  received: boolean;
  /** Whether the platform was told that the request waits for quota, or for VirusTotal to come back. */
  toldToWait: boolean;
  /** Expectations that the platform was told of. */
  announced: number;
  /** Whether the results are with the broker or the platform; only the work is still to be closed. */
  handedOver: boolean;
  /** Objects that could not be delivered, and that the platform was not told of yet. */
  losses: DeliveryReport['undelivered'];
  /** Expectations that no worker reports, and that the platform was not told of yet. */
  unqueued: number;
  /** Where the results are, for the person who reads the work. */
  remark: string | undefined;
}

/**
 * How many unfinished requests are remembered. Only those that were in work are: at most 512 at once, because as many
 * manual ones as `CONNECTOR_CONCURRENCY` allows (256) may be in work beside the others. Those that were handed back may
 * come behind as many as the consumer reads ahead (1,000) before they come again.
 */
const MAX_REMEMBERED = 2_048;

/**
 * Remembers how far requests came that were handed back. It lives as long as the process: after a crash a request
 * begins anew.
 */
export class Attempts {
  readonly #unfinished = new Map<string, Attempt>();

  /** Begins an attempt, where the last one for this key stopped. */
  begin(key: string): Attempt {
    const earlier = this.#unfinished.get(key);
    this.#unfinished.delete(key);
    return (
      earlier ?? {
        outcome: undefined,
        received: false,
        toldToWait: false,
        announced: 0,
        handedOver: false,
        losses: [],
        unqueued: 0,
        remark: undefined,
      }
    );
  }

  /** Keeps an attempt for the next delivery of its request. */
  keep(key: string, attempt: Attempt): void {
    this.#unfinished.set(key, attempt);
    const [oldest] = this.#unfinished.keys();
    if (this.#unfinished.size > MAX_REMEMBERED && oldest !== undefined) this.#unfinished.delete(oldest);
  }
}
