import { MINUTE_WINDOW_MS, presentUse, rolled, unitsIn, type Priority, type QuotaLedger } from './ledger.js';
import type { QuotaLimits } from './limits.js';
import { windowEnd } from './utc-window.js';

/** Why no look-up can be made for longer than a minute: a window is spent, or VirusTotal said so (`blocked`). */
export type ExhaustedWindow = 'hour' | 'day' | 'month' | 'blocked';

export type Decision =
  | { readonly kind: 'grant' }
  | { readonly kind: 'wait'; readonly until: Date; readonly window: 'minute' }
  | { readonly kind: 'exhausted'; readonly until: Date; readonly window: ExhaustedWindow };

/** Who asks for a unit, and the share of the day (0 to 100) that only manual requests may use. */
export interface Claim {
  readonly priority: Priority;
  readonly reserveManualPercent: number;
}

interface Closed {
  readonly window: ExhaustedWindow | 'minute';
  readonly until: number;
}

/**
 * Whether one look-up may be made now, and otherwise when to ask again. Pure. When several windows are spent, the one
 * that is renewed last counts; of those renewed at the same moment the longest.
 */
export function decide(ledger: QuotaLedger, limits: QuotaLimits, now: Date, claim: Claim): Decision {
  const current = rolled(ledger, now);
  const last = closedWindows(current, limits, claim).reduce<Closed | undefined>(
    (latest, closed) => (latest === undefined || closed.until > latest.until ? closed : latest),
    undefined,
  );
  if (last === undefined) return { kind: 'grant' };
  const until = new Date(last.until);
  return last.window === 'minute'
    ? { kind: 'wait', until, window: 'minute' }
    : { kind: 'exhausted', until, window: last.window };
}

/** Longest window first. */
function closedWindows(ledger: QuotaLedger, limits: QuotaLimits, claim: Claim): Closed[] {
  const closed: Closed[] = [];
  for (const window of ['month', 'day', 'hour'] as const) {
    const { spent, manual, elsewhere } = presentUse(ledger, window);
    const limit =
      window === 'day'
        ? unreserved(limits.perDay, manual, claim)
        : limits[window === 'month' ? 'perMonth' : 'perHour'];
    if (limit !== undefined && spent + elsewhere >= limit) {
      closed.push({ window, until: windowEnd(window, ledger.at) });
    }
  }
  if (ledger.block !== undefined && ledger.block.until > ledger.at) {
    closed.push({ window: 'blocked', until: ledger.block.until });
  }
  const opensAt = minuteOpensAt(ledger, limits.perMinute);
  if (opensAt !== undefined) closed.push({ window: 'minute', until: opensAt });
  return closed;
}

/** Units of the day that a request of this priority may reach: all, or all but what is still kept for manual ones. */
function unreserved(perDay: number | undefined, manualSpent: number, claim: Claim): number | undefined {
  if (perDay === undefined || claim.priority === 'manual') return perDay;
  const reserved = Math.ceil((perDay * claim.reserveManualPercent) / 100);
  return perDay - Math.max(0, reserved - manualSpent);
}

/** When enough units have left the minute for one more, or `undefined` when that is so already. */
function minuteOpensAt(ledger: QuotaLedger, perMinute: number | undefined): number | undefined {
  if (perMinute === undefined) return undefined;
  let units = unitsIn(ledger.recent);
  if (units < perMinute) return undefined;
  for (const [start, leaving] of ledger.recent) {
    units -= leaving;
    if (units < perMinute) return start + MINUTE_WINDOW_MS;
  }
  return ledger.at + MINUTE_WINDOW_MS;
}
