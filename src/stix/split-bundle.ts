import { isJsonObject, type JsonObject } from '../shared/json.js';
import { bundleId } from './bundle.js';
import { internalIdOf } from './extensions.js';
import { externalReferenceId, killChainPhaseId } from './ids.js';
import type { Bundle, StixId, StixObject } from './objects.js';
import { isSupportedId } from './supported-types.js';

/** An object with the count that OpenCTI's client leaves on it. */
type CountedObject = StixObject & { readonly nb_deps: number };

/** A bundle whose objects can be imported in their order. */
export interface ArrangedBundle extends Bundle {
  readonly id: StixId;
  readonly objects: readonly CountedObject[];
}

/** A bundle of one object, as OpenCTI's workers take it from their queue. */
export interface BundleMessage extends Bundle {
  readonly spec_version: '2.1';
  /** Count of the objects that must be there before this one, itself included. */
  readonly x_opencti_seq: number;
}

/**
 * The objects of a bundle as OpenCTI imports them, every object after those it refers to, with references that can be
 * followed: the same objects, in the same order, that its own client makes messages of from 6.7.0 on. So their number
 * is the number of expectations.
 *
 * References that can never be imported are removed: to unsupported types, to the object itself, and those that
 * close a circle. References to objects outside the bundle stay, since they may be on the platform. What is of an
 * unsupported type, and a relationship that lost an end, is left out; so the list may be empty.
 *
 * Unlike that client, an object to which others refer by its internal id is there once, not twice.
 */
export function arrangeBundle(bundle: Bundle): ArrangedBundle {
  const id: StixId = typeof bundle.id === 'string' ? bundle.id : bundleId(bundle.objects);
  return { type: 'bundle', id, objects: new Splitter(bundle.objects).split() };
}

/** One message for each object of an arranged bundle: the form that workers of every version take. */
export function splitBundle({ id, objects }: ArrangedBundle): readonly BundleMessage[] {
  return objects.map((object) => ({
    type: 'bundle',
    id,
    spec_version: '2.1',
    x_opencti_seq: object.nb_deps,
    objects: [object],
  }));
}

class Splitter {
  /** Of objects with the same id the last counts, in the place of the first. */
  readonly #objects = new Map<string, StixObject>();
  readonly #idsByInternalId = new Map<string, StixId>();
  readonly #counts = new Map<StixId, number>();
  readonly #kept: CountedObject[] = [];

  constructor(objects: readonly StixObject[]) {
    for (const object of objects) {
      this.#objects.set(object.id, object);
      const internalId = internalIdOf(object);
      if (internalId !== undefined) this.#idsByInternalId.set(internalId, object.id);
    }
  }

  split(): CountedObject[] {
    for (const object of this.#objects.values()) this.#visit(object, []);
    return this.#kept.sort((left, right) => left.nb_deps - right.nb_deps);
  }

  /** Counts what the object needs, depth first, and keeps it behind all that. Returns the count. */
  #visit(object: StixObject, ancestors: readonly string[]): number {
    const known = this.#counts.get(object.id);
    if (known !== undefined) return known;
    const path = [...ancestors, object.id];
    let count = 1;
    const follow = (reference: unknown): reference is string => {
      if (typeof reference !== 'string' || !isSupportedId(reference)) return false;
      const target = this.#objects.get(this.#idsByInternalId.get(reference) ?? reference);
      if (target === undefined) return true;
      if (path.includes(target.id)) return false;
      count += this.#visit(target, path);
      return true;
    };
    const emitted: JsonObject = {};
    for (const [property, value] of Object.entries(object)) {
      emitted[property] = withoutDeadReferences(property, value, follow);
    }
    const counted = { ...emitted, nb_deps: count } as CountedObject;
    this.#counts.set(object.id, count);
    if (isImportable(counted)) this.#kept.push(counted);
    return count;
  }
}

function withoutDeadReferences(
  property: string,
  value: unknown,
  follow: (reference: unknown) => reference is string,
): unknown {
  if (property.endsWith('_ref')) return follow(value) ? value : null;
  if (!Array.isArray(value)) return value;
  if (property.endsWith('_refs')) return [...new Set(value)].filter(follow);
  if (property === 'external_references') return distinct(value, externalReferenceId);
  if (property === 'kill_chain_phases') {
    return distinct(value, (phase) =>
      killChainPhaseId(String(phase.kill_chain_name), String(phase.phase_name)),
    );
  }
  return value;
}

/** The objects of a list that have an id, each id once. */
function distinct(items: readonly unknown[], idOf: (item: JsonObject) => StixId | undefined): JsonObject[] {
  const byId = new Map<StixId, JsonObject>();
  for (const item of items.filter(isJsonObject)) {
    const id = idOf(item);
    if (id !== undefined && !byId.has(id)) byId.set(id, item);
  }
  return [...byId.values()];
}

function isImportable(object: StixObject): boolean {
  switch (object.type) {
    case 'relationship':
      return object.source_ref != null && object.target_ref != null;
    case 'sighting':
      return (
        object.sighting_of_ref != null &&
        Array.isArray(object.where_sighted_refs) &&
        object.where_sighted_refs.length > 0
      );
    default:
      return isSupportedId(object.id);
  }
}
