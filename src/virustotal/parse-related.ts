import { asText, type JsonObject } from '../shared/json.js';
import { asCount, asObject, readList, readMap } from './report-fields.js';
import type { RelatedObject, RelatedObjects, RelatedTotals } from './schema.js';

/** Ids of comments and resolutions hold those of two objects. */
const MAX_ID_LENGTH = 1000;

/**
 * `data.relationships` of an object that was asked for with `?relationships=` (VirusTotal reference §5.1): up to twenty
 * descriptors each, in the order sent. Elements without type or id are dropped; one with an `error` in place of its
 * attributes is known by its id all the same.
 */
export function parseRelated(relationships: unknown): RelatedObjects {
  return Object.fromEntries(
    readMap(relationships, (name, sent): [string, RelatedObject[]] => {
      const { data } = asObject(sent);
      // A relationship to one object holds it, or null.
      return [name, readList(Array.isArray(data) ? data : [data], relatedObject)];
    }),
  );
}

function relatedObject(entry: unknown): RelatedObject | undefined {
  const object = asObject(entry);
  const type = asText(object.type);
  const id = asText(object.id);
  if (type === undefined || id === undefined || id.length > MAX_ID_LENGTH) return undefined;
  const { url, filename } = asObject(object.context_attributes);
  return { type, id, url: asText(url), filename: asText(filename) };
}

/**
 * The relationships of which a further page exists: how many objects there are, or `more` where VirusTotal does not say
 * (it counts some relationships only, up to a few hundred).
 */
export function parseRelatedTotals(relationships: unknown): RelatedTotals {
  return Object.fromEntries(
    readMap(relationships, (name, sent): [string, number | 'more'] | undefined => {
      const total = totalOf(asObject(sent));
      return total === undefined ? undefined : [name, total];
    }),
  );
}

/** How many elements a list has of which a further page exists; `undefined` when this is all. */
export function totalOf({ data, meta }: JsonObject): number | 'more' | undefined {
  const { cursor, count } = asObject(meta);
  const sentCount = Array.isArray(data) ? data.length : 0;
  const total = asCount(count);
  if (total !== undefined && total > sentCount) return total;
  return asText(cursor) === undefined ? undefined : 'more';
}
