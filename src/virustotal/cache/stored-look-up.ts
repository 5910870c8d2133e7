import { isJsonObject } from '../../shared/json.js';
import type { LookUp } from '../schema.js';

/** A moment in the stored JSON. No object of a report has this property. */
const DATE = '$date';

/** An answer as bytes: JSON in which moments are marked. */
export function encodeLookUp(answer: LookUp): Uint8Array {
  const text = JSON.stringify(answer, function (this: Record<string, unknown>, key, value: unknown) {
    // JSON.stringify has made a text of it already.
    const original = this[key];
    return original instanceof Date ? { [DATE]: original.getTime() } : value;
  });
  return Buffer.from(text);
}

/** The answer in bytes; `undefined` when there is none in them. */
export function decodeLookUp(bytes: Uint8Array): LookUp | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'), (_key, item: unknown) =>
      isJsonObject(item) && typeof item[DATE] === 'number' ? new Date(item[DATE]) : item,
    );
  } catch {
    return undefined;
  }
  return isLookUp(value) ? value : undefined;
}

/** Only this program writes such a value, under a key that names the format; a sign of life is enough. */
function isLookUp(value: unknown): value is LookUp {
  if (!isJsonObject(value)) return false;
  return value.found === false || (value.found === true && isJsonObject(value.report));
}
