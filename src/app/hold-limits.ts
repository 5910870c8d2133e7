import type { Config } from '../config/schema.js';

/** How long requests may be kept from the broker; together well below its consumer timeout. */
export interface HoldLimits {
  /** Held without being worked on. */
  readonly heldMs: number;
  /** In work, before it may wait for one more look-up. */
  readonly workMs: number;
  /** Minutes in which those that nobody waits for must get their look-up, or they are not started. */
  readonly quotaMinutes: number;
}

const MINUTE_MS = 60_000;
/** RabbitMQ closes a channel that holds a message for 30 minutes; a last call to VirusTotal needs some of them. */
const TOGETHER_MINUTES = 28;
/** Who is started in time for its look-ups has them before it would have to go back. */
const RESERVE = 1.2;

/** The limits that follow from `connector.max_hold_minutes`. A request may be held first, and then be in work. */
export function holdLimits({ connector: { maxHoldMinutes } }: Config): HoldLimits {
  const workMinutes = Math.min(maxHoldMinutes * RESERVE, TOGETHER_MINUTES - maxHoldMinutes);
  return {
    heldMs: maxHoldMinutes * MINUTE_MS,
    workMs: Math.round(workMinutes * MINUTE_MS),
    quotaMinutes: Math.max(1, Math.floor(workMinutes / RESERVE)),
  };
}
