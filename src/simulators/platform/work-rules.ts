import type { Since } from './version.js';

/**
 * What is counted of a work. The platform keeps it apart from the work itself: it can vanish while the work stays, and
 * counting for a work without counters begins anew. `undefined`: nothing was counted yet.
 */
export interface WorkCounters {
  expected: number | undefined;
  processed: number | undefined;
  /** Set when the work was created, and not when counting began anew: the sign of life that workers look for. */
  initialized: boolean;
}

/** How `addExpectations` answers for a work without counters (protocol reference §10 leaves both open). */
export type DeadWorkAnswer =
  /** `WORK_NOT_ALIVE`. */
  | 'refused'
  /** As for any other work. */
  | 'accepted';

/**
 * Whether a report completes a work (protocol reference §10): strict equality before 7.260422, so that counters can
 * pass each other.
 */
export function completesOnReport(since: Since, { expected, processed }: WorkCounters): boolean {
  if (since('7.260422.0')) return (processed ?? 0) >= (expected ?? 0);
  return processed !== undefined && processed === expected;
}

/**
 * Whether `toProcessed` completes a work (protocol reference §10); 7.260428 – 7.260609 never do.
 *
 * @param announced - All that was ever expected, whatever became of the counters.
 */
export function completesOnProcessed(since: Since, announced: number, counters: WorkCounters): boolean {
  if (since('7.260428.0') && !since('7.260615.0')) return false;
  if (!since('7.260422.0') && announced === 0) return true;
  return completesOnReport(since, counters);
}

/**
 * Whether `toProcessed` deletes the counters: before 7.260428, when they are met. That nothing at all was counted
 * counts as met on 7.260422 and 7.260423 alone, the trap of bundles pushed over the API (protocol reference §9.6).
 */
export function forgetsCountersOnProcessed(since: Since, counters: WorkCounters): boolean {
  return !since('7.260428.0') && completesOnReport(since, counters);
}

/** Whether the manager closes works of enrichment connectors that a newer one has overtaken. */
export function closesOvertakenWorks(since: Since): boolean {
  return since('6.2.8');
}

/** Whether the manager deletes the counters of what it closes; later only the displayed status changes. */
export function forgetsCountersOfOvertaken(since: Since): boolean {
  return closesOvertakenWorks(since) && !since('7.260510.0');
}

/** Whether `addExpectations` may tell that a work is dead. */
export function mayRefuseDeadWorks(since: Since): boolean {
  return since('6.9.19');
}

/** Whether counting for a work without counters leaves none behind. */
export function clearsStrayCounters(since: Since): boolean {
  return since('7.260510.0');
}

/**
 * Whether calls about a work that was deleted are answered as if nothing had happened (all but `ping`, which fails on
 * every version). Old platforms fail instead, with an error of their own code rather than one they meant: OpenCTI issues
 * 5092 (`toReceived`, 5.12.2), 11926 (`addExpectations`, 6.7) and 12509 (`toReceived`, `toProcessed`, 6.7.20). In which
 * release each call was mended is not known; it is taken to be the one in which the worker learned of deleted works.
 */
export function toleratesDeletedWorks(since: Since): boolean {
  return since('6.8.7');
}
