import { isJsonObject } from '../../shared/json.js';
import { type Block, emptyLedger, type QuotaLedger, type RecentUnits, type WindowUse } from './ledger.js';
import type { AllowedQuota } from './limits.js';
import type { UtcWindow } from './utc-window.js';

const idPattern: Readonly<Record<UtcWindow, RegExp>> = {
  hour: /^\d{4}-\d\d-\d\dT\d\d$/,
  day: /^\d{4}-\d\d-\d\d$/,
  month: /^\d{4}-\d\d$/,
};

/**
 * The ledger in a stored record. One that is missing, damaged or of another version counts as empty: what was spent
 * then comes back from VirusTotal with the next reconciliation.
 */
export function ledgerFrom(record: unknown): QuotaLedger {
  if (!isJsonObject(record) || record.version !== 1 || !isMoment(record.at)) return emptyLedger;
  const recent = listOf(record.recent, isRecentUnits);
  const hour = windowsFrom(record.hour, 'hour');
  const day = windowsFrom(record.day, 'day');
  const month = windowsFrom(record.month, 'month');
  if (recent === undefined || hour === undefined || day === undefined || month === undefined)
    return emptyLedger;
  return {
    version: 1,
    at: record.at,
    recent: recent.toSorted(([a], [b]) => a - b),
    hour,
    day,
    month,
    allowed: isAllowed(record.allowed) ? record.allowed : undefined,
    block: isBlock(record.block) ? record.block : undefined,
  };
}

function windowsFrom(value: unknown, window: UtcWindow): readonly WindowUse[] | undefined {
  return listOf(value, (item): item is WindowUse => isWindowUse(item, idPattern[window]))?.toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  );
}

function listOf<T>(value: unknown, isItem: (item: unknown) => item is T): T[] | undefined {
  return Array.isArray(value) && value.every(isItem) ? value : undefined;
}

function isRecentUnits(value: unknown): value is RecentUnits {
  return Array.isArray(value) && value.length === 2 && isMoment(value[0]) && isCount(value[1]);
}

function isWindowUse(value: unknown, id: RegExp): value is WindowUse {
  return (
    isJsonObject(value) &&
    typeof value.id === 'string' &&
    id.test(value.id) &&
    isCount(value.spent) &&
    isCount(value.manual) &&
    isCount(value.elsewhere)
  );
}

function isAllowed(value: unknown): value is AllowedQuota {
  return (
    isJsonObject(value) &&
    [value.hour, value.day, value.month].every(
      (limit) => limit === undefined || (isCount(limit) && limit > 0),
    )
  );
}

function isBlock(value: unknown): value is Block {
  return isJsonObject(value) && isMoment(value.from) && isMoment(value.until) && value.until >= value.from;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A moment that `Date` can name with a year of four digits. */
function isMoment(value: unknown): value is number {
  return isCount(value) && value <= Date.UTC(9998, 0);
}
