import { asText, type JsonObject } from '../../shared/json.js';

const SHORTEST_MS = 1000;

/**
 * What the platform makes of the validity of an Indicator that is imported: its end alone says whether it is revoked;
 * `revoked` counts only where no end is sent, and then the end lies right behind the beginning.
 *
 * @param attributes - As they are after the import.
 */
export function withValidity(attributes: JsonObject, sent: JsonObject, now: Date): JsonObject {
  const from = Date.parse(asText(attributes.valid_from) ?? '');
  if (sent.revoked === true && sent.valid_until === undefined && !Number.isNaN(from)) {
    return { ...attributes, revoked: true, valid_until: new Date(from + SHORTEST_MS).toISOString() };
  }
  const until = Date.parse(asText(attributes.valid_until) ?? '');
  const revoked = until <= now.getTime();
  return revoked || attributes.revoked !== undefined ? { ...attributes, revoked } : attributes;
}
