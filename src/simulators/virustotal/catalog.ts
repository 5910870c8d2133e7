import type { JsonObject } from '../../shared/json.js';
import { canonicalUrl, urlId } from './canonical-url.js';
import { canonicalDomain } from './domain-name.js';
import type { ApiObject } from './envelope.js';
import { canonicalIpAddress } from './ip-address.js';

/** Names an object: type and id as the API returns them. */
export interface ObjectRef {
  readonly type: string;
  readonly id: string;
}

/** An element of a relationship: a reference, optionally with attributes of its own and a context. */
export type RelatedObject = Pick<
  ApiObject,
  'type' | 'id' | 'attributes' | 'contextAttributes' | 'relationships'
>;

/** An object as the catalogue holds it. */
export interface CatalogObject extends ObjectRef {
  readonly attributes: JsonObject;
  /** Whether every key is refused (403). */
  readonly forbidden: boolean;
}

interface Stored extends CatalogObject {
  attributes: JsonObject;
  forbidden: boolean;
  readonly relationships: Map<string, RelatedObject[]>;
}

interface CatalogState {
  readonly objects: Map<string, Stored>;
  readonly aliases: Map<string, string>;
  readonly behaviourTrees: Map<string, JsonObject>;
}

const keyOf = (type: string, id: string): string => `${type}/${id}`;

/** What the simulated service knows: objects by type and id, and what they are related to. */
export class Catalog {
  #state: CatalogState = { objects: new Map(), aliases: new Map(), behaviourTrees: new Map() };

  /**
   * Adds or replaces a file. It is found by each of the hashes in `md5`, `sha1` and `sha256`.
   *
   * @returns its id, the SHA-256 in lower case.
   * @throws {@link RangeError} when `sha256` is missing.
   */
  addFile(attributes: JsonObject): string {
    const { sha256 } = attributes;
    if (typeof sha256 !== 'string') throw new RangeError('A file needs its sha256');
    const id = sha256.toLowerCase();
    this.put({ type: 'file', id, attributes });
    for (const hash of [attributes.md5, attributes.sha1])
      if (typeof hash === 'string') this.alias('file', hash.toLowerCase(), id);
    return id;
  }

  /**
   * Adds or replaces a domain or hostname.
   *
   * @returns its id.
   * @throws {@link RangeError} for a name the API would refuse.
   */
  addDomain(name: string, attributes: JsonObject): string {
    const id = required(canonicalDomain(name), 'domain', name);
    this.put({ type: 'domain', id, attributes });
    return id;
  }

  /**
   * Adds or replaces an address.
   *
   * @returns its id.
   * @throws {@link RangeError} for text that is no address.
   */
  addIp(address: string, attributes: JsonObject): string {
    const id = required(canonicalIpAddress(address), 'IP address', address);
    this.put({ type: 'ip_address', id, attributes });
    return id;
  }

  /**
   * Adds or replaces a URL; the attribute `url` is filled in when it is missing.
   *
   * @returns its id, the SHA-256 of the canonical URL.
   * @throws {@link RangeError} for a URL without canonical form.
   */
  addUrl(url: string, attributes: JsonObject): string {
    const canonical = required(canonicalUrl(url), 'URL', url);
    const id = urlId(canonical);
    this.put({ type: 'url', id, attributes: { url: canonical, ...attributes } });
    return id;
  }

  /** Adds or replaces a YARA ruleset: `{ name?, source?, rules }`. */
  addRuleset(id: string, attributes: JsonObject): string {
    this.put({ type: 'yara_ruleset', id, attributes });
    return id;
  }

  /** Adds or replaces any object as it stands; relations of an object that is replaced are kept. */
  put(object: ObjectRef & { readonly attributes: JsonObject }): void {
    const key = keyOf(object.type, object.id);
    const relationships = this.#state.objects.get(key)?.relationships ?? new Map<string, RelatedObject[]>();
    this.#state.objects.set(key, {
      type: object.type,
      id: object.id,
      attributes: structuredClone(object.attributes),
      forbidden: false,
      relationships,
    });
  }

  /** Makes an object answer under another id too; the answer still carries its own id. */
  alias(type: string, otherId: string, id: string): void {
    this.#state.aliases.set(keyOf(type, otherId), id);
  }

  /** Changes single attributes of an object that exists. */
  update(ref: ObjectRef, attributes: JsonObject): void {
    const stored = this.#stored(ref);
    if (stored !== undefined) stored.attributes = { ...stored.attributes, ...structuredClone(attributes) };
  }

  /** Makes every key meet 403 at this object, e.g. a ruleset that became private. */
  forbid(ref: ObjectRef): void {
    const stored = this.#stored(ref);
    if (stored === undefined) throw new RangeError(`There is no ${ref.type} ${ref.id} to forbid`);
    stored.forbidden = true;
  }

  /** Forgets an object. @returns whether there was one. */
  remove(ref: ObjectRef): boolean {
    const stored = this.#stored(ref);
    return stored !== undefined && this.#state.objects.delete(keyOf(stored.type, stored.id));
  }

  /** The object under this id or alias. */
  find(type: string, id: string): CatalogObject | undefined {
    return this.#stored({ type, id });
  }

  /**
   * Appends to a relationship of an object that exists; what is related need not be in the catalogue.
   *
   * @throws {@link RangeError} when the parent does not exist.
   */
  relate(parent: ObjectRef, relationship: string, related: readonly RelatedObject[]): void {
    const stored = this.#stored(parent);
    if (stored === undefined) throw new RangeError(`There is no ${parent.type} ${parent.id} to relate to`);
    const known = stored.relationships.get(relationship) ?? [];
    stored.relationships.set(relationship, [...known, ...structuredClone(related)]);
  }

  /** Elements of a relationship with the attributes the catalogue has for them; without, they are unknown. */
  related(parent: ObjectRef, relationship: string): readonly ApiObject[] {
    const elements = this.#stored(parent)?.relationships.get(relationship) ?? [];
    return elements.map((element) => {
      const attributes = element.attributes ?? this.#stored(element)?.attributes;
      return attributes === undefined ? element : { ...element, attributes };
    });
  }

  /** Sets what `GET /files/{id}/behaviour_mitre_trees` answers: tactics by sandbox. */
  setBehaviourTrees(sha256: string, trees: JsonObject): void {
    this.#state.behaviourTrees.set(sha256, structuredClone(trees));
  }

  /** Tactics by sandbox; empty when there are none. */
  behaviourTrees(sha256: string): JsonObject {
    return this.#state.behaviourTrees.get(sha256) ?? {};
  }

  /** A copy of the whole content, for {@link restore}. */
  snapshot(): Catalog {
    const copy = new Catalog();
    copy.#state = structuredClone(this.#state);
    return copy;
  }

  /** Replaces the whole content by a copy of another catalogue's. */
  restore(from: Catalog): void {
    this.#state = structuredClone(from.#state);
  }

  #stored(ref: ObjectRef): Stored | undefined {
    const { objects, aliases } = this.#state;
    const id = aliases.get(keyOf(ref.type, ref.id)) ?? ref.id;
    return objects.get(keyOf(ref.type, id));
  }
}

function required(value: string | undefined, what: string, given: string): string {
  if (value === undefined) throw new RangeError(`Not a ${what} the API knows: ${given}`);
  return value;
}
