const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONTH_DAYS = 30.44;
const YEAR_DAYS = 365.25;

/**
 * How long it is from one moment to another, as a person says it: `3 hours`, `12 days`, `5 months`, `2 years`, rounded
 * down.
 */
export function spanText(from: Date, to: Date): string {
  const ms = Math.max(0, to.getTime() - from.getTime());
  if (ms < HOUR_MS) return 'less than an hour';
  if (ms < 2 * DAY_MS) return counted(ms / HOUR_MS, 'hour');
  const days = ms / DAY_MS;
  if (days < 2 * MONTH_DAYS) return counted(days, 'day');
  return days < 2 * YEAR_DAYS ? counted(days / MONTH_DAYS, 'month') : counted(days / YEAR_DAYS, 'year');
}

/** `1 day`, `2 days`. */
export function counted(count: number, noun: string): string {
  const whole = Math.floor(count);
  return `${whole} ${noun}${whole === 1 ? '' : 's'}`;
}
