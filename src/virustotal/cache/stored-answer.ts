import { isJsonObject, type JsonObject } from '../../shared/json.js';

/** An answer as it is stored. */
export interface StoredAnswer<T> {
  readonly answer: T;
  /** The relationships that were asked for with it. */
  readonly relationships: readonly string[];
}

/** A moment in the stored JSON. No object of an answer has this property. */
const DATE = '$date';

/** An answer as bytes: JSON in which moments are marked. The state store compresses it. */
export function encodeAnswer(stored: StoredAnswer<unknown>): Uint8Array {
  return Buffer.from(JSON.stringify(withMarkedMoments(stored)));
}

/**
 * The value itself where it holds no moments, which is nearly all of a report, and else a copy. A replacer given to
 * JSON.stringify would be called for each of some thousand values, and cost more than the rest.
 */
function withMarkedMoments(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return { [DATE]: value.getTime() };
  if (Array.isArray(value)) {
    const marked = value.map(withMarkedMoments);
    return marked.some((item, index) => item !== value[index]) ? marked : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const name in value) {
    const item = (value as JsonObject)[name];
    const marked = withMarkedMoments(item);
    if (marked !== item) (copy ??= { ...value })[name] = marked;
  }
  return copy ?? value;
}

/**
 * The answer in bytes; `undefined` when there is none in them.
 *
 * @param isAnswer - Only this program writes such a value, under a key that names the format: a sign of life is enough.
 */
export function decodeAnswer<T>(
  bytes: Uint8Array,
  isAnswer: (value: unknown) => value is T,
): StoredAnswer<T> | undefined {
  let stored: unknown;
  try {
    stored = JSON.parse(Buffer.from(bytes).toString('utf8'), (_key, item: unknown) =>
      isJsonObject(item) && typeof item[DATE] === 'number' ? new Date(item[DATE]) : item,
    );
  } catch {
    return undefined;
  }
  if (!isJsonObject(stored) || !isTextList(stored.relationships)) return undefined;
  // JSON leaves out what is undefined: a ruleset that is gone.
  const { answer, relationships } = stored;
  return isAnswer(answer) ? { answer, relationships } : undefined;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
