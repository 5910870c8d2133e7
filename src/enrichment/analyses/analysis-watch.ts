import type { Logger } from 'pino';
import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { changeAnalysis, listAnalyses, type AnalysisRecord } from './analysis-record.js';
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
/** Analyses that are asked for at the same time. */
const MAX_POLLS = 4;

export interface AnalysisWatchOptions {
  readonly store: Pick<StateStore, 'list' | 'update'>;
  readonly exclusive: Exclusive;
  readonly poller: Poller;
  readonly resumption: Resumption;
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
  #alarm = new AbortController();
  #awake = false;
  #stopped = false;
  #reviewAt = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: AnalysisWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Something has changed here: a request was parked, or one is done with. */
  wake(): void {
    this.#reviewAt = 0;
    this.#awake = true;
    this.#alarm.abort();
  }

  /** Takes nothing up any more. */
  stop(): void {
    this.#stopped = true;
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
    while (!this.#stopped) {
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
    if (!this.#awake && !this.#stopped) await this.#options.sleep(durationMs, this.#alarm.signal);
    this.#awake = false;
    this.#alarm = new AbortController();
  }

  /** @returns how long there is nothing to do. */
  async #look(): Promise<number> {
    const { store, clock, resumption } = this.#options;
    const analyses = await listAnalyses(store);
    const now = clock.now().getTime();
    const waiting = [...analyses].filter(([, { stage }]) => stage === 'waiting');
    for (const [key, { dueAt }] of waiting) if (dueAt <= now) this.#poll(key);
    if (this.#reviewAt <= now) {
      this.#reviewAt = now + REVIEW_INTERVAL_MS;
      const { awaited, held } = await resumption.review(analyses);
      if (held > 0) this.#reviewAt = now + REVIEW_AGAIN_MS;
      await this.#forget(analyses, awaited);
    }
    const next = Math.min(
      this.#reviewAt,
      ...waiting.map(([, { dueAt }]) => dueAt).filter((due) => due > now),
    );
    return Math.min(MAX_PAUSE_MS, Math.max(1, next - now));
  }

  #poll(key: string): void {
    if (this.#polls.size >= MAX_POLLS || this.#polls.has(key)) return;
    this.#polls.set(key, this.#pollOnce(key));
  }

  async #pollOnce(key: string): Promise<void> {
    const { exclusive, poller, logger } = this.#options;
    try {
      // Recorded as under way before it can end.
      await Promise.resolve();
      // Where another replica is at it, the usual pause is kept.
      if (await exclusive.attempt(`poll ${key}`, () => poller.poll(key))) this.wake();
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'an analysis could not be asked for');
    } finally {
      this.#polls.delete(key);
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
