import type { JsonObject } from '../../shared/json.js';
import { observableTypeOf } from './stix-types.js';
import type { Since } from './version.js';

/** An observable named in an indicator's pattern. */
export interface IndicatorValue {
  type: string;
  value?: string;
  hashes?: Record<string, string>;
}

/** `type:path = 'value'` inside a STIX pattern; other comparison operators are not extracted. */
const EQUALITY = /([a-z0-9-]+):([A-Za-z0-9_.'-]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\d+))/g;

/** The observables of a STIX pattern: equality comparisons on identifying properties only. */
export function valuesOfPattern(pattern: string): IndicatorValue[] {
  const values: IndicatorValue[] = [];
  for (const [, stixType = '', path = '', quoted, number] of pattern.matchAll(EQUALITY)) {
    const type = observableTypeOf(stixType);
    const value = (quoted ?? number ?? '').replace(/\\(.)/g, '$1');
    if (type === undefined) continue;
    const algorithm = /^hashes\.'?([A-Za-z0-9-]+)'?$/.exec(path)?.[1];
    if (algorithm !== undefined) values.push({ type, hashes: { [algorithm]: value } });
    else if (['value', 'name', 'url', 'number'].includes(path)) values.push({ type, value });
  }
  return values;
}

/**
 * `observable_values` of the extension: absent before 6.4.0; hashes are a map, but a list of pairs in
 * 6.5.11 – 6.6.8.
 */
export function extensionValues(pattern: string, since: Since): JsonObject[] | undefined {
  if (!since('6.4.0')) return undefined;
  const asPairs = since('6.5.11') && !since('6.6.9');
  return valuesOfPattern(pattern).map(({ type, value, hashes }) => ({
    type,
    ...(value === undefined ? {} : { value }),
    ...(hashes === undefined ? {} : { hashes: asPairs ? hashPairs(hashes) : hashes }),
  }));
}

/** The pair list GraphQL shows for hashes on every version. */
export function hashPairs(hashes: Record<string, string>): { algorithm: string; hash: string }[] {
  return Object.entries(hashes).map(([algorithm, hash]) => ({ algorithm, hash }));
}
