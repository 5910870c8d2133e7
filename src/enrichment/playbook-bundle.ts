import { asTextList, isJsonObject, type JsonObject } from '../shared/json.js';
import { createBundle, shareWithOrganisations } from '../stix/bundle.js';
import { entityTypeOf, extensionOf, grantedOrganisationsOf, OCTI_EXTENSION } from '../stix/extensions.js';
import type { Bundle, StixObject } from '../stix/objects.js';
import type { EnrichmentOutcome } from './outcome.js';

/**
 * The answer to a playbook step (protocol reference §9.4): all received objects, updated when there are results, and
 * the new ones; the bundle as it came when there are none, so that the playbook goes on whatever happened.
 */
export function playbookBundle(received: JsonObject, outcome: EnrichmentOutcome): Bundle {
  if (outcome.status !== 'enriched') return received as Bundle;
  const derived = new Map(outcome.objects.map((object) => [object.id, object]));
  const objects = (Array.isArray(received.objects) ? received.objects : []).filter(
    isJsonObject,
  ) as StixObject[];
  const updated = objects.map((object) => {
    if (object.id === outcome.entity.id) return outcome.entity;
    const again = derived.get(object.id);
    return again === undefined ? object : unitedObject(object, again);
  });
  const result = createBundle(
    shareWithOrganisations(
      [...updated, outcome.entity, ...outcome.objects.map(withEntityType)],
      grantedOrganisationsOf(outcome.entity),
      outcome.sharedAlready,
    ),
  );
  return { ...received, objects: result.objects } as Bundle;
}

/** Lists that only grow: an object that an earlier step marked or labelled stays marked and labelled. */
const GROWING = ['object_marking_refs', 'labels', 'object_refs', 'granted_refs'] as const;

/**
 * Found by an earlier step and again by this one: what is new counts, what only the platform knows stays, and so it is
 * in each of the extensions.
 */
function unitedObject(known: StixObject, found: StixObject): StixObject {
  const object = { ...known, ...united(known, found) };
  if (!isJsonObject(known.extensions) || !isJsonObject(found.extensions)) return object;
  const extensions: JsonObject = { ...known.extensions };
  for (const [id, extension] of Object.entries(found.extensions)) {
    const before = extensionOf(known, id);
    extensions[id] = before && isJsonObject(extension) ? united(before, extension) : extension;
  }
  return { ...object, extensions };
}

function united(known: JsonObject, found: JsonObject): JsonObject {
  const lists = GROWING.flatMap((name) => {
    const values = [...new Set([...asTextList(known[name]), ...asTextList(found[name])])];
    return values.length === 0 ? [] : [[name, values]];
  });
  return { ...known, ...found, ...(Object.fromEntries(lists) as JsonObject) };
}

/** Components of a playbook go by the OpenCTI type; platforms before 6.1.2 do not add it by themselves. */
function withEntityType(object: StixObject): StixObject {
  const type = object.type === 'relationship' ? object.relationship_type : entityTypeOf(object);
  if (typeof type !== 'string' || isJsonObject(object.extensions)) return object;
  return { ...object, extensions: { [OCTI_EXTENSION]: { extension_type: 'property-extension', type } } };
}
