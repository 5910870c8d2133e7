import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { Priority } from './ledger.js';

/** The answer to an attempt to serve: what was asked for, or when to try again. */
export type Served<T> =
  { readonly kind: 'served'; readonly value: T } | { readonly kind: 'wait'; readonly until: Date };

interface Waiter<T> {
  readonly priority: Priority;
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
  private running = false;
  private alarm = new AbortController();
  private isStuck = false;

  /**
   * @param serve - Tries to serve the request at the head; what it throws, that request fails with.
   * @param onStuck - Told when the head has to wait, and when nobody waits any more.
   */
  constructor(
    private readonly serve: (priority: Priority) => Promise<Served<T>>,
    private readonly clock: Clock,
    private readonly sleep: Sleep,
    private readonly onStuck: (isStuck: boolean) => void = () => undefined,
  ) {}

  /**
   * Resolves when served.
   *
   * @throws what `serve` threw, the reason of the signal when it aborts, or the error given to `close`.
   */
  join(priority: Priority, signal?: AbortSignal): Promise<T> {
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

  /** Sends everybody away with the error. */
  close(error: Error): void {
    for (const waiter of [...this.waiters]) waiter.fail(error);
    this.wake();
  }

  private enter(waiter: Waiter<T>): void {
    const place = this.waiters.findIndex((other) => rank[other.priority] > rank[waiter.priority]);
    this.waiters.splice(place === -1 ? this.waiters.length : place, 0, waiter);
    if (this.waiters[0] === waiter) this.wake();
    if (!this.running) void this.run();
  }

  private leave(waiter: Waiter<T>): void {
    const place = this.waiters.indexOf(waiter);
    if (place !== -1) this.waiters.splice(place, 1);
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let head = this.waiters[0]; head !== undefined; head = this.waiters[0]) {
      this.alarm = new AbortController();
      try {
        const answer = await this.serve(head.priority);
        if (answer.kind === 'served') {
          // Whoever gave up during the attempt leaves what was got to the next.
          (this.waiters.includes(head) ? head : this.waiters[0])?.serve(answer.value);
        } else {
          this.tell(true);
          const leftMs = answer.until.getTime() - this.clock.now().getTime();
          await this.sleep(Math.max(1, leftMs), this.alarm.signal);
        }
      } catch (error) {
        head.fail(error);
      }
    }
    this.running = false;
    this.tell(false);
  }

  private tell(isStuck: boolean): void {
    if (this.isStuck === isStuck) return;
    this.isStuck = isStuck;
    this.onStuck(isStuck);
  }
}
