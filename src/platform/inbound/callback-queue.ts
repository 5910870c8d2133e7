import type { Logger } from 'pino';
import { factsOf, type EnrichmentRequest, type TriggerMode } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import type { HeldFigures } from '../../shared/telemetry.js';
import { createStopController } from '../../shared/stop-controller.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import { isAborted } from '../../shared/is-aborted.js';
import { abandonAll } from './abandon-all.js';
import type { RequestHandler } from './amqp-consumer-options.js';
import { CallbackKeeper } from './callback-keeper.js';
import type { CallbackStore } from './callback-store.js';
import { IdleWait } from './idle-wait.js';
import { RequestLine, type Admission } from './request-line.js';
import { SettledKeys } from './settled-keys.js';

export interface CallbackQueueOptions {
  readonly handler: RequestHandler;
  readonly concurrency: number;
  /** As in `RequestLineOptions`. */
  readonly unattendedLimit?: number | undefined;
  /** Requests that may wait; manual ones are taken unless as many of them wait. */
  readonly maxQueued: number;
  /** Bytes of waiting requests beyond which no more are taken; counted like `maxQueued`. */
  readonly maxQueuedBytes?: number;
  /** Where accepted requests survive the process; without it they are lost with the process. */
  readonly store?: CallbackStore | undefined;
  /** Whether a request was handed back for what it has to wait for, such as quota: that counts as no attempt. */
  readonly isPostponed?: (error: unknown) => boolean;
  /**
   * Ends a request that nobody will work on any more, so that the platform does not wait for it. Called for those that
   * are not in work.
   */
  readonly abandon?: (request: EnrichmentRequest) => Promise<void>;
  readonly logger: Logger;
  readonly retryBackoff?: Backoff;
  readonly sleep?: Sleep;
}

/** What became of a request that was offered. */
export type Acceptance =
  /** It will be settled, whatever happens to this process. */
  | 'accepted'
  /** As many wait as may, or nobody is served. */
  | 'full'
  /** The state cannot keep it. */
  | 'unavailable';

const DEFAULT_RETRY_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 60_000 };
/** With the default delays, about five minutes of an unreachable platform. */
const MAX_ATTEMPTS = 12;
const DEFAULT_MAX_QUEUED_BYTES = 32 * 1024 * 1024;
/** How long requests have to let go when a stop has cut short what they waited for. */
const LET_GO_MS = 1_000;

/** A request, and how often it could not be settled. */
interface Job {
  readonly request: EnrichmentRequest;
  readonly mode: TriggerMode;
  readonly bytes: number;
  /** What whoever offers it is told. */
  acceptance: Promise<Acceptance>;
  /** Attempts since it waited for what everybody waits for. */
  tries: number;
  /** Those among them that count. */
  failures: number;
  isInWork: boolean;
}

/**
 * Requests that were taken over HTTP and have no broker behind them: a bounded line, a limit of requests in work, and
 * repetition of those that could not be settled.
 */
export class CallbackQueue {
  readonly #options: CallbackQueueOptions;
  readonly #keeper: CallbackKeeper | undefined;
  readonly #line: RequestLine<Job>;
  /** The requests at hand. */
  readonly #present = new Map<string, Job>();
  /** Those among them that are being kept, and do not stand in the line yet. */
  readonly #entering = new Set<Job>();
  /** A worker that did not get its answer comes again. */
  readonly #settled = new SettledKeys();
  readonly #stop = createStopController();
  readonly #idle = new IdleWait();

  constructor(options: CallbackQueueOptions) {
    this.#options = options;
    const { concurrency, unattendedLimit, store, logger } = options;
    this.#keeper = store === undefined ? undefined : new CallbackKeeper({ ...options, store, logger });
    this.#line = new RequestLine({
      concurrency,
      unattendedLimit,
      start: (job) => this.#work(job),
      onIdle: () => {
        this.#idle.reached();
      },
    });
  }

  /** Requests that wait or are in work. */
  get size(): number {
    return this.#present.size;
  }

  /** Requests that wait for their turn. */
  get held(): HeldFigures {
    return this.#line.figures(({ request }) => request.receivedAt);
  }

  /**
   * Takes a request, and starts it at once when there is room. One that is at hand already, or was settled lately (the
   * worker delivers again what it thinks was not answered), is taken without being done twice.
   *
   * While nobody is served none is taken, because the platform's queue survives us. While only manual ones are served the
   * others are taken all the same: sent back, they would stand before the manual ones in the platform's queue.
   *
   * @param body - As it was received.
   * @returns what became of it; once it is accepted, the store has it.
   */
  async offer(request: EnrichmentRequest, body: Buffer): Promise<Acceptance> {
    const { key, mode } = request;
    const present = this.#present.get(key);
    if (present !== undefined) return present.acceptance;
    if (this.#settled.has(key)) return 'accepted';
    if (this.#line.admission === 'nobody' || !this.#hasRoomFor(mode)) return 'full';
    const job = newJob(request, body.length);
    this.#present.set(key, job);
    job.acceptance = this.#enter(job, body);
    return job.acceptance;
  }

  /** Takes up a request that an earlier process has accepted and not settled. It has its place, however many wait. */
  resume(request: EnrichmentRequest, bytes: number): void {
    if (this.#stop.signal.aborted || this.#present.has(request.key)) return;
    const job = newJob(request, bytes);
    this.#present.set(request.key, job);
    this.#line.enter(job);
  }

  async #enter(job: Job, body: Buffer): Promise<Acceptance> {
    const { key } = job.request;
    if (this.#keeper !== undefined) {
      this.#entering.add(job);
      const kept = await this.#keeper.keep(job.request, body);
      this.#entering.delete(job);
      // Another replica has it, or nobody.
      if (kept !== 'kept') this.#present.delete(key);
      if (kept === 'elsewhere') return 'accepted';
      if (kept === 'unavailable') return kept;
      // It is in the state, where the next process finds it.
      if (isAborted(this.#stop.signal)) return 'accepted';
    }
    this.#line.enter(job);
    return 'accepted';
  }

  #hasRoomFor(mode: TriggerMode): boolean {
    if (this.#entering.size === 0 && this.#line.hasPlaceFor(mode)) return true;
    const { maxQueued, maxQueuedBytes = DEFAULT_MAX_QUEUED_BYTES } = this.#options;
    const waiting = [...this.#line.waitingBefore(mode), ...this.#entering];
    const bytes = waiting.reduce((sum, job) => sum + job.bytes, 0);
    return waiting.length < maxQueued + this.#freePlaces && bytes < maxQueuedBytes;
  }

  /** Places that are free because those who wait are not served, or are still being kept. */
  get #freePlaces(): number {
    return Math.max(0, this.#options.concurrency - this.#line.inWork);
  }

  /** Starts only requests of these from now on, and repeats no others. */
  serve(whom: Admission): void {
    if (!this.#stop.signal.aborted) this.#line.admit(whom);
  }

  /**
   * Waits for the requests in work. What is not settled in time, or waits, stays in the store; without one, all requests
   * that are served are waited for, and the rest is logged and abandoned.
   *
   * @param expire - Called when that time is over, to end what requests in work wait for; they get a moment to let go.
   */
  async drain(timeoutMs: number, expire: () => void = () => undefined): Promise<void> {
    if (this.#keeper !== undefined) this.#letGo();
    await this.#idleWithin(timeoutMs);
    this.#letGo();
    expire();
    await this.#idleWithin(LET_GO_MS);
    this.#line.empty();
    if (this.size === 0) return;
    const { logger, abandon, sleep = wallSleep } = this.#options;
    if (this.#keeper !== undefined) {
      logger.info({ count: this.size }, 'accepted requests stay in the state and are taken up again');
      return;
    }
    const requests = [...this.#present.keys()];
    logger.error({ requests }, 'requests were not settled before the end and are lost');
    // What is still in work may be about to be settled, and is left alone.
    const idle = [...this.#present.values()].filter((job) => !job.isInWork);
    if (abandon === undefined) return;
    await abandonAll(
      idle.map((job) => job.request),
      abandon,
      { logger, sleep },
    );
  }

  /** Begins with no request any more, and ends the pauses between attempts. */
  #letGo(): void {
    this.#stop.abort();
    this.#line.admit('nobody');
  }

  /** Resolves when nothing is in work, or when the time is over. */
  async #idleWithin(timeoutMs: number): Promise<void> {
    if (this.#line.inWork > 0) await this.#idle.within(timeoutMs, this.#options.sleep ?? wallSleep);
  }

  /** Never rejects. */
  async #work(job: Job): Promise<void> {
    const { key } = job.request;
    job.isInWork = true;
    if (!(await this.#settle(job))) return;
    await this.#keeper?.forget(key);
    this.#present.delete(key);
    this.#settled.add(key);
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
    for (;;) {
      try {
        await handler(job.request);
        return true;
      } catch (error) {
        if (isAborted(this.#stop.signal)) return this.#rest(job);
        // What everybody like it waits for counts as no attempt.
        if (!this.#line.admits(job.mode)) return this.#comeBack(job);
        const counts = !isPostponed(error);
        if (counts) job.failures += 1;
        const context = { ...factsOf(job.request), attempt: job.failures, reason: describeError(error) };
        if (counts && job.failures >= MAX_ATTEMPTS && this.#keeper === undefined) {
          logger.error(context, 'request could not be settled and is given up');
          return true;
        }
        logger.debug(context, 'request could not be settled and is tried again');
        await sleep(fullJitterMs(job.tries, retryBackoff), this.#stop.signal);
        job.tries += 1;
        if (isAborted(this.#stop.signal)) return this.#rest(job);
        if (!this.#line.admits(job.mode)) return this.#comeBack(job);
        if (this.#keeper !== undefined && job.tries >= MAX_ATTEMPTS) return this.#goBehind(job);
      }
    }
  }

  #comeBack(job: Job): false {
    this.#rest(job);
    job.failures = 0;
    job.tries = 0;
    this.#line.comeBack(job);
    return false;
  }

  /** It has held a place for minutes: the others have their turn first. */
  #goBehind(job: Job): false {
    this.#rest(job);
    this.#line.enter(job);
    return false;
  }

  #rest(job: Job): false {
    job.isInWork = false;
    return false;
  }
}

function newJob(request: EnrichmentRequest, bytes: number): Job {
  return {
    request,
    mode: request.mode,
    bytes,
    acceptance: Promise.resolve('accepted'),
    tries: 0,
    failures: 0,
    isInWork: false,
  };
}
