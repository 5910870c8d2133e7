import type { Logger } from 'pino';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import { createStopController } from '../../shared/stop-controller.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import type { RequestHandler } from './amqp-consumer.js';

export interface CallbackQueueOptions {
  readonly handler: RequestHandler;
  readonly concurrency: number;
  readonly maxQueued: number;
  readonly logger: Logger;
  readonly retryBackoff?: Backoff;
  readonly sleep?: Sleep;
}

const DEFAULT_RETRY_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 60_000 };
/** With the default delays, about five minutes of an unreachable platform. */
const MAX_ATTEMPTS = 12;

/**
 * Requests that were taken over HTTP and have no broker behind them: a bounded queue, a limit of requests in work, and
 * repetition of those that could not be settled.
 */
export class CallbackQueue {
  readonly #options: CallbackQueueOptions;
  readonly #waiting: EnrichmentRequest[] = [];
  readonly #running = new Set<string>();
  readonly #stop = createStopController();
  readonly #idle = new Set<() => void>();
  /** Settles when the pause is over; `undefined` when there is none. */
  #pause: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  constructor(options: CallbackQueueOptions) {
    this.#options = options;
  }

  /** Requests that wait or are in work. */
  get size(): number {
    return this.#waiting.length + this.#running.size;
  }

  /**
   * Takes a request, and starts it at once when there is room. One that is at hand already (the worker delivers again
   * what it thinks was not answered) is taken without being done twice.
   *
   * @returns whether it was taken; `false` when the queue is full.
   */
  offer(request: EnrichmentRequest): boolean {
    if (this.#running.has(request.key) || this.#waiting.some((other) => other.key === request.key))
      return true;
    const busy = this.#pause !== undefined || this.#running.size >= this.#options.concurrency;
    const full = busy && this.#waiting.length >= this.#options.maxQueued;
    if (full) return false;
    this.#waiting.push(request);
    this.#startNext();
    return true;
  }

  /** Starts no request, and repeats none, until {@link resume}. */
  pause(): void {
    if (this.#pause !== undefined) return;
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#pause = { over, end };
  }

  /** Goes on. */
  resume(): void {
    this.#pause?.end();
    this.#pause = undefined;
    this.#startNext();
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
    this.#pause?.end();
    const lost = [...this.#running, ...this.#waiting.map((request) => request.key)];
    this.#waiting.length = 0;
    if (lost.length > 0)
      logger.error({ requests: lost }, 'requests were not settled before the end and are lost');
  }

  #startNext(): void {
    while (
      this.#running.size < this.#options.concurrency &&
      this.#pause === undefined &&
      !this.#stop.signal.aborted
    ) {
      const request = this.#waiting.shift();
      if (request === undefined) break;
      this.#running.add(request.key);
      void this.#work(request).finally(() => {
        this.#running.delete(request.key);
        this.#startNext();
      });
    }
    if (this.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** Never rejects. */
  async #work(request: EnrichmentRequest): Promise<void> {
    const { handler, logger, sleep = wallSleep, retryBackoff = DEFAULT_RETRY_BACKOFF } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        await handler(request);
        return;
      } catch (error) {
        const context = { key: request.key, attempt: attempt + 1, reason: describeError(error) };
        if (this.#stop.signal.aborted) return;
        if (this.#pause !== undefined) {
          // It failed of what everything waits for now, which counts as no attempt.
          await this.#pause.over;
          if (isAborted(this.#stop.signal)) return;
          attempt = -1;
          continue;
        }
        if (attempt + 1 >= MAX_ATTEMPTS) {
          logger.error(context, 'request could not be settled and is given up');
          return;
        }
        logger.debug(context, 'request could not be settled and is tried again');
        await sleep(fullJitterMs(attempt, retryBackoff), this.#stop.signal);
        if (isAborted(this.#stop.signal)) return;
      }
    }
  }
}

/** Read anew after a wait; the compiler would remember the first answer. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
