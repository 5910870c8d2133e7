import type { EnrichmentOutcome } from './outcome.js';

/** What was done for a request already, so that a second attempt asks, announces and sends nothing twice. */
export interface Attempt {
  /** What came of the look-up. */
  outcome: EnrichmentOutcome | undefined;
  /** Expectations that the platform was told of. */
  announced: number;
  /** Whether the results are with the broker or the platform; only the work is still to be closed. */
  handedOver: boolean;
}

/** How many unfinished requests are remembered; the broker hands out no more than the prefetch at a time. */
const MAX_REMEMBERED = 512;

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
    return earlier ?? { outcome: undefined, announced: 0, handedOver: false };
  }

  /** Keeps an attempt for the next delivery of its request. */
  keep(key: string, attempt: Attempt): void {
    this.#unfinished.set(key, attempt);
    const [oldest] = this.#unfinished.keys();
    if (this.#unfinished.size > MAX_REMEMBERED && oldest !== undefined) this.#unfinished.delete(oldest);
  }
}
