import type { Clock } from '../../shared/clock.js';
import { CLOCK_TOLERANCE_MS, type QuotaLedger, RECENT_SPAN_MS, type RecentUnits } from './ledger.js';
import { mergedLedger } from './merged-ledger.js';

/** Less than this is how finely clocks are read; a clock that is being corrected bit by bit adds up to it. */
const NOTICED_MS = 50;

/** Clocks of replicas that are further apart are not followed. */
const MOST_AHEAD_MS = 600_000;

/** The ledger, and the moment at which it is continued. */
export interface Continued {
  readonly ledger: QuotaLedger;
  readonly now: Date;
}

/** What a clock that was set, or one that differs from those of other replicas, means for the ledger. */
export interface LeapCorrection {
  /** As the ledger has to be continued. */
  corrected(ledger: QuotaLedger, now: Date): Continued;
  /** The corrected ledger is stored; the leap is not looked at again. */
  done(): void;
}

/**
 * Notices when the clock on the wall is set while this process runs. By the moments in a ledger alone, a clock that was
 * set forward cannot be told from time that has passed, and the minute would be spent twice.
 *
 * Replicas whose clocks differ would do the same to each other, with every look-up: they all go by the clock that is
 * furthest ahead.
 */
export class ClockLeaps {
  /** By how much the clock of another replica is ahead of ours, at least. */
  aheadMs = 0;
  private offsetMs: number | undefined;
  /** The ledger of before the clock was set back: the clock may return to the day that it left. */
  private left: QuotaLedger | undefined;

  constructor(private readonly clock: Clock) {
    this.offsetMs = this.offset();
  }

  /** @param latest - The ledger as this process knew it last. */
  correction(latest: QuotaLedger): LeapCorrection {
    const offsetMs = this.offset();
    const leapMs = offsetMs === undefined || this.offsetMs === undefined ? 0 : offsetMs - this.offsetMs;
    if (Math.abs(leapMs) < NOTICED_MS) {
      return {
        corrected: (ledger, now) => this.besideOthers(ledger, now, latest),
        done: () => undefined,
      };
    }
    if (leapMs < -CLOCK_TOLERANCE_MS && latest.at > (this.left?.at ?? 0)) this.left = latest;
    const left = leapMs > CLOCK_TOLERANCE_MS ? this.left : undefined;
    return {
      corrected: (ledger, now) => {
        const current = leapMs > 0 ? setForward(ledger, leapMs, now) : ledger;
        return { ledger: left === undefined ? current : withWindowsOf(left, current, now), now };
      },
      done: () => {
        this.offsetMs = offsetMs;
        this.aheadMs = 0;
        if (left !== undefined && this.left === left) this.left = undefined;
      },
    };
  }

  /** Our clock was not set: if the ledger says otherwise, that comes from the clock of another replica. */
  private besideOthers(ledger: QuotaLedger, now: Date, latest: QuotaLedger): Continued {
    const isKnown = latest.at > 0 && this.offsetMs !== undefined;
    const aheadMs = ledger.at - now.getTime();
    if (isKnown && ledger.at > latest.at && aheadMs > this.aheadMs && aheadMs <= MOST_AHEAD_MS) {
      this.aheadMs = aheadMs;
    }
    const moment = new Date(now.getTime() + this.aheadMs);
    if (!isKnown || ledger.at >= latest.at) return { ledger, now: moment };
    // A replica that was just started, and is behind, has set it back.
    return { ledger: setForward(ledger, moment.getTime() - ledger.at, moment), now: moment };
  }

  private offset(): number | undefined {
    const { elapsedMs } = this.clock;
    return elapsedMs === undefined ? undefined : this.clock.now().getTime() - elapsedMs();
  }
}

/**
 * The ledger after the clock was set forward: what was taken a moment ago was still taken a moment ago, and what is left
 * of a pause is still left.
 */
export function setForward(ledger: QuotaLedger, byMs: number, now: Date): QuotaLedger {
  const nowMs = now.getTime();
  const latestStart = Math.floor(nowMs / RECENT_SPAN_MS) * RECENT_SPAN_MS;
  const recent = new Map<number, number>();
  for (const [start, units] of ledger.recent) {
    // Another replica may have taken some after the clock was set.
    const moved = Math.max(start, Math.min(start + byMs, latestStart));
    recent.set(moved, (recent.get(moved) ?? 0) + units);
  }
  const { block } = ledger;
  const isPaused = block !== undefined && block.until > nowMs - byMs;
  const lengthMs = isPaused ? block.until - block.from : 0;
  const until = isPaused ? Math.max(block.until, Math.min(block.until + byMs, nowMs + lengthMs)) : 0;
  return {
    ...ledger,
    recent: [...recent].sort(([a], [b]) => a - b) satisfies RecentUnits[],
    block: isPaused ? { from: until - lengthMs, until } : block,
  };
}

/** Of the windows that both know, the larger counts. */
function withWindowsOf(left: QuotaLedger, ledger: QuotaLedger, now: Date): QuotaLedger {
  const base = { ...left, recent: [], allowed: undefined, block: undefined };
  return mergedLedger({ base, memory: base, primary: ledger }, now);
}
