import type { Logger } from 'pino';
import { sleep as wallSleep, type Sleep } from '../shared/backoff.js';

/** How long a part may take to close. */
export type ClosePatience =
  /** What remains of the stop's time: it talks to somebody who may be silent. */
  | 'shared'
  /** As long as it takes: it writes what must survive the process. */
  | 'done';

interface Part {
  readonly name: string;
  readonly patience: ClosePatience;
  readonly close: () => Promise<void>;
}

/** How long a part may take when the time of the stop is over, so that one which closes at once still does. */
const LEAST_MS = 100;

/**
 * Closes the parts of the connector in the reverse order in which they were added. A peer that is silent holds up the
 * stop once, not once for each part that talks to it: the parts share one budget of time, and when it is spent, those
 * that still hang are left alone, so that the state behind them is closed all the same.
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #budgetMs: number;
  readonly #sleep: Sleep;
  readonly #parts: Part[] = [];

  /** @param budgetMs - Time that the parts have together, from the beginning of the stop. */
  constructor(logger: Logger, budgetMs: number, sleep = wallSleep) {
    this.#logger = logger;
    this.#budgetMs = budgetMs;
    this.#sleep = sleep;
  }

  /** Adds a part that is running now. */
  add(name: string, close: () => Promise<void>, patience: ClosePatience = 'shared'): void {
    this.#parts.push({ name, close, patience });
  }

  /** Closes all parts, the last one first; a part that fails to close does not keep the others open. */
  async stop(): Promise<void> {
    const endsAt = performance.now() + this.#budgetMs;
    for (const part of this.#parts.splice(0).reverse()) {
      try {
        if (part.patience === 'done') await part.close();
        else await this.#closeWithin(Math.max(LEAST_MS, endsAt - performance.now()), part);
      } catch (error) {
        this.#logger.warn({ part: part.name, error }, 'part could not be closed');
      }
    }
  }

  async #closeWithin(limitMs: number, { name, close }: Part): Promise<void> {
    const closing = close().then(() => true);
    // It may fail when nobody waits for it any more.
    closing.catch(() => undefined);
    const timer = new AbortController();
    try {
      const isClosed = await Promise.race([closing, this.#sleep(limitMs, timer.signal).then(() => false)]);
      if (!isClosed) this.#logger.warn({ part: name }, 'part does not close in time and is left alone');
    } finally {
      timer.abort();
    }
  }
}
