import { createHash } from 'node:crypto';
import { asTextList, isJsonObject } from '../shared/json.js';
import { extensionOf, OCTI_EXTENSION } from './extensions.js';
import { deterministicId } from './ids.js';
import type { Bundle, StixId, StixObject } from './objects.js';

/**
 * A bundle of the objects, each id once: of objects with the same id the first is kept as it is. The bundle's id
 * follows from its content, so the same objects give a byte-equal bundle.
 */
export function createBundle(objects: readonly StixObject[]): Bundle {
  const byId = new Map<StixId, StixObject>();
  for (const object of objects) if (!byId.has(object.id)) byId.set(object.id, object);
  const unique = [...byId.values()];
  return { type: 'bundle', id: bundleId(unique), objects: unique };
}

/** The id of a bundle of these objects, from the SHA-256 of their JSON as it is sent. */
export function bundleId(objects: readonly StixObject[]): StixId {
  const sha256 = createHash('sha256').update(JSON.stringify(objects)).digest('hex');
  return deterministicId('bundle', { sha256 });
}

/** OpenCTI's workers do not share these. */
const NEVER_SHARED = ['location', 'marking-definition'];

/**
 * The objects, shared with the organisations too: what is derived from a shared object is shared alike.
 * Locations and markings belong to everybody and stay as they are.
 *
 * @param organisationIds - STIX ids of organisations; none leaves the objects as they are.
 * @param except - Ids of objects that are shared as they are, because they were there before.
 */
export function shareWithOrganisations(
  objects: readonly StixObject[],
  organisationIds: readonly StixId[],
  except: readonly StixId[] = [],
): readonly StixObject[] {
  if (organisationIds.length === 0) return objects;
  return objects.map((object) =>
    NEVER_SHARED.includes(object.type) || except.includes(object.id)
      ? object
      : shareObject(object, organisationIds),
  );
}

function shareObject(object: StixObject, organisationIds: readonly StixId[]): StixObject {
  const united = (present: unknown): string[] => [...new Set([...asTextList(present), ...organisationIds])];
  const extension = extensionOf(object, OCTI_EXTENSION);
  // The root counts before the extension: where it has the property, it must go there.
  if (extension === undefined || 'x_opencti_granted_refs' in object) {
    return { ...object, x_opencti_granted_refs: united(object.x_opencti_granted_refs) };
  }
  const extensions = isJsonObject(object.extensions) ? object.extensions : {};
  const shared = { ...extension, granted_refs: united(extension.granted_refs) };
  return { ...object, extensions: { ...extensions, [OCTI_EXTENSION]: shared } };
}

/** A reference to an object that is not at hand. */
export interface DanglingReference {
  readonly from: StixId;
  readonly property: string;
  readonly to: string;
}

/**
 * The references of root properties (`…_ref`, `…_refs`) to objects that are not in the bundle.
 *
 * @param elsewhere - Ids known to exist on the platform, e.g. of markings.
 */
export function danglingReferences(bundle: Bundle, elsewhere: readonly string[] = []): DanglingReference[] {
  const known = new Set<string>([...bundle.objects.map((object) => object.id), ...elsewhere]);
  return bundle.objects.flatMap((object) =>
    Object.entries(object)
      .filter(([property]) => /_refs?$/.test(property))
      .flatMap(([property, value]) =>
        asTextList(Array.isArray(value) ? value : [value])
          .filter((to) => !known.has(to))
          .map((to) => ({ from: object.id, property, to })),
      ),
  );
}
