/** Rules for single values, wherever in an object they stand. */

const ID = /^[a-z][a-z0-9-]*--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether the text is a STIX identifier (STIX 2.1 §2.9). */
export function isStixId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** Properties that hold a moment (STIX 2.1 §3.2.1). */
const TIMESTAMPS: ReadonlySet<string> = new Set([
  'created',
  'modified',
  'valid_from',
  'valid_until',
  'submitted',
  'start_time',
  'stop_time',
  'first_seen',
  'last_seen',
  'published',
  'validity_not_before',
  'validity_not_after',
]);

/** Limits that OpenCTI or its GraphQL types set (protocol reference §6.3). */
const WHOLE_NUMBERS: ReadonlyMap<string, readonly [least: number, greatest: number]> = new Map([
  ['score', [0, 100]],
  ['x_opencti_score', [0, 100]],
  ['confidence', [0, 100]],
  ['number', [1, 2_147_483_647]],
  ['size', [0, 2_147_483_647]],
  ['subject_public_key_exponent', [0, 2_147_483_647]],
  ['nb_deps', [1, 100_000]],
]);

/** Greatest lengths in UTF-16 units: of what a list or a title shows, and of what only one page shows. */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['name', 4_000],
  ['abstract', 300],
  ['description', 5_000],
  ['content', 101_000],
  ['pattern', 1_000_000],
  ['url', 4_100],
]);

/** The texts of these lists are names, not prose. */
const MAX_LISTED_NAME = 255;
const MAX_LIST = 250;

/** One sentence for each value below the given one that must not be in an object. */
export function valueFaults(value: unknown, path: string): string[] {
  const property = path.slice(path.lastIndexOf('.') + 1).replace(/\[\d+\]$/, '');
  switch (typeof value) {
    case 'string':
      return textFaults(value, path, property);
    case 'number':
      return numberFaults(value, path, property);
    case 'boolean':
      return [];
    case 'object':
      if (value === null) return [`${path} is null`];
      return Array.isArray(value) ? listFaults(value, path) : objectFaults(value, path);
    default:
      return [`${path} is ${typeof value}`];
  }
}

function textFaults(text: string, path: string, property: string): string[] {
  const faults: string[] = [];
  if (text === '') faults.push(`${path} is empty`);
  if (/\p{Surrogate}/u.test(text)) faults.push(`${path} has a lone surrogate`);
  if (text.includes('\0')) faults.push(`${path} has a NUL`);
  const inList = path.endsWith(']');
  const limit = inList ? (/_refs?$/.test(property) ? undefined : MAX_LISTED_NAME) : LENGTHS.get(property);
  if (limit !== undefined && text.length > limit)
    faults.push(`${path} has ${text.length} characters, ${limit} at most`);
  if (TIMESTAMPS.has(property) && !isTimestamp(text))
    faults.push(`${path} is no timestamp in UTC with milliseconds`);
  return faults;
}

function isTimestamp(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(text).toISOString() === text
  );
}

function numberFaults(number: number, path: string, property: string): string[] {
  if (!Number.isFinite(number)) return [`${path} is ${number}`];
  const [least, greatest] = WHOLE_NUMBERS.get(property) ?? [
    -Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  ];
  if (Number.isInteger(number) && number >= least && number <= greatest) return [];
  return [`${path} is ${number}, not a whole number from ${least} to ${greatest}`];
}

function listFaults(list: readonly unknown[], path: string): string[] {
  if (list.length === 0) return [`${path} is an empty list`];
  if (list.length > MAX_LIST) return [`${path} has ${list.length} items, ${MAX_LIST} at most`];
  const faults = list.flatMap((item, index) => valueFaults(item, `${path}[${index}]`));
  const distinct = new Set(list.map((item) => JSON.stringify(item)));
  return distinct.size === list.length ? faults : [...faults, `${path} has an item twice`];
}

function objectFaults(object: object, path: string): string[] {
  const entries = Object.entries(object);
  if (entries.length === 0) return [`${path} is an empty object`];
  return entries.flatMap(([name, item]) => valueFaults(item, path === '' ? name : `${path}.${name}`));
}
