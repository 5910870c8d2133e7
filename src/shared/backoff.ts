import { setTimeout as delay } from 'node:timers/promises';

/** Waits; returns early, without an error, when the signal aborts. */
export type Sleep = (durationMs: number, signal?: AbortSignal) => Promise<void>;

/** How long to wait between attempts. */
export interface Backoff {
  /** Ceiling of the first delay; doubles with every attempt. */
  readonly baseMs: number;
  /** Ceiling of any delay. */
  readonly maxMs: number;
}

/**
 * Delay before the next attempt: exponential with full jitter, so that many connectors that lost the same platform
 * do not come back in step.
 *
 * @param attempt - Failed attempts so far, from 0.
 * @param random - A number in [0, 1).
 */
export function fullJitterMs(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(random() * ceiling);
}

/** Waits on the wall clock. It keeps the process alive: a connector that waits for its platform must not just end. */
export const sleep: Sleep = async (durationMs, signal) => {
  try {
    await delay(durationMs, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Aborted: the wait is over.
  }
};
