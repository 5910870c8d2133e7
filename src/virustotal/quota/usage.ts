import type { Exhaustion } from './exhaustion-watch.js';
import { presentUse, type Priority, type QuotaLedger, unitsIn } from './ledger.js';
import type { QuotaLimits } from './limits.js';
import type { UtcWindow } from './utc-window.js';

/** The quota of the key, for metrics and health. */
export interface QuotaUsage extends Readonly<Record<'minute' | UtcWindow, WindowUsage>> {
  /** Requests that wait here for a look-up. */
  readonly waiting: Readonly<Record<Priority, number>>;
  readonly exhaustion: Exhaustion | undefined;
}

/** Units used, here and elsewhere, and the limit that holds (`undefined`: none). */
export interface WindowUsage {
  readonly used: number;
  readonly limit: number | undefined;
}

/** @param ledger - Rolled. */
export function windowUsage(
  ledger: QuotaLedger,
  limits: QuotaLimits,
): Record<'minute' | UtcWindow, WindowUsage> {
  const used = (window: UtcWindow): number => {
    const { spent, elsewhere } = presentUse(ledger, window);
    return spent + elsewhere;
  };
  return {
    minute: { used: unitsIn(ledger.recent), limit: limits.perMinute },
    hour: { used: used('hour'), limit: limits.perHour },
    day: { used: used('day'), limit: limits.perDay },
    month: { used: used('month'), limit: limits.perMonth },
  };
}
