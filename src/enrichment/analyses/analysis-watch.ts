import type { Logger } from 'pino';
import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import type { Telemetry } from '../../shared/telemetry.js';
import type { Priority } from '../../virustotal/schema.js';
import {
  changeAnalysis,
  forgetUnreadable,
  listAnalyses,
  urgencyOf,
  type AnalysisRecord,
} from './analysis-record.js';
import type { Exclusive } from './exclusive.js';
import type { Poller } from './poll.js';
import type { Resumption } from './resumption.js';
import { KEEP_COMPLETED_MS, KEEP_GIVEN_UP_MS } from './timing.js';

/** After a crash the broker delivers again first what was parked but not acknowledged. */
const START_GRACE_MS = 5_000;
/** How often it is looked at least: other replicas submit and park as well. */
const MAX_PAUSE_MS = 10_000;
/** How often the parked requests are looked at without a reason of our own. */
const REVIEW_INTERVAL_MS = 60_000;
const REVIEW_AGAIN_MS = 2_000;
/** Much may happen at once; it is looked at together. */
const WAKE_DELAY_MS = 200;
/** How many analyses are asked for at the same time, up to which one of a priority may begin: manual ones find a place. */
const PLACES: Readonly<Record<Priority, number>> = { manual: 6, playbook: 5, auto: 4 };

export interface AnalysisWatchOptions {
  readonly store: Pick<StateStore, 'list' | 'update'>;
  readonly exclusive: Exclusive;
  readonly poller: Poller;
  readonly resumption: Resumption;
  readonly telemetry: Pick<Telemetry, 'requestsParked'>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/**
 * The one loop behind parked requests: asks for the analyses that are due, and has the requests resumed whose analysis
 * has ended. Any number of replicas watch the same state; a lease lets one of them at each analysis and each request.
 */
export class AnalysisWatch {
  readonly #options: AnalysisWatchOptions;
  readonly #polls = new Map<string, Promise<void>>();
  /** What is due and waits for a place, the most urgent first. */
  #due: Due[] = [];
  readonly #stopping = new AbortController();
  #alarm = new AbortController();
  #awake = false;
  #reviewAt = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: AnalysisWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /**
   * Something has changed here: an object was submitted, or asked for.
   *
   * @param canResume - There may be a request to resume.
   */
  wake(canResume: boolean): void {
    if (canResume) this.#reviewAt = 0;
    this.#awake = true;
    this.#alarm.abort();
  }

  /** Takes nothing up any more. */
  stop(): void {
    this.#stopping.abort();
    this.#alarm.abort();
  }

  /** Stops, and waits for what is under way; what is not done in time stays parked. */
  async drain(timeoutMs: number): Promise<void> {
    const { sleep, resumption } = this.#options;
    this.stop();
    await this.#loop;
    const expired = new AbortController();
    const polls = Promise.all(this.#polls.values());
    await Promise.all([
      resumption.drain(timeoutMs, (durationMs) => sleep(durationMs, expired.signal)),
      Promise.race([polls, sleep(timeoutMs, expired.signal)]),
    ]);
    expired.abort();
  }

  async #run(): Promise<void> {
    await this.#pause(START_GRACE_MS);
    while (!this.#stopping.signal.aborted) {
      let pauseMs = MAX_PAUSE_MS;
      try {
        pauseMs = await this.#look();
      } catch (error) {
        this.#options.logger.warn({ reason: describeError(error) }, 'parked requests could not be looked at');
      }
      await this.#pause(pauseMs);
    }
  }

  /** Sleeps until the time is over or something has changed. */
  async #pause(durationMs: number): Promise<void> {
    const { sleep } = this.#options;
    const { signal } = this.#stopping;
    if (!this.#awake && !signal.aborted) await sleep(durationMs, this.#alarm.signal);
    if (this.#awake && !signal.aborted) await sleep(WAKE_DELAY_MS, signal);
    this.#awake = false;
    this.#alarm = new AbortController();
  }

  /** @returns how long there is nothing to do. */
  async #look(): Promise<number> {
    const { store, clock, resumption, telemetry } = this.#options;
    const { analyses, unreadable } = await listAnalyses(store);
    await this.#dropUnreadable(unreadable);
    const now = clock.now().getTime();
    const waiting = [...analyses].filter(([, { stage }]) => stage === 'waiting');
    this.#due = waiting
      .filter(([, { dueAt }]) => dueAt <= now)
      .map(([key, { priority, dueAt }]) => ({ key, priority, dueAt }))
      .sort((a, b) => urgencyOf(a.priority) - urgencyOf(b.priority) || a.dueAt - b.dueAt);
    this.#fillPlaces();
    if (this.#reviewAt <= now) {
      this.#reviewAt = now + REVIEW_INTERVAL_MS;
      const { awaited, held, parked, oldestAt } = await resumption.review(analyses);
      telemetry.requestsParked(parked, oldestAt);
      if (held > 0) this.#reviewAt = Math.min(this.#reviewAt, now + REVIEW_AGAIN_MS);
      await this.#forget(analyses, awaited);
    }
    const next = Math.min(
      this.#reviewAt,
      ...waiting.map(([, { dueAt }]) => dueAt).filter((due) => due > now),
    );
    return Math.min(MAX_PAUSE_MS, Math.max(1, next - now));
  }

  #fillPlaces(): void {
    const waiting: Due[] = [];
    for (const due of this.#due) {
      if (this.#polls.has(due.key)) continue;
      if (this.#polls.size < PLACES[due.priority]) this.#polls.set(due.key, this.#pollOnce(due.key));
      else waiting.push(due);
    }
    this.#due = waiting;
  }

  async #pollOnce(key: string): Promise<void> {
    const { exclusive, poller, logger } = this.#options;
    const seen = { end: false };
    let isOurs = false;
    try {
      // Recorded as under way before it can end.
      await Promise.resolve();
      isOurs = await exclusive.attempt(`poll ${key}`, async () => {
        seen.end = await poller.poll(key);
      });
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'an analysis could not be asked for');
    } finally {
      this.#polls.delete(key);
      if (!this.#stopping.signal.aborted) this.#fillPlaces();
      // Where another replica is at it, the usual pause is kept.
      if (seen.end || (isOurs && this.#due.length === 0)) this.wake(seen.end);
    }
  }

  /** Such as those of another version: nobody could ever end them. */
  async #dropUnreadable(keys: readonly string[]): Promise<void> {
    const { store, logger } = this.#options;
    for (const key of keys) {
      logger.warn({ key }, 'record of an analysis cannot be read and is dropped');
      await forgetUnreadable(store, key);
    }
  }

  /** Ended analyses are kept for late requests, and whatever has lost its requests is not kept for ever. */
  async #forget(analyses: ReadonlyMap<string, AnalysisRecord>, awaited: ReadonlySet<string>): Promise<void> {
    const { store, clock } = this.#options;
    for (const [key, record] of analyses) {
      if (awaited.has(key) || !isOver(record, clock.now().getTime())) continue;
      await changeAnalysis(store, key, (current) =>
        current !== undefined && isOver(current, clock.now().getTime()) ? undefined : current,
      );
    }
  }
}

function isOver({ stage, endedAt, begunAt }: AnalysisRecord, now: number): boolean {
  if (stage === 'waiting') return false;
  const keptMs = stage === 'completed' ? KEEP_COMPLETED_MS : KEEP_GIVEN_UP_MS;
  return now - (endedAt ?? begunAt) > keptMs;
}

/** An analysis that is to be asked for. */
interface Due {
  readonly key: string;
  readonly priority: Priority;
  readonly dueAt: number;
}
