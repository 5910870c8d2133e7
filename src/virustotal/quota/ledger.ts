import type { KeyQuota, Priority, QuotaUse } from '../schema.js';
import { allowedQuota, type AllowedQuota } from './limits.js';
import { type UtcWindow, windowId } from './utc-window.js';

export type { Priority };

/**
 * What has been spent with one key: the record that survives restarts and that replicas share. Plain JSON; every
 * moment is in ms since the epoch. All functions are pure.
 */
export interface QuotaLedger {
  readonly version: 1;
  /** When the record last changed. Its time does not follow a clock that goes back a little. */
  readonly at: number;
  /** Units of the last minute, oldest first. */
  readonly recent: readonly RecentUnits[];
  readonly hour: readonly WindowUse[];
  readonly day: readonly WindowUse[];
  readonly month: readonly WindowUse[];
  /** `undefined` until VirusTotal has been asked. */
  readonly allowed: AllowedQuota | undefined;
  /** The latest pause after a 429; kept when it is over, since another 429 soon after means a longer one. */
  readonly block: Block | undefined;
}

/** Start of a span of {@link RECENT_SPAN_MS}, and units taken in it: bounded, however large the budget is. */
export type RecentUnits = readonly [startMs: number, units: number];

/** Units of one hour, day or month. Beside the present window the one before is kept, in case the clock returns. */
export interface WindowUse {
  readonly id: string;
  /** Units we took. */
  readonly spent: number;
  /** Those of them that manual requests took. */
  readonly manual: number;
  /** Units that VirusTotal counts and we did not take: the key is used elsewhere as well. */
  readonly elsewhere: number;
}

/** The key pauses from a 429 until a moment. */
export interface Block {
  readonly from: number;
  readonly until: number;
}

export const RECENT_SPAN_MS = 100;

/**
 * How long a unit weighs on the minute. VirusTotal counts a call when it arrives, which takes now more, now less time
 * than before; half a second makes up for that and for the rounding to spans. It costs 0.8 % of the budget at most.
 */
export const MINUTE_WINDOW_MS = 60_500;

/** How much later than another a call may arrive at VirusTotal without making a minute too full. */
export const ARRIVAL_TOLERANCE_MS = 400;

/** Clocks of replicas differ, and are corrected, by this much without the record taking notice. */
export const CLOCK_TOLERANCE_MS = 5000;

/** Figures asked for this soon after a window began may still be those of the window before. */
const RESET_GRACE_MS = 60_000;

/** After a 429 that does not say how long. */
const FIRST_PAUSE_MS = 60_000;
/** Shorter than this is no pause to speak of, even if the answer asks for less. */
const SHORTEST_PAUSE_MS = 3000;
/** A look-up an hour costs nobody anything, and finds out when the refusal was a mistake. */
const LONGEST_PAUSE_MS = 3_600_000;

export const emptyLedger: QuotaLedger = {
  version: 1,
  at: 0,
  recent: [],
  hour: [],
  day: [],
  month: [],
  allowed: undefined,
  block: undefined,
};

/**
 * The ledger at the given moment: windows that have ended are forgotten and new ones begun.
 *
 * A clock that was set back takes nothing away and blocks nothing: units of moments that are now to come count as
 * taken now, in the windows of now. (Had they stayed where they are, they would weigh until the clock is there again.)
 */
export function rolled(ledger: QuotaLedger, now: Date): QuotaLedger {
  const setBack = ledger.at - now.getTime() > CLOCK_TOLERANCE_MS;
  const at = setBack ? now.getTime() : Math.max(now.getTime(), ledger.at);
  const recent = setBack ? notAfter(at, ledger.recent) : ledger.recent;
  return {
    ...ledger,
    at,
    recent: recent.filter(([start]) => start + MINUTE_WINDOW_MS > at),
    hour: rolledWindow(ledger.hour, windowId('hour', at)),
    day: rolledWindow(ledger.day, windowId('day', at)),
    month: rolledWindow(ledger.month, windowId('month', at)),
    block:
      ledger.block !== undefined && setBack && ledger.block.from > at
        ? { from: at, until: at + ledger.block.until - ledger.block.from }
        : ledger.block,
  };
}

/** The ledger after one unit was taken. Whether it may be is for `decide` to say. */
export function spend(ledger: QuotaLedger, now: Date, priority: Priority): QuotaLedger {
  const current = rolled(ledger, now);
  const one = (windows: readonly WindowUse[]): readonly WindowUse[] =>
    withPresent(windows, (use) => ({
      ...use,
      spent: use.spent + 1,
      manual: use.manual + (priority === 'manual' ? 1 : 0),
    }));
  return {
    ...current,
    recent: withUnits(current.recent, spanOf(current.at), 1),
    hour: one(current.hour),
    day: one(current.day),
    month: one(current.month),
  };
}

/** A unit that `spend` took: when (in the ledger's time) and for whom. */
export interface SpentUnit {
  readonly at: number;
  readonly priority: Priority;
}

/**
 * The ledger after the answer to a slow call came. VirusTotal may have counted the call as late as that (a connection
 * had to be made, a packet was lost), so its unit weighs on the minute from then on. Answers within
 * {@link ARRIVAL_TOLERANCE_MS} change nothing: the length of the minute makes up for them.
 */
export function answered(ledger: QuotaLedger, now: Date, unit: SpentUnit): QuotaLedger {
  const current = rolled(ledger, now);
  const from = spanOf(unit.at);
  const to = spanOf(current.at - ARRIVAL_TOLERANCE_MS);
  if (to <= from) return current;
  const without = current.recent
    .map(([start, units]): RecentUnits => [start, start === from ? units - 1 : units])
    .filter(([, units]) => units > 0);
  const moved = new Map(without);
  moved.set(to, (moved.get(to) ?? 0) + 1);
  return { ...current, recent: [...moved].toSorted(([a], [b]) => a - b) };
}

/**
 * The ledger after a unit was put back whose call never reached VirusTotal. The minute keeps it: what cannot be
 * reached need not be tried faster.
 */
export function giveBack(ledger: QuotaLedger, now: Date, unit: SpentUnit): QuotaLedger {
  const current = rolled(ledger, now);
  const back = (window: UtcWindow): readonly WindowUse[] =>
    windowId(window, unit.at) !== windowId(window, current.at)
      ? current[window]
      : withPresent(current[window], (use) => ({
          ...use,
          spent: Math.max(0, use.spent - 1),
          manual: Math.max(0, use.manual - (unit.priority === 'manual' ? 1 : 0)),
        }));
  return { ...current, hour: back('hour'), day: back('day'), month: back('month') };
}

/**
 * The ledger after VirusTotal told its own figures. It counts all units of the key, so what exceeds ours was spent
 * elsewhere; when it counts fewer, ours stand.
 *
 * @param askedAt - When the figures were asked for; those of a window that had hardly begun by then are not taken.
 */
export function reconcile(
  ledger: QuotaLedger,
  remote: KeyQuota,
  now: Date,
  askedAt: Date = now,
): QuotaLedger {
  const current = rolled(ledger, now);
  const told = [remote.hourly, remote.daily, remote.monthly].some((use) => use !== undefined);
  const surelyAt = Math.min(askedAt.getTime(), current.at) - RESET_GRACE_MS;
  const compared = (window: UtcWindow, use: QuotaUse | undefined, before = 0): readonly WindowUse[] =>
    use === undefined || windowId(window, surelyAt) !== windowId(window, current.at)
      ? current[window]
      : withPresent(current[window], (own) => ({
          ...own,
          elsewhere: Math.max(0, use.used - own.spent - before),
        }));
  // Whether the hour that VirusTotal tells is that of the clock or the last sixty minutes is not documented. What we
  // spent in the hour before may be in it, and must not be taken for somebody else's.
  const hourBefore = windowId('hour', current.at - 3_600_000);
  return {
    ...current,
    allowed: told ? allowedQuota(remote) : current.allowed,
    hour: compared('hour', remote.hourly, current.hour.find((use) => use.id === hourBefore)?.spent),
    day: compared('day', remote.daily),
    month: compared('month', remote.monthly),
  };
}

/**
 * The ledger after VirusTotal refused a look-up for lack of quota (429). A 429 does not tell which window is spent:
 * if it is one of those that we know to be spent, `decide` waits for that one anyway; otherwise it is the minute,
 * spent elsewhere. When that does not help, the pause doubles, up to an hour, whatever the answer asks for.
 *
 * @param cause - `retryAfterMs`: what the answer asked for.
 */
export function block(
  ledger: QuotaLedger,
  now: Date,
  cause: { readonly retryAfterMs?: number | undefined } = {},
): QuotaLedger {
  const current = rolled(ledger, now);
  const { at, block: last } = current;
  // Calls that were on their way when the first was refused tell nothing new.
  if (last !== undefined && last.until > at) return current;
  const { retryAfterMs = 0 } = cause;
  const askedMs = retryAfterMs > 0 ? Math.max(retryAfterMs, SHORTEST_PAUSE_MS) : FIRST_PAUSE_MS;
  const isAgain = last !== undefined && at - last.until < FIRST_PAUSE_MS;
  const pauseMs = isAgain ? Math.max(askedMs, 2 * (last.until - last.from)) : askedMs;
  return { ...current, block: { from: at, until: at + Math.min(pauseMs, LONGEST_PAUSE_MS) } };
}

/** What the present window of a rolled ledger holds. */
export function presentUse(ledger: QuotaLedger, window: UtcWindow): WindowUse {
  const id = windowId(window, ledger.at);
  return ledger[window].find((use) => use.id === id) ?? unused(id);
}

/** Units together. */
export function unitsIn(recent: readonly RecentUnits[]): number {
  return recent.reduce((sum, [, units]) => sum + units, 0);
}

function unused(id: string): WindowUse {
  return { id, spent: 0, manual: 0, elsewhere: 0 };
}

/** The window before, if any, and the present one, which holds the units of windows that are to come. */
function rolledWindow(windows: readonly WindowUse[], id: string): readonly WindowUse[] {
  const present = windows.find((use) => use.id === id) ?? unused(id);
  const before = windows.filter((use) => use.id < id).slice(-1);
  const toCome = windows.filter((use) => use.id > id);
  const spent = toCome.reduce((sum, use) => sum + use.spent, present.spent);
  const manual = toCome.reduce((sum, use) => sum + use.manual, present.manual);
  return [...before, { ...present, spent, manual }];
}

/** @param windows - Rolled, so that the last is the present one. */
export function withPresent(
  windows: readonly WindowUse[],
  change: (use: WindowUse) => WindowUse,
): readonly WindowUse[] {
  return windows.map((use, index) => (index === windows.length - 1 ? change(use) : use));
}

function spanOf(atMs: number): number {
  return Math.floor(atMs / RECENT_SPAN_MS) * RECENT_SPAN_MS;
}

function withUnits(recent: readonly RecentUnits[], start: number, units: number): readonly RecentUnits[] {
  const last = recent.at(-1);
  return last?.[0] === start
    ? [...recent.slice(0, -1), [start, last[1] + units]]
    : [...recent, [start, units]];
}

function notAfter(atMs: number, recent: readonly RecentUnits[]): readonly RecentUnits[] {
  const past = recent.filter(([start]) => start <= atMs);
  const toCome = unitsIn(recent) - unitsIn(past);
  return toCome === 0 ? past : withUnits(past, spanOf(atMs), toCome);
}
