import type { VtObjectKind } from '../../virustotal/schema.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Growth and ceiling of the time between two polls (VirusTotal reference §7). */
const GROWTH = 1.5;
const MAX_POLL_MS = 180 * SECOND_MS;
/** Share by which a delay is made longer or shorter, so that many analyses are not asked for in step. */
const JITTER = 0.1;

/** How often a report may be missing after its analysis has ended, before it is taken for what it is. */
export const MAX_LATE_REPORTS = 5;
const LATE_REPORT_MS = 10 * SECOND_MS;

/** How long an analysis that has ended is remembered, so that late requests for the same object find it. */
export const KEEP_COMPLETED_MS = HOUR_MS;
/** One that had not ended in time may still end: whoever asks again waits for the same one. */
export const KEEP_GIVEN_UP_MS = 24 * HOUR_MS;

/** How long a request waits for an analysis: files are queued for long at times, the others never. */
export function maxWaitMs(kind: VtObjectKind): number {
  return kind === 'file' ? 2 * HOUR_MS : 30 * MINUTE_MS;
}

/**
 * Delay before an analysis is asked for again.
 *
 * @param polls - How often it was asked for, from 0.
 * @param random - A number in [0, 1).
 */
export function pollDelayMs(polls: number, firstMs: number, random: () => number): number {
  const delayMs = Math.min(firstMs * GROWTH ** polls, Math.max(MAX_POLL_MS, firstMs));
  return Math.round(delayMs * (1 - JITTER + 2 * JITTER * random()));
}

/** Delay before a report is asked for again that was not there yet; never longer than the first poll. */
export function lateReportDelayMs(lateReports: number, firstMs: number): number {
  return Math.min(LATE_REPORT_MS, firstMs) * (lateReports + 1);
}
