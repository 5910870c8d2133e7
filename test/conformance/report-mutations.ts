import { isJsonObject } from '../../src/shared/json.js';
import { hostileText } from '../../src/simulators/virustotal/samples/hostile-reports.js';

/** Ways to spoil a report. */

/** The steps from the root of a JSON value to one inside it. */
export type Path = readonly (string | number)[];

/** Stands for taking the field away. */
export const REMOVED = Symbol('removed');

/** What a field holds instead of what it should, each of a type or size of its own. */
export const wrongValues: readonly unknown[] = [
  REMOVED,
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  2 ** 53 + 2,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '0',
  'NaN',
  'text',
  hostileText,
  'lone \uD800 surrogate \uDC00',
  '\uD800',
  'x'.repeat(20_000),
  [],
  {},
  [null],
  [[]],
  ['text', 7, hostileText, '\uDFFF'],
  { a: null },
  { value: 'text', rank: -1 },
  Array.from({ length: 1500 }, (_, n) => `text-${n}`),
  Object.fromEntries(
    Array.from({ length: 1500 }, (_, n) => [
      `key-${n}`,
      { category: 'malicious', result: 'x'.repeat(400), engine_version: 'y'.repeat(400) },
    ]),
  ),
];

/** Text for the name of a test or the message of a failure. */
export function shown(value: unknown): string {
  if (value === REMOVED) return 'removed';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Every path below the value, the root left out. Of long lists and maps only the first entries, which stand for all. */
export function pathsOf(value: unknown, maxEntries: number, above: Path = []): Path[] {
  const keys: (string | number)[] = Array.isArray(value)
    ? [...value.keys()]
    : isJsonObject(value)
      ? Object.keys(value)
      : [];
  const shownKeys = above.length < 3 ? keys : keys.slice(0, maxEntries);
  return shownKeys.flatMap((key) => {
    const path = [...above, key];
    return [path, ...pathsOf((value as Record<string | number, unknown>)[key], maxEntries, path)];
  });
}

/** The value with another one at the path. What the path does not reach is shared with the original, not copied. */
export function spoil(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    const list = [...(value as unknown[])];
    if (rest.length === 0 && replacement === REMOVED) list.splice(Number(key), 1);
    else list[Number(key)] = spoil(list[Number(key)], rest, replacement);
    return list;
  }
  if (!isJsonObject(value)) return value;
  const copy = { ...value };
  // oxlint-disable-next-line typescript/no-dynamic-delete -- on a copy of our own
  if (rest.length === 0 && replacement === REMOVED) delete copy[String(key)];
  else copy[String(key)] = spoil(copy[String(key)], rest, replacement);
  return copy;
}
