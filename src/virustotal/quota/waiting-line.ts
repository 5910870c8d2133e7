import type { Sleep } from '../../shared/backoff.js';
import { type Clock, monotonicMs } from '../../shared/clock.js';
import type { Priority } from './ledger.js';

/** The answer to an attempt to serve: what was asked for, or when to try again. */
export type Served<T> =
  | { readonly kind: 'served'; readonly value: T }
  | {
      readonly kind: 'wait';
      readonly until: Date;
      /** What those fail with who may not wait until then. */
      readonly refusal: () => Error;
    };

/** Where what is waited for comes from. */
export interface WaitingLineOptions<T> {
  /** Tries to serve the request at the head; what it throws, that request fails with. */
  readonly serve: (priority: Priority) => Promise<Served<T>>;
  /** Takes back what was got for a request that gave up meanwhile. */
  readonly discard: (value: T) => Promise<void>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  /** Told when the head has to wait, and when nobody waits any more. */
  readonly onStuck?: ((isStuck: boolean) => void) | undefined;
}

interface Waiter<T> {
  readonly priority: Priority;
  readonly leavesAtMs: number;
  serve(value: T): void;
  fail(error: unknown): void;
}

const rank: Readonly<Record<Priority, number>> = { manual: 0, playbook: 1, auto: 2 };

/**
 * Requests that wait for their turn: manual before playbook before automatic, and in the order of arrival among equals.
 * Only the head is served, one attempt at a time; a better request that comes while the head waits for its moment
 * becomes the head (docs/adr/0011-own-waiting-line.md).
 */
export class WaitingLine<T> {
  private readonly waiters: Waiter<T>[] = [];
  /** While somebody waits. */
  private running: Promise<void> | undefined;
  private alarm = new AbortController();
  private isStuck = false;

  constructor(private readonly options: WaitingLineOptions<T>) {}

  /**
   * Resolves when served.
   *
   * @param leavesAtMs - Who would still have to wait at this moment, in monotonic milliseconds, is sent away; it is seen
   *   at the next attempt. Absent: waits for as long as it takes.
   * @throws what `serve` threw, the reason of the signal when it aborts, the refusal of one who may not wait any longer,
   *   or the error given to `close`.
   */
  join(priority: Priority, signal?: AbortSignal, leavesAtMs = Number.POSITIVE_INFINITY): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        waiter.fail(signal?.reason);
      };
      const leave = (): void => {
        signal?.removeEventListener('abort', abort);
        this.leave(waiter);
      };
      const waiter: Waiter<T> = {
        priority,
        leavesAtMs,
        serve: (value) => {
          leave();
          resolve(value);
        },
        fail: (error) => {
          leave();
          reject(error instanceof Error ? error : new Error('The request was given up.', { cause: error }));
        },
      };
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.enter(waiter);
    });
  }

  /** How many wait. */
  waiting(priority: Priority): number {
    return this.waiters.filter((waiter) => waiter.priority === priority).length;
  }

  /** Tries the head again at once: what it waits for may have changed. */
  wake(): void {
    this.alarm.abort();
  }

  /** Sends everybody away with the error; resolves when nothing is under way any more. */
  async close(error: Error): Promise<void> {
    for (const waiter of [...this.waiters]) waiter.fail(error);
    this.wake();
    await this.running;
  }

  private enter(waiter: Waiter<T>): void {
    const place = this.waiters.findIndex((other) => rank[other.priority] > rank[waiter.priority]);
    this.waiters.splice(place === -1 ? this.waiters.length : place, 0, waiter);
    if (this.waiters[0] === waiter) this.wake();
    this.running ??= this.run();
  }

  private leave(waiter: Waiter<T>): void {
    const place = this.waiters.indexOf(waiter);
    if (place !== -1) this.waiters.splice(place, 1);
  }

  private async run(): Promise<void> {
    for (let head = this.waiters[0]; head !== undefined; head = this.waiters[0]) {
      this.alarm = new AbortController();
      try {
        const answer = await this.options.serve(head.priority);
        if (answer.kind === 'served') await this.hand(answer.value, head);
        else await this.wait(answer, head);
      } catch (error) {
        head.fail(error);
      }
    }
    this.running = undefined;
    this.tell(false);
  }

  /** Whoever gave up during the attempt leaves what was got to the next, unless that is another kind of request. */
  private async hand(value: T, head: Waiter<T>): Promise<void> {
    const taker = this.waiters.includes(head) ? head : this.waiters[0];
    if (taker?.priority === head.priority) taker.serve(value);
    else await this.options.discard(value);
  }

  private async wait(
    { until, refusal }: Extract<Served<T>, { kind: 'wait' }>,
    head: Waiter<T>,
  ): Promise<void> {
    const { clock, sleep } = this.options;
    const nowMs = monotonicMs(clock);
    for (const waiter of this.waiters.filter(({ leavesAtMs }) => leavesAtMs <= nowMs)) waiter.fail(refusal());
    // For another the moment may be another.
    if (this.waiters[0] !== head) return;
    this.tell(true);
    await sleep(Math.max(1, until.getTime() - clock.now().getTime()), this.alarm.signal);
  }

  private tell(isStuck: boolean): void {
    if (this.isStuck === isStuck) return;
    this.isStuck = isStuck;
    this.options.onStuck?.(isStuck);
  }
}
