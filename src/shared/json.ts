/** A JSON object as it comes off a wire: nothing is known about its fields. */
export type JsonObject = Record<string, unknown>;

/** Whether the value is a plain JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is a non-empty string, else `undefined`. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value when it is a finite number, else `undefined`. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The non-empty strings of a list; anything else, or no list at all, is left out. */
export function asTextList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => asText(item) !== undefined) : [];
}
