import { sleep as wallSleep, type Sleep } from '../../shared/backoff.js';

export interface HoldWatchOptions {
  /** Nothing is held for longer. */
  readonly maxHoldMs?: number | undefined;
  /** Bytes beyond which there should be no more. */
  readonly maxBytes?: number | undefined;
  readonly sleep?: Sleep | undefined;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Something has been held for half of the time at least. */
  readonly expired: () => void;
}

/** One thing that is held. */
export interface Hold {
  readonly bytes: number;
  /** The last look when it began. */
  readonly since: number;
}

/** RabbitMQ closes the channel of whoever holds a message for 30 minutes (`consumer_timeout`). */
const DEFAULT_MAX_HOLD_MS = 600_000;
const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;

/** Knows how much is held, and for how long. It looks twice in the time allowed, so no clock that jumps matters. */
export class HoldWatch {
  readonly #options: HoldWatchOptions;
  readonly #holds = new Set<Hold>();
  #bytes = 0;
  #looks = 0;
  #looking = false;

  constructor(options: HoldWatchOptions) {
    this.#options = options;
  }

  /** Whether no more should be held. */
  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** Whether there is room for much more. */
  get isRoomy(): boolean {
    return this.#bytes <= this.#maxBytes / 2;
  }

  begin(bytes: number): Hold {
    const hold = { bytes, since: this.#looks };
    this.#holds.add(hold);
    this.#bytes += bytes;
    if (!this.#looking) void this.#look();
    return hold;
  }

  /** Harmless when called again. */
  end(hold: Hold): void {
    if (this.#holds.delete(hold)) this.#bytes -= hold.bytes;
  }

  get #maxBytes(): number {
    return this.#options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  async #look(): Promise<void> {
    const { sleep = wallSleep, maxHoldMs = DEFAULT_MAX_HOLD_MS, signal, expired } = this.#options;
    this.#looking = true;
    while (this.#holds.size > 0) {
      await sleep(maxHoldMs / 2, signal);
      if (signal.aborted) break;
      this.#looks += 1;
      const [oldest] = this.#holds;
      // The last look but one found it: it has been held for more than half of the time, and not for all of it.
      if (oldest !== undefined && this.#looks - oldest.since >= 2) expired();
    }
    this.#looking = false;
  }
}
