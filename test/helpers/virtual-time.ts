import type { Sleep } from '../../src/shared/backoff.js';
import type { Clock } from '../../src/shared/clock.js';

interface Sleeper {
  readonly dueMs: number;
  wake(): void;
}

/**
 * Time that passes only when a test lets it: whoever sleeps is woken in order, at once, with the clock at the moment
 * meant. All work between two moments is done before time goes on.
 */
export class VirtualTime {
  /** Time that has really passed; the clock on the wall may be set to something else. */
  elapsedMs = 0;
  private readonly sleepers = new Set<Sleeper>();
  private wallAtStartMs: number;

  readonly clock: Clock = {
    now: () => new Date(this.wallAtStartMs + this.elapsedMs),
    elapsedMs: () => this.elapsedMs,
  };

  readonly sleep: Sleep = (durationMs, signal) =>
    new Promise((resolve) => {
      const sleeper: Sleeper = {
        dueMs: this.elapsedMs + durationMs,
        wake: () => {
          this.sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      signal?.addEventListener('abort', sleeper.wake, { once: true });
      this.sleepers.add(sleeper);
    });

  constructor(startsAt: string) {
    this.wallAtStartMs = Date.parse(startsAt);
  }

  /** How many sleep. */
  get sleeping(): number {
    return this.sleepers.size;
  }

  /** Sets the clock on the wall forward, or back when negative, without time passing. */
  setClock(byMs: number): void {
    this.wallAtStartMs += byMs;
  }

  /** Lets time pass. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.elapsedMs + durationMs;
    for (;;) {
      await settled();
      const next = [...this.sleepers].reduce<Sleeper | undefined>(
        (first, sleeper) => (first === undefined || sleeper.dueMs < first.dueMs ? sleeper : first),
        undefined,
      );
      if (next === undefined || next.dueMs > endMs) break;
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      next.wake();
    }
    this.elapsedMs = endMs;
  }
}

/** Lets everything that waits for promises only go as far as it can. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
