import type { Logger } from 'pino';
import { factsOf, type EnrichmentRequest, type TriggerMode } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import { createStopController } from '../../shared/stop-controller.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import type { RequestHandler } from './amqp-consumer.js';
import { RequestLine, type Admission } from './request-line.js';

export interface CallbackQueueOptions {
  readonly handler: RequestHandler;
  readonly concurrency: number;
  /** As in `RequestLineOptions`. */
  readonly unattendedLimit?: number | undefined;
  /** Requests that may wait; manual ones are taken unless as many of them wait. */
  readonly maxQueued: number;
  /** Bytes of waiting requests beyond which no more are taken; counted like `maxQueued`. */
  readonly maxQueuedBytes?: number;
  /** Whether a request was handed back for what it has to wait for, such as quota: that counts as no attempt. */
  readonly isPostponed?: (error: unknown) => boolean;
  /**
   * Ends a request that is lost because the connector stops, so that the platform does not wait for it. Called for those
   * that are not in work.
   */
  readonly abandon?: (request: EnrichmentRequest) => Promise<void>;
  readonly logger: Logger;
  readonly retryBackoff?: Backoff;
  readonly sleep?: Sleep;
}

const DEFAULT_RETRY_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 60_000 };
/** With the default delays, about five minutes of an unreachable platform. */
const MAX_ATTEMPTS = 12;
const DEFAULT_MAX_QUEUED_BYTES = 32 * 1024 * 1024;
/** How long requests have to let go when a stop has cut short what they waited for. */
const LET_GO_MS = 1_000;
/** How long the platform may take to hear of the requests that are lost. */
const ABANDON_MS = 2_000;
/** Requests of which the platform is told at the same time that they are lost. */
const ABANDON_CONCURRENCY = 10;

/** A request, and how often it could not be settled. */
interface Job {
  readonly request: EnrichmentRequest;
  readonly mode: TriggerMode;
  readonly bytes: number;
  failures: number;
  isInWork: boolean;
}

/**
 * Requests that were taken over HTTP and have no broker behind them: a bounded line, a limit of requests in work, and
 * repetition of those that could not be settled.
 */
export class CallbackQueue {
  readonly #options: CallbackQueueOptions;
  readonly #line: RequestLine<Job>;
  /** The requests at hand. */
  readonly #present = new Map<string, Job>();
  readonly #stop = createStopController();
  readonly #idle = new Set<() => void>();

  constructor(options: CallbackQueueOptions) {
    this.#options = options;
    const { concurrency, unattendedLimit } = options;
    this.#line = new RequestLine({
      concurrency,
      unattendedLimit,
      start: (job) => this.#work(job),
      onIdle: () => {
        for (const resolve of this.#idle) resolve();
        this.#idle.clear();
      },
    });
  }

  /** Requests that wait or are in work. */
  get size(): number {
    return this.#present.size;
  }

  /**
   * Takes a request, and starts it at once when there is room. One that is at hand already (the worker delivers again
   * what it thinks was not answered) is taken without being done twice.
   *
   * While nobody is served none is taken, because the platform's queue survives us. While only manual ones are served the
   * others are taken all the same: sent back, they would stand before the manual ones in the platform's queue.
   *
   * @param bytes - How large it was on the wire.
   * @returns whether it was taken; `false` when nobody is served, or as many wait as may, of those that are not served
   *   after it.
   */
  offer(request: EnrichmentRequest, bytes: number): boolean {
    const { key, mode } = request;
    if (this.#present.has(key)) return true;
    if (this.#line.admission === 'nobody' || !this.#hasRoomFor(mode)) return false;
    const job: Job = { request, mode, bytes, failures: 0, isInWork: false };
    this.#present.set(key, job);
    this.#line.enter(job);
    return true;
  }

  #hasRoomFor(mode: TriggerMode): boolean {
    if (this.#line.hasPlaceFor(mode)) return true;
    const { maxQueued, maxQueuedBytes = DEFAULT_MAX_QUEUED_BYTES } = this.#options;
    const waiting = this.#line.waitingBefore(mode);
    const bytes = waiting.reduce((sum, job) => sum + job.bytes, 0);
    return waiting.length < maxQueued + this.#freePlaces && bytes < maxQueuedBytes;
  }

  /** Places that are free because those who wait are not served. */
  get #freePlaces(): number {
    return Math.max(0, this.#options.concurrency - this.#line.inWork);
  }

  /** Starts only requests of these from now on, and repeats no others. */
  serve(whom: Admission): void {
    if (!this.#stop.signal.aborted) this.#line.admit(whom);
  }

  /**
   * Waits for all requests that are served, and gives up on the rest after the timeout: they are logged, and abandoned.
   *
   * @param expire - Called when that time is over, to end what requests in work wait for; they get a moment to let go.
   */
  async drain(timeoutMs: number, expire: () => void = () => undefined): Promise<void> {
    await this.#idleWithin(timeoutMs);
    this.#stop.abort();
    this.#line.admit('nobody');
    expire();
    await this.#idleWithin(LET_GO_MS);
    this.#line.empty();
    if (this.size === 0) return;
    this.#options.logger.error(
      { requests: [...this.#present.keys()] },
      'requests were not settled before the end and are lost',
    );
    await this.#abandonRest();
  }

  /** Resolves when nothing is in work, or when the time is over. */
  async #idleWithin(timeoutMs: number): Promise<void> {
    if (this.#line.inWork === 0) return;
    const { sleep = wallSleep } = this.#options;
    const timer = new AbortController();
    const idle = new Promise<void>((resolve) => this.#idle.add(resolve));
    await Promise.race([idle, sleep(timeoutMs, timer.signal)]);
    timer.abort();
  }

  /** What is still in work may be about to be settled, and is left alone. */
  async #abandonRest(): Promise<void> {
    const { abandon, logger, sleep = wallSleep } = this.#options;
    if (abandon === undefined) return;
    const rest = [...this.#present.values()].filter((job) => !job.isInWork);
    const timer = new AbortController();
    const next = async (): Promise<void> => {
      for (let job = rest.shift(); job !== undefined && !isAborted(timer.signal); job = rest.shift()) {
        try {
          await abandon(job.request);
        } catch (error) {
          logger.warn(
            { ...factsOf(job.request), reason: describeError(error) },
            'platform could not be told of a lost request',
          );
        }
      }
    };
    const all = Promise.all(Array.from({ length: ABANDON_CONCURRENCY }, next));
    await Promise.race([all, sleep(ABANDON_MS, timer.signal)]);
    timer.abort();
  }

  /** Never rejects. */
  async #work(job: Job): Promise<void> {
    job.isInWork = true;
    if (await this.#settle(job)) this.#present.delete(job.request.key);
  }

  /** @returns whether it is done with; if not, it waits in the line again, or is given up because of the stop. */
  async #settle(job: Job): Promise<boolean> {
    const {
      handler,
      isPostponed = () => false,
      logger,
      sleep = wallSleep,
      retryBackoff = DEFAULT_RETRY_BACKOFF,
    } = this.#options;
    const { request } = job;
    for (let tries = 0; ; tries += 1) {
      try {
        await handler(request);
        return true;
      } catch (error) {
        if (isAborted(this.#stop.signal)) return this.#rest(job);
        // What everybody like it waits for counts as no attempt.
        if (!this.#line.admits(job.mode)) return this.#comeBack(job);
        const counts = !isPostponed(error);
        if (counts) job.failures += 1;
        const context = { ...factsOf(request), attempt: job.failures, reason: describeError(error) };
        if (counts && job.failures >= MAX_ATTEMPTS) {
          logger.error(context, 'request could not be settled and is given up');
          return true;
        }
        logger.debug(context, 'request could not be settled and is tried again');
        await sleep(fullJitterMs(tries, retryBackoff), this.#stop.signal);
        if (isAborted(this.#stop.signal)) return this.#rest(job);
        if (!this.#line.admits(job.mode)) return this.#comeBack(job);
      }
    }
  }

  #comeBack(job: Job): false {
    this.#rest(job);
    job.failures = 0;
    this.#line.comeBack(job);
    return false;
  }

  #rest(job: Job): false {
    job.isInWork = false;
    return false;
  }
}

/** Read anew after a wait; the compiler would remember the first answer. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
