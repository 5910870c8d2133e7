import { asNumber, asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { parseHash } from './object-id.js';

/** Readers of single fields of a report. What is absent, null, of the wrong type or senseless is `undefined`. */

/** No list of a report is read further: some have thousands of entries, and nothing downstream can use them. */
export const MAX_LIST_LENGTH = 1000;

/** 2100-01-01; later moments are milliseconds taken for seconds, or nonsense. */
const LATEST_SECONDS = 4_102_444_800;

/**
 * A moment in seconds since 1970, as a number or as digits. 0, 1 and negative numbers stand for "unknown"
 * (`first_seen_itw_date: 1` is real).
 */
export function asDate(value: unknown): Date | undefined {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : asNumber(value);
  if (seconds === undefined || seconds <= 1 || seconds >= LATEST_SECONDS) return undefined;
  return new Date(Math.trunc(seconds) * 1000);
}

/** A whole number that is not negative and exactly known (bundles claim sizes beyond 2⁵³). */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A hash of the given number of hexadecimal digits, in lower case. */
export function asHash(value: unknown, length: 32 | 40 | 64): string | undefined {
  const hash = typeof value === 'string' ? parseHash(value) : undefined;
  return hash?.length === length ? hash : undefined;
}

/** The value when it is an object, else an empty one: every field of it is then absent. */
export function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** What a reader gets out of the entries of a list, without those that it drops. */
export function readList<T>(value: unknown, read: (entry: unknown) => T | undefined): T[] {
  return Array.isArray(value) ? readAll(value, read) : [];
}

/** As {@link readList}, for an object used as a map. */
export function readMap<T>(value: unknown, read: (key: string, entry: unknown) => T | undefined): T[] {
  return readAll(Object.entries(asObject(value)), ([key, entry]) => read(key, entry));
}

/** The texts of a list. */
export function readTexts(value: unknown): string[] {
  return readList(value, asText);
}

/** `categories`: vendor to category text. */
export function readCategories(value: unknown): { vendor: string; category: string }[] {
  return readMap(value, (vendor, entry) => {
    const category = asText(entry);
    return category === undefined ? undefined : { vendor, category };
  });
}

function readAll<E, T>(entries: readonly E[], read: (entry: E) => T | undefined): T[] {
  const results: T[] = [];
  for (const entry of entries) {
    if (results.length >= MAX_LIST_LENGTH) break;
    const result = read(entry);
    if (result !== undefined) results.push(result);
  }
  return results;
}
