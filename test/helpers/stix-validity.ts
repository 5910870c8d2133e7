import type { Bundle, StixObject } from '../../src/stix/objects.js';
import { objectFaults } from './stix-validity-objects.js';
import { isStixId } from './stix-validity-values.js';

/** What the bundle alone does not tell. */
export interface Surroundings {
  /** Ids that exist on the platform: of markings, of an entity that is not sent along. */
  readonly elsewhere?: readonly string[];
  /** The markings of the enriched entity, which everything but the author inherits. */
  readonly markings?: readonly string[];
  /** The enriched entity, which keeps its own author. */
  readonly subject?: string;
}

/** 7.3 of the protocol reference, for what this product emits; `related-to` goes between any two. */
const RELATIONSHIPS: readonly (readonly [types: string, sources: string, targets: string])[] = [
  ['based-on', 'indicator', 'ipv4-addr ipv6-addr domain-name hostname url file artifact autonomous-system'],
  ['belongs-to', 'ipv4-addr ipv6-addr', 'autonomous-system identity'],
  ['indicates', 'indicator', 'malware tool intrusion-set campaign vulnerability'],
  ['located-at', 'ipv4-addr ipv6-addr', 'location'],
  ['resolves-to', 'domain-name', 'ipv4-addr ipv6-addr domain-name hostname'],
  ['resolves-to communicates-with', 'hostname', 'ipv4-addr ipv6-addr'],
  ['indicates', 'indicator', 'malware attack-pattern'],
  ['uses', 'malware file artifact', 'attack-pattern'],
  ['targets', 'file', 'vulnerability'],
  ['communicates-with', 'file artifact', 'ipv4-addr ipv6-addr domain-name'],
  ['drops', 'file', 'file'],
];

/** Bytes of a bundle as JSON: the platform takes GraphQL bodies up to 50 MB (protocol reference §1.1). */
const MAX_BUNDLE_BYTES = 40_000_000;

/**
 * What is wrong with a bundle that is to be sent to OpenCTI: by STIX 2.1, by the platform's own rules (protocol
 * reference) and by this product's. It shares no code with the product, so that it cannot share its mistakes.
 *
 * @returns one sentence for each fault; empty when the bundle is valid.
 */
export function stixFaults(bundle: Bundle, surroundings: Surroundings = {}): string[] {
  const { objects } = bundle;
  const bundleFaults = [
    ...((bundle.type as string) === 'bundle' ? [] : ['the bundle is not of type bundle']),
    ...(isStixId(bundle.id) && bundle.id.startsWith('bundle--')
      ? []
      : ["the bundle's id is not a STIX identifier"]),
    ...(objects.length === 0 ? ['the bundle is empty'] : []),
    ...(Buffer.byteLength(JSON.stringify(objects), 'utf8') > MAX_BUNDLE_BYTES
      ? ['the bundle is too big']
      : []),
  ];
  return [
    ...bundleFaults,
    ...objects.flatMap((object) => [
      ...objectFaults(object).map((fault) => `${object.id}: ${fault}`),
      ...provenanceFaults(object, surroundings).map((fault) => `${object.id}: ${fault}`),
    ]),
    ...danglingReferences(objects, surroundings),
    ...duplicates(objects),
    ...refusedRelationships(objects),
  ];
}

function provenanceFaults(object: StixObject, { markings = [], subject }: Surroundings): string[] {
  if (object.type === 'identity') return [];
  const own = Array.isArray(object.object_marking_refs) ? (object.object_marking_refs as unknown[]) : [];
  const faults = markings.filter((id) => !own.includes(id)).map((id) => `it lacks the marking ${id}`);
  if (object.id === subject) return faults;
  if (object.type === 'domain-name' && object.value !== String(object.value).toLowerCase())
    faults.push('value is not in lower case, as the platform keeps it');
  const author = object.created_by_ref ?? object.x_opencti_created_by_ref;
  return author === undefined ? [...faults, 'it has no author'] : faults;
}

function danglingReferences(
  objects: readonly StixObject[],
  { elsewhere = [], markings = [] }: Surroundings,
): string[] {
  const known = new Set<unknown>([...objects.map((object) => object.id), ...elsewhere, ...markings]);
  return objects.flatMap((object) =>
    Object.entries(object)
      .filter(([name]) => /_refs?$/.test(name))
      .flatMap(([name, value]) =>
        (Array.isArray(value) ? (value as unknown[]) : [value])
          .filter((reference) => !known.has(reference))
          .map((reference) => `${object.id}: ${name} refers to ${String(reference)}, which nobody knows`),
      ),
  );
}

function duplicates(objects: readonly StixObject[]): string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  const idsByThing = new Map<string, string>();
  for (const object of objects) {
    if (ids.has(object.id)) faults.push(`${object.id}: it is in the bundle twice`);
    ids.add(object.id);
    const things = identitiesOf(object).map((identity) => JSON.stringify([object.type, ...identity]));
    const other = things.map((thing) => idsByThing.get(thing)).find((id) => id !== undefined);
    if (other !== undefined && other !== object.id)
      faults.push(`${object.id}: it is the same thing as ${other}`);
    for (const thing of things) idsByThing.set(thing, object.id);
  }
  return faults;
}

/** OpenCTI merges files that share any one hash, and so it does with certificates. */
function identitiesOf(object: StixObject): readonly (readonly unknown[])[] {
  const { type, hashes } = object;
  if (type !== 'file' && type !== 'artifact' && type !== 'x509-certificate') return [identityOf(object)];
  return typeof hashes === 'object' && hashes !== null ? Object.entries(hashes) : [];
}

/** The properties by which OpenCTI recognises an object (protocol reference §7.1). */
function identityOf(object: StixObject): readonly unknown[] {
  switch (object.type) {
    case 'indicator':
      return [String(object.pattern).trim()];
    case 'note':
      return [String(object.content).trim(), object.created, String(object.abstract).trim()];
    case 'relationship':
      return [object.relationship_type, object.source_ref, object.target_ref];
    case 'identity':
    case 'location':
    case 'campaign':
    case 'intrusion-set':
    case 'malware':
    case 'tool':
    case 'vulnerability':
      return [String(object.name).trim().toLowerCase()];
    case 'report':
      return [String(object.name).toLowerCase(), object.published];
    case 'autonomous-system':
      return [object.number];
    case 'attack-pattern':
      return [String(object.x_mitre_id).toLowerCase()];
    case 'malware-analysis':
      return [object.product, object.result_name, object.submitted];
    case 'url':
      return [object.value];
    default:
      return [String(object.value).toLowerCase()];
  }
}

function refusedRelationships(objects: readonly StixObject[]): string[] {
  return objects
    .filter((object) => object.type === 'relationship')
    .filter(({ relationship_type: type, source_ref: source, target_ref: target }) => {
      if (source === target) return true;
      if (type === 'related-to') return false;
      return !RELATIONSHIPS.some(
        ([types, sources, targets]) =>
          types.split(' ').includes(String(type)) &&
          sources.split(' ').includes(typeOf(source)) &&
          targets.split(' ').includes(typeOf(target)),
      );
    })
    .map(
      ({ id, relationship_type: type, source_ref: source, target_ref: target }) =>
        `${id}: the platform refuses ${String(type)} from ${typeOf(source)} to ${typeOf(target)}`,
    );
}

function typeOf(id: unknown): string {
  return String(id).split('--', 1)[0] ?? '';
}
