import type { Logger } from 'pino';
import type { EnrichmentRequest, TriggerMode } from '../../enrichment/request.js';
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
  readonly logger: Logger;
  readonly retryBackoff?: Backoff;
  readonly sleep?: Sleep;
}

const DEFAULT_RETRY_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 60_000 };
/** With the default delays, about five minutes of an unreachable platform. */
const MAX_ATTEMPTS = 12;

/** A request, and how often it could not be settled. */
interface Job {
  readonly request: EnrichmentRequest;
  readonly mode: TriggerMode;
  failures: number;
}

/**
 * Requests that were taken over HTTP and have no broker behind them: a bounded line, a limit of requests in work, and
 * repetition of those that could not be settled.
 */
export class CallbackQueue {
  readonly #options: CallbackQueueOptions;
  readonly #line: RequestLine<Job>;
  /** Keys of the requests at hand. */
  readonly #present = new Set<string>();
  readonly #stop = createStopController();
  readonly #idle = new Set<() => void>();

  constructor(options: CallbackQueueOptions) {
    this.#options = options;
    const { concurrency, unattendedLimit } = options;
    this.#line = new RequestLine({ concurrency, unattendedLimit, start: (job) => this.#work(job) });
  }

  /** Requests that wait or are in work. */
  get size(): number {
    return this.#present.size;
  }

  /**
   * Takes a request, and starts it at once when there is room. One that is at hand already (the worker delivers again
   * what it thinks was not answered) is taken without being done twice.
   *
   * @returns whether it was taken; `false` when as many wait as may, of those that are not served after it.
   */
  offer(request: EnrichmentRequest): boolean {
    const { key, mode } = request;
    if (this.#present.has(key)) return true;
    if (!this.#line.hasPlaceFor(mode) && this.#line.waitingBefore(mode) >= this.#capacity) return false;
    this.#present.add(key);
    this.#line.enter({ request, mode, failures: 0 });
    return true;
  }

  /** Requests that may wait: while nobody is served, also those whose places are free. */
  get #capacity(): number {
    const { maxQueued, concurrency } = this.#options;
    return maxQueued + Math.max(0, concurrency - this.#line.inWork);
  }

  /** Starts only requests of these from now on, and repeats no others. */
  serve(whom: Admission): void {
    if (!this.#stop.signal.aborted) this.#line.admit(whom);
  }

  /** Waits for all requests, and gives up on the rest after the timeout. */
  async drain(timeoutMs: number): Promise<void> {
    const { logger, sleep = wallSleep } = this.#options;
    if (this.size > 0) {
      const timer = new AbortController();
      const idle = new Promise<void>((resolve) => this.#idle.add(resolve));
      await Promise.race([idle, sleep(timeoutMs, timer.signal)]);
      timer.abort();
    }
    this.#stop.abort();
    this.#line.admit('nobody');
    this.#line.empty();
    if (this.size > 0)
      logger.error({ requests: [...this.#present] }, 'requests were not settled before the end and are lost');
  }

  /** Never rejects. */
  async #work(job: Job): Promise<void> {
    const { handler, logger, sleep = wallSleep, retryBackoff = DEFAULT_RETRY_BACKOFF } = this.#options;
    const { request, mode } = job;
    for (;;) {
      try {
        await handler(request);
        break;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!this.#line.admits(mode)) {
          // It failed of what everybody like it waits for now, which counts as no attempt.
          this.#line.comeBack({ ...job, failures: 0 });
          return;
        }
        job.failures += 1;
        const context = { key: request.key, attempt: job.failures, reason: describeError(error) };
        if (job.failures >= MAX_ATTEMPTS) {
          logger.error(context, 'request could not be settled and is given up');
          break;
        }
        logger.debug(context, 'request could not be settled and is tried again');
        await sleep(fullJitterMs(job.failures - 1, retryBackoff), this.#stop.signal);
        if (isAborted(this.#stop.signal)) return;
      }
    }
    this.#present.delete(request.key);
    if (this.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

/** Read anew after a wait; the compiler would remember the first answer. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
