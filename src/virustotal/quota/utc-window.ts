/** A window that VirusTotal counts look-ups in, beside the minute; it starts and ends by UTC. */
export type UtcWindow = 'hour' | 'day' | 'month';

/** Length of the part of an ISO 8601 moment that names the window: `2026-01-31T13`, `2026-01-31`, `2026-01`. */
const idLength: Readonly<Record<UtcWindow, number>> = { hour: 13, day: 10, month: 7 };

/** Name of the window that holds the moment (ms since the epoch); a later window has a greater name. */
export function windowId(window: UtcWindow, atMs: number): string {
  return new Date(atMs).toISOString().slice(0, idLength[window]);
}

/**
 * First moment (ms since the epoch) of the window after the one that holds the moment. The day renews at 00:00 UTC,
 * the month on its first day at 00:00 UTC (https://docs.virustotal.com/docs/consumption-quotas-handled).
 */
export function windowEnd(window: UtcWindow, atMs: number): number {
  const at = new Date(atMs);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  switch (window) {
    case 'hour':
      return Date.UTC(year, month, at.getUTCDate(), at.getUTCHours() + 1);
    case 'day':
      return Date.UTC(year, month, at.getUTCDate() + 1);
    case 'month':
      return Date.UTC(year, month + 1);
  }
}
