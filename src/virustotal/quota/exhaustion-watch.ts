import type { Logger } from 'pino';
import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { ExhaustedWindow } from './decide.js';

/** While the quota is spent, how often it is looked whether it still is: plans and clocks change. */
const REVIEW_INTERVAL_MS = 60_000;

/** Why and until when no look-up can be made. */
export interface Exhaustion {
  readonly until: Date;
  readonly window: ExhaustedWindow;
  /** Manual requests are still served: what is left of the day is reserved for them. */
  readonly manualServed: boolean;
}

/** Who stops and resumes consuming. */
export interface ExhaustionListener {
  /**
   * Look-ups have to wait longer than requests are held here. Called again when the moment or the reason changes, never
   * twice for the same.
   */
  readonly onExhausted?: (exhaustion: Exhaustion) => void;
  /** What `onExhausted` told is over. */
  readonly onResumed?: () => void;
  /** Requests wait here for a look-up, so that it matters who is next; `false`: none does any more. */
  readonly onWaiting?: (isWaiting: boolean) => void;
}

export interface ExhaustionWatchOptions extends ExhaustionListener {
  /** The present state of the quota, as far as it is known here. */
  readonly exhaustion: () => Exhaustion | undefined;
  /** Reads that state anew. */
  readonly refresh: () => Promise<void>;
  readonly longWaitMs: number;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** Says once that the quota is spent, in the log and to the listener, and once that there is some again. */
export class ExhaustionWatch {
  /** What was said last, until it is over. */
  private announced: Exhaustion | undefined;
  /** `onExhausted` was called, and `onResumed` has not been since. */
  private paused = false;
  private watching = false;
  /** Tasks whose end is awaited before anything is said. */
  private pending = 0;

  constructor(private readonly options: ExhaustionWatchOptions) {}

  /** Compares the present state with what was said last. */
  review(): void {
    const { exhaustion: present, signal } = this.options;
    if (this.pending > 0 || signal.aborted) return;
    const exhaustion = present();
    if (exhaustion === undefined) this.sayOver();
    else if (!isSame(exhaustion, this.announced)) this.say(exhaustion);
    // A clock that was set back makes a short wait a long one.
    else if (!this.paused) this.pauseIfLong(exhaustion);
  }

  /** Runs a task that finds out more, and says what there is to say only then. */
  async afterwards(task: () => Promise<void>): Promise<void> {
    this.pending += 1;
    try {
      await task();
    } finally {
      this.pending -= 1;
      this.review();
    }
  }

  private say(exhaustion: Exhaustion): void {
    this.announced = exhaustion;
    const { window, until, manualServed } = exhaustion;
    const { logger } = this.options;
    logger.warn({ window, resetsAt: until.toISOString(), manualServed }, 'VirusTotal quota exhausted');
    this.pauseIfLong(exhaustion);
    if (!this.watching) void this.watch();
  }

  private pauseIfLong(exhaustion: Exhaustion): void {
    const { clock, longWaitMs, onExhausted } = this.options;
    if (!isLong(exhaustion.until, clock.now(), longWaitMs)) return;
    this.paused = true;
    onExhausted?.(exhaustion);
  }

  private sayOver(): void {
    if (this.announced === undefined) return;
    this.announced = undefined;
    this.options.logger.info('VirusTotal quota available again');
    if (!this.paused) return;
    this.paused = false;
    this.options.onResumed?.();
  }

  private async watch(): Promise<void> {
    const { clock, sleep, signal, refresh } = this.options;
    this.watching = true;
    while (this.announced !== undefined) {
      const leftMs = this.announced.until.getTime() - clock.now().getTime();
      await sleep(Math.min(Math.max(1, leftMs), REVIEW_INTERVAL_MS), signal);
      if (signal.aborted) return;
      await refresh();
      this.review();
    }
    this.watching = false;
  }
}

/** Whether the wait is too long to be spent here. */
export function isLong(until: Date, now: Date, longWaitMs: number): boolean {
  return until.getTime() - now.getTime() > longWaitMs;
}

function isSame(a: Exhaustion, b: Exhaustion | undefined): boolean {
  return (
    a.until.getTime() === b?.until.getTime() && a.window === b.window && a.manualServed === b.manualServed
  );
}
