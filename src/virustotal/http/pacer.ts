import type { KeyQuota, Priority } from '../schema.js';

/** The right to make one call that costs quota. */
export interface Unit {
  /** Puts it back: the call never reached VirusTotal, or was turned away without being counted. */
  giveBack(): Promise<void>;
  /** The call has ended, with an answer or without: VirusTotal may have counted it as late as now. */
  answered(): Promise<void>;
}

/** Says when a call that costs quota may be made; see `quota/scheduler.ts`. */
export interface Pacer {
  /**
   * Waits for one unit.
   *
   * @param startedAtMs - Since when the request is in work, in monotonic milliseconds.
   * @throws ConnectorError
   */
  acquire(priority: Priority, signal?: AbortSignal, startedAtMs?: number): Promise<Unit>;
  /**
   * VirusTotal refused a call for lack of quota, or, again and again, because there are too many at the moment; resolves
   * when the next `acquire` knows it.
   */
  blocked(
    refusal: { readonly retryAfterMs?: number | undefined },
    fetchQuota: () => Promise<KeyQuota>,
  ): Promise<void>;
}
