import type { Change } from './port.js';

/** A record as a store keeps it: JSON text, `undefined` when there is none. */
export type RecordText = string | undefined;

/** The record that the text holds. Text that is no JSON (somebody else wrote it) counts as no record. */
export function parseRecord(text: RecordText): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Asks `change` what becomes of a record.
 *
 * @returns its result and the new text: the old one when the record is kept, `undefined` when it is deleted.
 * @throws whatever `change` throws.
 */
export function applyChange<T, R>(
  text: RecordText,
  change: (current: T | undefined) => Change<T, R>,
): { readonly text: RecordText; readonly result: R } {
  const answer = change(parseRecord(text) as T | undefined);
  return { text: 'next' in answer ? recordText(answer.next) : text, result: answer.result };
}

/** The text of a record; `undefined` stays `undefined`. */
export function recordText(record: unknown): RecordText {
  return record === undefined ? undefined : JSON.stringify(record);
}
