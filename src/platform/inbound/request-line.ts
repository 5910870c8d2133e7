import type { TriggerMode } from '../../enrichment/request.js';
import type { HeldFigures } from '../../shared/telemetry.js';

/** Whose requests are started; those of others wait. */
export type Admission = 'everyone' | 'manual' | 'nobody';

export interface RequestLineOptions<T> {
  /**
   * Requests in work at once. As many manual ones again may be in work beside them, because those that hold the
   * places may themselves wait for quota.
   */
  readonly concurrency: number;
  /** Requests in work at once that are not manual; `concurrency` when absent. */
  readonly unattendedLimit?: number | undefined;
  /** Begins the work synchronously. Resolves when the place is free again; never rejects. */
  readonly start: (item: T) => Promise<void>;
  /** Nothing is in work any more, and nobody who waits may begin. */
  readonly onIdle?: () => void;
}

/** Served first to last. */
const MODES: readonly TriggerMode[] = ['manual', 'playbook', 'auto'];

/**
 * Requests that were taken but are not in work yet: manual before playbook before automatic, and in the order of arrival
 * among equals. A request begins as soon as there is a place for it.
 */
export class RequestLine<T extends { readonly mode: TriggerMode }> {
  readonly #options: RequestLineOptions<T>;
  readonly #waiting: Readonly<Record<TriggerMode, T[]>> = { manual: [], playbook: [], auto: [] };
  readonly #inWork = { manual: 0, unattended: 0 };
  #admission: Admission = 'everyone';

  constructor(options: RequestLineOptions<T>) {
    this.#options = options;
  }

  /** Whose requests are started now. */
  get admission(): Admission {
    return this.#admission;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting.manual.length + this.#waiting.playbook.length + this.#waiting.auto.length;
  }

  /**
   * Those who wait, in figures.
   *
   * @param receivedAt - When one of them was taken.
   */
  figures(receivedAt: (item: T) => Date): HeldFigures {
    const { manual, playbook, auto } = this.#waiting;
    let oldestAt: Date | undefined;
    for (const item of [...manual, ...playbook, ...auto]) {
      const at = receivedAt(item);
      if (oldestAt === undefined || at < oldestAt) oldestAt = at;
    }
    return { count: { manual: manual.length, playbook: playbook.length, auto: auto.length }, oldestAt };
  }

  /** Requests in work. */
  get inWork(): number {
    return this.#inWork.manual + this.#inWork.unattended;
  }

  /** Requests that would be served before one of this mode that comes now. */
  waitingBefore(mode: TriggerMode): readonly T[] {
    return MODES.slice(0, MODES.indexOf(mode) + 1).flatMap((other) => this.#waiting[other]);
  }

  /** Whether requests of this mode are started at all now. */
  admits(mode: TriggerMode): boolean {
    return this.#admission === 'everyone' || (this.#admission === 'manual' && mode === 'manual');
  }

  /** Whether a request of this mode would begin at once. */
  hasPlaceFor(mode: TriggerMode): boolean {
    const { concurrency, unattendedLimit = concurrency } = this.#options;
    if (!this.admits(mode)) return false;
    if (mode === 'manual') return this.#inWork.manual < concurrency;
    return this.inWork < concurrency && this.#inWork.unattended < unattendedLimit;
  }

  /** Takes a request, and begins with it at once when there is a place. */
  enter(item: T): void {
    this.#waiting[item.mode].push(item);
    this.#startNext();
  }

  /** Takes a request that was in work back, before its equals. */
  comeBack(item: T): void {
    this.#waiting[item.mode].unshift(item);
    this.#startNext();
  }

  /** From now on only these are started. Requests in work go on. */
  admit(whom: Admission): void {
    this.#admission = whom;
    this.#startNext();
  }

  /** Takes everybody who waits out of the line, in the order in which they would have been served. */
  empty(): T[] {
    return MODES.flatMap((mode) => this.#waiting[mode].splice(0));
  }

  #startNext(): void {
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      const kind = item.mode === 'manual' ? 'manual' : 'unattended';
      this.#inWork[kind] += 1;
      void this.#options.start(item).finally(() => {
        this.#inWork[kind] -= 1;
        this.#startNext();
        if (this.inWork === 0) this.#options.onIdle?.();
      });
    }
  }

  #next(): T | undefined {
    const mode = MODES.find(
      (candidate) => this.#waiting[candidate].length > 0 && this.hasPlaceFor(candidate),
    );
    return mode === undefined ? undefined : this.#waiting[mode].shift();
  }
}
