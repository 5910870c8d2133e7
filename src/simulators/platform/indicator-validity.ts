import { asText, type JsonObject } from '../../shared/json.js';
import type { StoredEntity } from './entity.js';
import type { Since } from './version.js';

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

/**
 * Whether the platform leaves score and validity of an Indicator as they are (decay is on, and nobody waits here long
 * enough for a score to decay): where the score is that of now, and from August 2025 on where it was imported before,
 * unless it is 0.
 */
export function keepsItsValidity(indicator: StoredEntity, score: number | undefined, since: Since): boolean {
  if (indicator.stixType !== 'indicator' || score === undefined) return false;
  if (score === indicator.score) return true;
  return score !== 0 && indicator.importedScores.includes(score) && since('6.8.0');
}

/** The attributes with the validity that they had before. */
export function withFormerValidity(attributes: JsonObject, former: JsonObject): JsonObject {
  const { valid_from, valid_until, revoked } = former;
  return { ...attributes, valid_from, valid_until, revoked };
}
