interface Waiter {
  condition: () => boolean;
  settle: (error?: Error) => void;
}

/** Options of {@link ChangeSignal.until}. */
export interface UntilOptions {
  /** How long to wait before giving up; 15 seconds by default. */
  timeoutMs?: number;
  /** What is waited for, for the error; a function is asked when the wait has failed. */
  description?: string | (() => string);
}

/** Wakes those who wait for a condition whenever something changed, so that nobody polls and nobody sleeps. */
export class ChangeSignal {
  readonly #waiters = new Set<Waiter>();
  #closed = false;

  /** To be called after every change that a test may wait for. */
  changed(): void {
    for (const waiter of [...this.#waiters]) this.#check(waiter);
  }

  /**
   * Resolves as soon as the condition holds.
   *
   * @throws {Error} naming the description when the time is over or the simulator is closed; whatever the condition throws.
   */
  until(condition: () => boolean, options: UntilOptions = {}): Promise<void> {
    const { timeoutMs = 15_000, description = condition.toString() } = options;
    const describe = (): string => (typeof description === 'string' ? description : description());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiter.settle(new Error(`still waiting after ${timeoutMs} ms for: ${describe()}`));
      }, timeoutMs);
      const waiter: Waiter = {
        condition,
        settle: (error) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiters.add(waiter);
      if (this.#closed) waiter.settle(new Error(`the simulator was closed before: ${describe()}`));
      else this.#check(waiter);
    });
  }

  /** Ends every wait with an error. */
  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) {
      waiter.settle(new Error('the simulator was closed while somebody waited'));
    }
  }

  #check(waiter: Waiter): void {
    try {
      if (waiter.condition()) waiter.settle();
    } catch (error) {
      waiter.settle(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
