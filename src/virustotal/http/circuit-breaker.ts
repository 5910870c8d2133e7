import type { Logger } from 'pino';
import type { Backoff } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import { CircuitOpenError } from './circuit-open-error.js';

/**
 * - `closed`: calls are made.
 * - `open`: VirusTotal could not be reached again and again; no call is made.
 * - `half-open`: the pause is over; one call is let through and decides.
 */
export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A number in [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  /** Consecutive failures after which no more calls are made. Default: 5. */
  readonly failuresToOpen?: number;
  /** Length of the pauses, which double. Default: from 5 seconds to a minute. */
  readonly backoff?: Backoff;
  /** Called when it has opened, has paused for longer, or has closed. */
  readonly onChange?: (() => void) | undefined;
}

/** Since when VirusTotal cannot be reached, when it is tried again, and what happened last. */
export interface Outage {
  readonly since: Date;
  readonly retryAt: Date;
  readonly reason: string;
}

/** Why a call failed; `retryAfterMs`: how long VirusTotal asks to be left alone. */
export type OutageFailure = Error & { readonly retryAfterMs?: number | undefined };

/** One call on its way. It ends with one of the three; what is called after that does nothing. */
export interface Passage {
  /** Whether it is the one that finds out if VirusTotal answers again. */
  readonly isTrial: boolean;
  /** VirusTotal answered, whatever it said. */
  answered(): void;
  /** VirusTotal could not be reached, or had a fault. */
  failed(error: OutageFailure): void;
  /** The call ended without saying anything of VirusTotal. */
  abandoned(): void;
}

const DEFAULT_FAILURES = 5;
const DEFAULT_BACKOFF: Backoff = { baseMs: 5_000, maxMs: 60_000 };
/** Longest `Retry-After` that is believed. */
const MAX_RETRY_AFTER_MS = 600_000;

interface OpenCircuit {
  readonly since: Date;
  /** Pauses so far. */
  pauses: number;
  pausedAtMs: number;
  pauseMs: number;
  lastFailure: Error;
  trialRuns: boolean;
}

/** Stops calls to a VirusTotal that is down, and lets single ones through to see whether it is up again. */
export class CircuitBreaker {
  private failures = 0;
  private firstFailureAt: Date | undefined;
  private open: OpenCircuit | undefined;
  /** Until when VirusTotal asked to be left alone. */
  private askedUntilMs = 0;

  constructor(private readonly options: CircuitBreakerOptions) {}

  get state(): CircuitState {
    if (this.open === undefined) return 'closed';
    return this.open.trialRuns || this.isDue(this.open) ? 'half-open' : 'open';
  }

  /** What there is to say while the circuit is not closed. */
  get outage(): Outage | undefined {
    const { open } = this;
    return open && { since: open.since, retryAt: retryAt(open), reason: open.lastFailure.message };
  }

  /** Whether no call could be made now. */
  get isRefusing(): boolean {
    return this.open !== undefined && (this.open.trialRuns || !this.isDue(this.open));
  }

  /** @throws CircuitOpenError when no call could be made now. */
  check(): void {
    if (this.open !== undefined && this.isRefusing) throw errorOf(this.open);
  }

  /**
   * Lets a call through; when the circuit is open and its pause over, this one alone.
   *
   * @throws CircuitOpenError
   */
  enter(): Passage {
    this.check();
    const trial = this.open;
    if (trial !== undefined) trial.trialRuns = true;
    let hasEnded = false;
    const once = (end: () => void) => (): void => {
      if (hasEnded) return;
      hasEnded = true;
      if (trial !== undefined) trial.trialRuns = false;
      end();
    };
    return {
      isTrial: trial !== undefined,
      answered: once(() => {
        this.close();
      }),
      failed: (error) => {
        once(() => {
          this.count(error, trial);
        })();
      },
      abandoned: once(() => undefined),
    };
  }

  /** Opens the circuit for a failure that is known to concern all of VirusTotal. */
  trip(error: OutageFailure): void {
    if (this.open !== undefined) return;
    this.heed(error);
    const { clock, logger } = this.options;
    this.open = {
      since: this.firstFailureAt ?? clock.now(),
      pauses: 0,
      pausedAtMs: 0,
      pauseMs: 0,
      lastFailure: error,
      trialRuns: false,
    };
    this.pause(this.open, error);
    const { since, retryAt: until, reason } = this.outage ?? { since: clock.now() };
    logger.warn(
      { since: since.toISOString(), retryAt: until?.toISOString(), reason },
      'VirusTotal cannot be reached; requests wait until it answers again',
    );
    this.options.onChange?.();
  }

  /** VirusTotal is known to answer: the circuit closes, and failures count anew. */
  close(): void {
    this.failures = 0;
    this.firstFailureAt = undefined;
    this.askedUntilMs = 0;
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return;
    const outageS = Math.round((this.nowMs() - open.since.getTime()) / 1000);
    this.options.logger.info({ since: open.since.toISOString(), outageS }, 'VirusTotal answers again');
    this.options.onChange?.();
  }

  /** The error for a call that was made and failed while the circuit is not closed. */
  error(): CircuitOpenError | undefined {
    return this.open && errorOf(this.open);
  }

  private count(error: OutageFailure, trial: OpenCircuit | undefined): void {
    if (this.open !== undefined) {
      // Calls that were on their way when it opened tell nothing new.
      if (trial !== this.open) return;
      this.heed(error);
      this.pause(this.open, error);
      this.options.onChange?.();
      return;
    }
    this.heed(error);
    this.firstFailureAt ??= this.options.clock.now();
    this.failures += 1;
    if (this.failures >= (this.options.failuresToOpen ?? DEFAULT_FAILURES)) this.trip(error);
  }

  private pause(open: OpenCircuit, error: Error): void {
    const { baseMs, maxMs } = this.options.backoff ?? DEFAULT_BACKOFF;
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(open.pauses, 30));
    open.pausedAtMs = this.nowMs();
    open.pauseMs = Math.max(
      // Half of it for certain: with full jitter, VirusTotal could be tried again at once.
      Math.round(ceilingMs / 2 + (this.options.random() * ceilingMs) / 2),
      Math.min(this.askedUntilMs - open.pausedAtMs, MAX_RETRY_AFTER_MS),
    );
    open.pauses += 1;
    open.lastFailure = error;
  }

  private heed({ retryAfterMs = 0 }: OutageFailure): void {
    this.askedUntilMs = Math.max(this.askedUntilMs, this.nowMs() + retryAfterMs);
  }

  /** Also when the clock was set back meanwhile: nobody waits for a time that was counted otherwise. */
  private isDue(open: OpenCircuit): boolean {
    const passedMs = this.nowMs() - open.pausedAtMs;
    return passedMs < 0 || passedMs >= open.pauseMs;
  }

  private nowMs(): number {
    return this.options.clock.now().getTime();
  }
}

function retryAt(open: OpenCircuit): Date {
  return new Date(open.pausedAtMs + open.pauseMs);
}

function errorOf(open: OpenCircuit): CircuitOpenError {
  return new CircuitOpenError(open.since, retryAt(open), open.lastFailure);
}
