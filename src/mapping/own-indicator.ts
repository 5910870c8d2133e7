import { asText, type JsonObject } from '../shared/json.js';
import { createAuthor } from '../stix/create.js';
import { readAttribute } from '../stix/extensions.js';
import { observablePattern } from '../stix/pattern.js';
import type { Report } from '../virustotal/schema.js';
import type { Observable } from './context.js';
import { fileHashes, filePatterns } from './file-hashes.js';

/**
 * Since when an Indicator is valid that VirusTotal is the author of; `undefined` for one of anybody else, one that is
 * revoked already, and everything that is no Indicator.
 *
 * @param entity - In the platform's STIX form.
 */
export function ownSince(entity: JsonObject): Date | undefined {
  if (entity.type !== 'indicator' || entity.revoked === true) return undefined;
  if (readAttribute(entity, 'created_by_ref') !== createAuthor().id) return undefined;
  const since = new Date(asText(entity.valid_from) ?? Number.NaN);
  return Number.isNaN(since.getTime()) ? undefined : since;
}

/** The patterns that an Indicator made of an earlier report on this object may have, whatever the options were then. */
export function ownPatterns(report: Report, { type, value }: Observable): readonly string[] {
  if (report.kind !== 'file') return [observablePattern(type, value)];
  const { best, any } = filePatterns(fileHashes(report), value);
  return [...new Set([best, any])];
}
