/** The last moment that a STIX timestamp (RFC 3339: four digits for the year) can name. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The date when it can stand in a STIX object, else `undefined`: absent, invalid, before 1970 or beyond the year 9999. */
export function stixDate(date: Date | undefined): Date | undefined {
  if (date === undefined) return undefined;
  const time = date.getTime();
  return time >= 0 && time <= LATEST ? date : undefined;
}
