/** The time, injectable so that tests never sleep and mapping stays deterministic. */
export interface Clock {
  /** The present moment. */
  now(): Date;
  /**
   * Milliseconds that have passed since some moment, also when the clock is set meanwhile. Absent where it never is.
   */
  readonly elapsedMs?: () => number;
}

/** The wall clock of this machine. */
export const systemClock: Clock = { now: () => new Date(), elapsedMs: () => performance.now() };

/** Milliseconds that have passed since some moment, as far as the clock can tell. */
export function monotonicMs(clock: Clock): number {
  return clock.elapsedMs?.() ?? clock.now().getTime();
}

/** A clock that stands still at the given moment. */
export function fixedClock(at: Date | string): Clock {
  const moment = new Date(at);
  return { now: () => new Date(moment) };
}
