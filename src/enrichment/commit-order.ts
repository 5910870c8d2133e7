/** A place in the order in which results are handed to the platform. */
export interface Turn {
  /** Resolves when every request that came earlier has left. */
  wait(): Promise<void>;
  /** Leaves the order; the next ones may go. Harmless when called again. */
  release(): void;
}

/** For what has no work, and so can neither overtake one nor be overtaken: nobody waits for it. */
export const outOfOrder: Turn = { wait: () => Promise.resolve(), release: () => undefined };

/**
 * Keeps results in the order in which the requests came, while the look-ups run side by side.
 *
 * The platform closes works that are older than the newest work with a reported expectation, and from 6.8.7 to
 * 7.260507 their bundles are then thrown away (protocol reference §10, force-close hazard): a newer work must not
 * report before an older one that is nearly ready.
 */
export class CommitOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** Takes the next place. Call it synchronously in the order of arrival. */
  take(): Turn {
    const earlier = this.#last;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last = earlier.then(() => left);
    return {
      wait: async () => {
        await earlier;
      },
      release: leave,
    };
  }
}
