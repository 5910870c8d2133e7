import type { Sleep } from '../../shared/backoff.js';
import { monotonicMs } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import { SingleFlight } from '../../shared/single-flight.js';
import type { KeyQuota } from '../schema.js';
import { StoppedError } from '../stopped-error.js';
import { ClockLeaps } from './clock-leap.js';
import { decide } from './decide.js';
import { type Exhaustion, type ExhaustionListener, ExhaustionWatch, isLong } from './exhaustion-watch.js';
import {
  answered,
  ARRIVAL_TOLERANCE_MS,
  block,
  emptyLedger,
  giveBack,
  type Priority,
  type QuotaLedger,
  reconcile,
  rolled,
  spend,
  type SpentUnit,
} from './ledger.js';
import { type Changed, LedgerKeeper, type LedgerKeeperOptions } from './ledger-keeper.js';
import { quotaLimits, type QuotaLimits, type QuotaOptions } from './limits.js';
import { QuotaExhaustedError } from './quota-exhausted-error.js';
import { type QuotaUsage, windowUsage } from './usage.js';
import { type Served, WaitingLine } from './waiting-line.js';

/** Longer waits than this are for the broker: it holds a request for days, and survives us. */
export const defaultLongWaitMs = 60_000;

/** With the default of `connector.max_hold_minutes`. */
const DEFAULT_LONGEST_WORK_MS = 12 * 60_000;

/** While nothing is limited, units are stored together; a crash forgets no more than those of so long. */
const UNLIMITED_STORE_MS = 1000;

/** Limits, what happens when they are reached, and where the ledger is kept. */
export interface QuotaSchedulerOptions extends LedgerKeeperOptions, ExhaustionListener {
  readonly limits: QuotaOptions;
  /** Share of the day (0 to 100) that only manual requests may use. */
  readonly reserveManualPercent: number;
  readonly sleep: Sleep;
  /** Default: {@link defaultLongWaitMs}. */
  readonly longWaitMs?: number;
  /**
   * A request that has been in work for so long goes back to the broker instead of waiting for a further look-up. It may
   * have been held unacknowledged before, and RabbitMQ closes a channel that holds one for thirty minutes. Default: 12
   * minutes.
   */
  readonly longestWorkMs?: number | undefined;
  /**
   * Whether a request that comes again finds the answers that it had. One that does not would never have them all, and is
   * held for as long as it takes. Default: all do.
   */
  readonly mayReturn?: (priority: Priority) => boolean;
}

/** One look-up that may be made. */
export interface QuotaUnit {
  /** Puts it back; only when the call evidently never reached VirusTotal, such as without a connection. */
  giveBack(): Promise<void>;
  /** To be called when VirusTotal has answered, or nothing more is to be expected. */
  answered(): Promise<void>;
}

/**
 * Hands out the look-ups of one API key: as many as its plan allows, never more, to manual requests first. Any number of
 * schedulers, in one process or in several replicas, may share the ledger in the store.
 */
export class QuotaScheduler {
  private readonly keeper: LedgerKeeper;
  private readonly leaps: ClockLeaps;
  private readonly line: WaitingLine<QuotaUnit>;
  private readonly reconciling = new SingleFlight<undefined>();
  private readonly stop = new AbortController();
  private readonly watch: ExhaustionWatch;
  private readonly longWaitMs: number;
  /** Start of the last pause for which VirusTotal was asked what is spent; another replica may have begun it. */
  private comparedPause: number | undefined;
  /** Units taken while nothing was limited, that are not in the store yet. */
  private unstored: Priority[] = [];
  /** VirusTotal did not tell its quota when it was asked last. */
  private isUntold = false;

  constructor(private readonly options: QuotaSchedulerOptions) {
    this.keeper = new LedgerKeeper(options);
    this.leaps = new ClockLeaps(options.clock);
    this.line = new WaitingLine({
      ...options,
      serve: (priority) => this.serve(priority),
      discard: (unit) => unit.giveBack(),
      onStuck: options.onWaiting,
    });
    this.longWaitMs = options.longWaitMs ?? defaultLongWaitMs;
    this.watch = new ExhaustionWatch({
      ...options,
      longWaitMs: this.longWaitMs,
      exhaustion: () => this.exhaustionAt(this.now()),
      refresh: () => this.update((ledger, now) => ({ ledger: rolled(ledger, now), result: undefined })),
      signal: this.stop.signal,
    });
  }

  /**
   * Takes one look-up from the quota, and waits for it if it must. To be called before every HTTP call that counts.
   *
   * @param startedAtMs - Since when the request is in work, in monotonic milliseconds; default: now.
   * @throws QuotaExhaustedError when the wait is longer than `longWaitMs`, or the request has been in work for too long to
   *   wait; the reason of the signal when it aborts; StoppedError when the scheduler closes.
   */
  acquire(priority: Priority, signal?: AbortSignal, startedAtMs?: number): Promise<QuotaUnit> {
    if (this.stop.signal.aborted) return Promise.reject(closed());
    const { clock, mayReturn, longestWorkMs = DEFAULT_LONGEST_WORK_MS } = this.options;
    const isHeld = mayReturn?.(priority) === false;
    const leavesAtMs = isHeld ? undefined : (startedAtMs ?? monotonicMs(clock)) + longestWorkMs;
    return this.line.join(priority, signal, leavesAtMs);
  }

  /**
   * Pauses the key, for all replicas, after VirusTotal refused a look-up for lack of quota (429) all the same, and finds
   * out which window is spent.
   *
   * @param refusal - `retryAfterMs`: what the answer asked for.
   * @param fetchQuota - As in `reconcile`.
   */
  async blocked(
    refusal: { readonly retryAfterMs?: number | undefined },
    fetchQuota: () => Promise<KeyQuota>,
  ): Promise<void> {
    await this.watch.afterwards(async () => {
      const pausedFrom = await this.update((ledger, now) => {
        const paused = block(ledger, now, refusal);
        return { ledger: paused, result: paused.block?.from };
      });
      // Calls that were on their way at the same time are refused as well, which tells nothing new.
      if (pausedFrom === this.comparedPause) return;
      this.comparedPause = pausedFrom;
      await this.reconcile(fetchQuota);
    });
  }

  /**
   * Compares the ledger with VirusTotal's own figures. A failure is logged, once until it works again, and the ledger
   * stands. Who calls while one comparison runs gets that one.
   *
   * @param fetchQuota - Reads the quota endpoint, which costs nothing; must not itself `acquire`.
   */
  async reconcile(fetchQuota: () => Promise<KeyQuota>): Promise<void> {
    await this.reconciling.run('quota', async () => {
      const askedAt = this.options.clock.now();
      try {
        const remote = await fetchQuota();
        if (this.stop.signal.aborted) return undefined;
        await this.update((ledger, now) => ({
          ledger: reconcile(ledger, remote, now, askedAt),
          result: undefined,
        }));
      } catch (error) {
        if (this.stop.signal.aborted) return undefined;
        this.sayUntold(describeError(error));
        return undefined;
      }
      if (this.isUntold) this.options.logger.info('VirusTotal tells its quota again');
      this.isUntold = false;
      this.watch.review();
      this.line.wake();
      return undefined;
    });
  }

  /** As of the last change made by this replica. */
  usage(): QuotaUsage {
    const now = this.now();
    const ledger = rolled(withUnits(this.keeper.latest, now, this.unstored), now);
    return {
      ...windowUsage(ledger, this.limitsFor(ledger)),
      waiting: {
        manual: this.line.waiting('manual'),
        playbook: this.line.waiting('playbook'),
        auto: this.line.waiting('auto'),
      },
      exhaustion: this.exhaustionAt(now),
    };
  }

  /**
   * Sends everybody who waits away. Resolves when the store, which is to be closed later, has what was taken: where
   * something is limited a unit is there before its call is made, else the last of them are not yet.
   */
  async close(): Promise<void> {
    this.stop.abort();
    await this.line.close(closed());
    await this.storeUnits();
    await this.keeper.idle();
  }

  private sayUntold(reason: string): void {
    const { logger } = this.options;
    const text = 'VirusTotal did not tell its quota; our own count stands';
    if (this.isUntold) logger.debug({ reason }, text);
    else logger.warn({ reason }, text);
    this.isUntold = true;
  }

  private async serve(priority: Priority): Promise<Served<QuotaUnit>> {
    const { clock, reserveManualPercent } = this.options;
    if (this.isUnlimited()) return { kind: 'served', value: this.unit(this.takeUnlimited(priority)) };
    const { decision, at } = await this.update((ledger, now) => {
      const current = rolled(ledger, now);
      const decided = decide(current, this.limitsFor(current), now, { priority, reserveManualPercent });
      return {
        // Even when nothing is taken: what was made of a clock that was set back has to last.
        ledger: decided.kind === 'grant' ? spend(current, now, priority) : current,
        result: { decision: decided, at: current.at },
      };
    });
    if (decision.kind === 'grant') return { kind: 'served', value: this.unit({ at, priority }) };
    const refusal = (): Error => new QuotaExhaustedError(decision.until, decision.window);
    if (decision.kind === 'exhausted') {
      this.watch.review();
      if (isLong(decision.until, clock.now(), this.longWaitMs)) throw refusal();
    }
    return { kind: 'wait', until: new Date(decision.until.getTime() - this.leaps.aheadMs), refusal };
  }

  private unit(spent: SpentUnit): QuotaUnit {
    let isBack = false;
    return {
      answered: async () => {
        // Most answers come in time, and cost no write.
        if (isBack || this.now().getTime() - spent.at <= ARRIVAL_TOLERANCE_MS) return;
        if (this.limitsFor(this.keeper.latest).perMinute === undefined) return;
        await this.update((ledger, now) => ({ ledger: answered(ledger, now, spent), result: undefined }));
      },
      giveBack: async () => {
        if (isBack) return;
        isBack = true;
        await this.storeUnits();
        await this.update((ledger, now) => ({
          ledger: giveBack(ledger, now, spent),
          result: undefined,
        }));
        this.watch.review();
      },
    };
  }

  /** Neither we nor VirusTotal limit anything, as far as is known, and nobody has been refused. */
  private isUnlimited(): boolean {
    const { latest } = this.keeper;
    // Nothing has been read from the store yet.
    if (latest === emptyLedger) return false;
    const { perMinute, perHour, perDay, perMonth } = this.limitsFor(latest);
    const isLimited = [perMinute, perHour, perDay, perMonth].some((limit) => limit !== undefined);
    return !isLimited && latest.block === undefined;
  }

  /** Counting each unit in the store would cost more than reading its report. */
  private takeUnlimited(priority: Priority): SpentUnit {
    const { sleep } = this.options;
    if (this.unstored.push(priority) === 1) {
      void sleep(UNLIMITED_STORE_MS, this.stop.signal).then(() => this.storeUnits());
    }
    return { at: this.now().getTime(), priority };
  }

  private async storeUnits(): Promise<void> {
    const units = this.unstored;
    this.unstored = [];
    if (units.length === 0) return;
    await this.update((ledger, now) => ({ ledger: withUnits(ledger, now, units), result: undefined }));
  }

  /**
   * @param change - Pure; may run more than once.
   */
  private async update<R>(change: (ledger: QuotaLedger, now: Date) => Changed<R>): Promise<R> {
    const leap = this.leaps.correction(this.keeper.latest);
    const result = await this.keeper.update((stored, now) => {
      // A store that lost its record, as a Redis without persistence does with each restart, gets it back from here.
      const ledger = stored === emptyLedger ? this.keeper.latest : stored;
      const continued = leap.corrected(ledger, now);
      return change(continued.ledger, continued.now);
    });
    leap.done();
    return result;
  }

  /** By the clock that the ledger goes by. */
  private now(): Date {
    return new Date(this.options.clock.now().getTime() + this.leaps.aheadMs);
  }

  private limitsFor(ledger: QuotaLedger): QuotaLimits {
    return quotaLimits(this.options.limits, ledger.allowed);
  }

  private exhaustionAt(now: Date): Exhaustion | undefined {
    const ledger = this.keeper.latest;
    const { reserveManualPercent } = this.options;
    for (const priority of ['manual', 'auto'] as const) {
      const decision = decide(ledger, this.limitsFor(ledger), now, { priority, reserveManualPercent });
      if (decision.kind === 'exhausted') {
        return { until: decision.until, window: decision.window, manualServed: priority === 'auto' };
      }
    }
    return undefined;
  }
}

function withUnits(ledger: QuotaLedger, now: Date, units: readonly Priority[]): QuotaLedger {
  return units.reduce((each, priority) => spend(each, now, priority), ledger);
}

function closed(): StoppedError {
  return new StoppedError();
}
