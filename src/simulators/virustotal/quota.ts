import { ApiError } from './envelope.js';

/** Look-ups a key may make; a limit that is left out does not exist. */
export interface QuotaLimits {
  readonly perMinute?: number;
  readonly perDay?: number;
  readonly perMonth?: number;
}

/** Limits of a free key (https://docs.virustotal.com/reference/public-vs-premium-api). */
export const publicLimits: QuotaLimits = { perMinute: 4, perDay: 500, perMonth: 15_500 };

/** Units used up in each window that is open now. */
export interface QuotaUse {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
}

/** What `overall_quotas` shows where no limit exists: the number real accounts without a limit show. */
export const unlimited = 99_000_000;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Counts the units of one key, or of a group of keys: a sliding minute, the UTC day, the UTC month. */
export class QuotaLedger {
  #recent: number[] = [];
  readonly #perDate = new Map<string, number>();

  constructor(readonly limits: QuotaLimits) {}

  /** Units used in each window at the given moment. */
  use(at: Date): QuotaUse {
    const now = at.getTime();
    const day = at.toISOString().slice(0, 10);
    let month = 0;
    for (const [date, units] of this.#perDate) if (date.startsWith(day.slice(0, 7))) month += units;
    return {
      minute: this.#recent.filter((time) => now - time < minuteMs).length,
      hour: this.#recent.filter((time) => now - time < hourMs).length,
      day: this.#perDate.get(day) ?? 0,
      month,
    };
  }

  /** When the window that is full opens again, or `undefined` when a unit is left in every window. */
  exhaustedUntil(at: Date): Date | undefined {
    const { minute, day, month } = this.use(at);
    const { perMinute = Infinity, perDay = Infinity, perMonth = Infinity } = this.limits;
    if (month >= perMonth) return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
    if (day >= perDay) return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1));
    if (minute < perMinute) return undefined;
    const inWindow = this.#recent.filter((time) => at.getTime() - time < minuteMs);
    return new Date((inWindow[inWindow.length - perMinute] ?? at.getTime()) + minuteMs);
  }

  /** Counts units without asking whether they are left. */
  spend(at: Date, units = 1): void {
    const now = at.getTime();
    this.#recent = this.#recent.filter((time) => now - time < hourMs);
    this.#recent.push(...Array<number>(units).fill(now));
    const day = at.toISOString().slice(0, 10);
    this.#perDate.set(day, (this.#perDate.get(day) ?? 0) + units);
  }
}

/** 429 of a quota that is used up. */
export function quotaExceeded(retryAfterSeconds?: number): ApiError {
  return new ApiError(
    429,
    'QuotaExceededError',
    'Quota exceeded',
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}
