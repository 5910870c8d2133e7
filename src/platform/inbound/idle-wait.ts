import type { Sleep } from '../../shared/backoff.js';

/** Those who wait until nothing is in work any more. */
export class IdleWait {
  readonly #waiting = new Set<() => void>();

  /** Nothing is in work any more. */
  reached(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Resolves when {@link reached} is called next, or when the time is over. */
  async within(timeoutMs: number, sleep: Sleep): Promise<void> {
    const timer = new AbortController();
    const idle = new Promise<void>((resolve) => this.#waiting.add(resolve));
    await Promise.race([idle, sleep(timeoutMs, timer.signal)]);
    timer.abort();
  }
}
