import type { Sleep } from '../shared/backoff.js';

/** To be called when the request is through; harmless when called again. */
export type Leave = () => void;

/** How long a suspect waits for the others to be through; then it is worked on beside them. */
const PATIENCE_MS = 120_000;
/** How long the others wait for a suspect that is in work. What kills a process does so soon. */
const ALONE_MS = 60_000;

interface Suspect {
  readonly begin: (leave: Leave) => void;
}

/**
 * Lets suspects be alone in work: requests over which the process died before, perhaps because of one of those that were
 * in work beside them. Whoever is alone when it happens again was it. Two suspects take turns with the others, and nobody
 * waits for long.
 */
export class Solitude {
  readonly #sleep: Sleep;
  readonly #signal: AbortSignal | undefined;
  readonly #suspects = new Set<Suspect>();
  readonly #others: ((leave: Leave) => void)[] = [];
  #inWork = 0;
  #alone: Suspect | undefined;

  /** @param signal - Ends every wait. */
  constructor(sleep: Sleep, signal?: AbortSignal) {
    this.#sleep = sleep;
    this.#signal = signal;
  }

  /** Whether the next request that is no suspect may begin at once. */
  get isOpen(): boolean {
    return this.#alone === undefined && this.#suspects.size === 0;
  }

  /** Begins at once; only while {@link isOpen}. */
  enter(): Leave {
    return this.#begin();
  }

  /** Waits for the turn of a request. */
  wait(isSuspect: boolean): Promise<Leave> {
    return new Promise((resolve) => {
      if (isSuspect) this.#queue({ begin: resolve });
      else this.#others.push(resolve);
      this.#next();
    });
  }

  #queue(suspect: Suspect): void {
    this.#suspects.add(suspect);
    void this.#after(PATIENCE_MS, () => {
      if (!this.#suspects.delete(suspect)) return;
      suspect.begin(this.#begin());
      this.#next();
    });
  }

  #next(): void {
    if (this.#alone !== undefined) return;
    const [suspect] = this.#suspects;
    if (suspect === undefined) this.#admitOthers();
    else if (this.#inWork === 0) this.#isolate(suspect);
  }

  #isolate(suspect: Suspect): void {
    this.#suspects.delete(suspect);
    this.#alone = suspect;
    const end = (): void => {
      if (this.#alone !== suspect) return;
      this.#alone = undefined;
      this.#admitOthers();
    };
    suspect.begin(this.#begin(end));
    void this.#after(ALONE_MS, () => {
      end();
      this.#next();
    });
  }

  /** Those who wait, also before the next suspect. */
  #admitOthers(): void {
    for (const begin of this.#others.splice(0)) begin(this.#begin());
  }

  #begin(end: () => void = () => undefined): Leave {
    this.#inWork += 1;
    let isThrough = false;
    return () => {
      if (isThrough) return;
      isThrough = true;
      this.#inWork -= 1;
      end();
      this.#next();
    };
  }

  async #after(durationMs: number, task: () => void): Promise<void> {
    await this.#sleep(durationMs, this.#signal);
    task();
  }
}
