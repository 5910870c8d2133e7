import type { VotedValue } from '../virustotal/schema.js';

/** Of the votes for the leading value: what has fewer is a slip of some vendors, or their word for something else. */
const LEAST_SHARE = 1 / 6;

/**
 * The values that enough vendors agree on to become knowledge, those with most votes first. A value that nobody is said
 * to have voted for is none of them.
 *
 * @param least - Votes that every value needs, however few the leading one has.
 */
export function agreedValues(values: readonly VotedValue[], least: number): readonly string[] {
  const most = values.reduce((highest, { count }) => Math.max(highest, count), 0);
  return values
    .filter(({ count }) => count >= Math.max(least, most * LEAST_SHARE))
    .toSorted((a, b) => b.count - a.count)
    .map(({ value }) => value);
}
