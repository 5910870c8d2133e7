import { asNumber, asText, asTextList, isJsonObject, type JsonObject } from '../shared/json.js';
import {
  hashAlgorithm,
  isHashedType,
  parseObservableValueType,
  type ObservableValue,
} from './observable-value.js';
import type { StixId } from './objects.js';

/** Extension in which OpenCTI writes what it knows of any object. */
export const OCTI_EXTENSION = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba';

/** Extension in which OpenCTI writes the attributes that STIX observables lack (score, labels, ...). */
export const OCTI_SCO_EXTENSION = 'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82';

/** Where an attribute stands: a property of the root, or of an extension. */
export interface Place {
  readonly extension: string | undefined;
  readonly property: string;
}

const atRoot = (property: string): Place => ({ extension: undefined, property });
const inExtensions = (property: string): readonly Place[] => [
  { extension: OCTI_EXTENSION, property },
  { extension: OCTI_SCO_EXTENSION, property },
];

/** The attributes that are lists of things of their own; only a list counts as present. */
const LIST_ATTRIBUTES = ['labels', 'external_references'];

/**
 * The places in which an attribute may stand, in the order in which OpenCTI's worker looks for it: the first
 * that is there wins, even if it holds null.
 *
 * @param name - The plain name, e.g. `score`, `labels`, `granted_refs`.
 */
export function placesOf(name: string): readonly Place[] {
  switch (name) {
    case 'labels':
      return [
        atRoot('labels'),
        ...inExtensions('labels'),
        atRoot('x_opencti_labels'),
        atRoot('x_opencti_tags'),
      ];
    case 'external_references':
      return [atRoot(name), ...inExtensions(name), atRoot('x_opencti_external_references')];
    case 'created_by_ref':
      return [atRoot(name), atRoot('x_opencti_created_by_ref'), ...inExtensions(name)];
    default:
      return [atRoot(`x_opencti_${name}`), ...inExtensions(name), atRoot(name)];
  }
}

/** An extension of the object, if it has it. */
export function extensionOf(entity: JsonObject, id: string): JsonObject | undefined {
  const extensions = entity.extensions;
  const extension = isJsonObject(extensions) ? extensions[id] : undefined;
  return isJsonObject(extension) ? extension : undefined;
}

/** What stands in a place; `undefined` when there is no such property. */
export function readPlace(entity: JsonObject, place: Place): unknown {
  const holder = place.extension === undefined ? entity : extensionOf(entity, place.extension);
  return holder !== undefined && Object.hasOwn(holder, place.property) ? holder[place.property] : undefined;
}

/** The place from which the worker takes an attribute; `undefined` when the object does not have it. */
export function winningPlace(entity: JsonObject, name: string): Place | undefined {
  return placesOf(name).find((place) => {
    const value = readPlace(entity, place);
    return LIST_ATTRIBUTES.includes(name) ? Array.isArray(value) : value !== undefined;
  });
}

/**
 * An attribute as OpenCTI's worker would read it, whichever of the two dialects the object is written in.
 *
 * @param entity - An object in the platform's STIX form, or in the Python client's export form.
 * @param name - The plain name, e.g. `score`.
 * @returns `undefined` when it is nowhere, `null` when null is what counts.
 */
export function readAttribute(entity: JsonObject, name: string): unknown {
  const place = winningPlace(entity, name);
  return place === undefined ? undefined : readPlace(entity, place);
}

/**
 * The score that the platform holds. Unlike {@link readAttribute} this reads past null and what is no number: a null
 * that hides the score in an export must not pass for "no score yet".
 */
export function scoreOf(entity: JsonObject): number | undefined {
  return placesOf('score')
    .map((place) => asNumber(readPlace(entity, place)))
    .find((score) => score !== undefined);
}

/** The labels that count. */
export function labelsOf(entity: JsonObject): string[] {
  return asTextList(readAttribute(entity, 'labels'));
}

/** The external references that count. */
export function externalReferencesOf(entity: JsonObject): JsonObject[] {
  const references = readAttribute(entity, 'external_references');
  return Array.isArray(references) ? references.filter(isJsonObject) : [];
}

/** The organisations with which the object is shared; everything derived from it must be shared alike. */
export function grantedOrganisationsOf(entity: JsonObject): StixId[] {
  return asTextList(readAttribute(entity, 'granted_refs')) as StixId[];
}

/** OpenCTI's own id of the object. */
export function internalIdOf(entity: JsonObject): string | undefined {
  return asText(entity.x_opencti_id) ?? asText(extensionOf(entity, OCTI_EXTENSION)?.id);
}

/** When the object came to be: on the platform, else by its own account. */
export function createdAtOf(entity: JsonObject): Date | undefined {
  for (const text of [extensionOf(entity, OCTI_EXTENSION)?.created_at, entity.created]) {
    const date = new Date(asText(text) ?? Number.NaN);
    if (!Number.isNaN(date.getTime())) return date;
  }
  return undefined;
}

/** STIX types whose OpenCTI name is not the STIX name with capital initials. */
const ENTITY_TYPES: Readonly<Record<string, string>> = {
  file: 'StixFile',
  'ipv4-addr': 'IPv4-Addr',
  'ipv6-addr': 'IPv6-Addr',
  'x509-certificate': 'X509-Certificate',
  'ssh-key': 'SSH-Key',
  'threat-actor': 'Threat-Actor-Group',
  'case-rfi': 'Case-Rfi',
  'case-rft': 'Case-Rft',
  sighting: 'stix-sighting-relationship',
};

const IDENTITY_TYPES: Readonly<Record<string, string>> = {
  individual: 'Individual',
  organization: 'Organization',
  class: 'Sector',
  system: 'System',
};

/**
 * OpenCTI's type of the object, e.g. `IPv4-Addr`: what the platform says, else derived from the STIX type.
 *
 * @returns `undefined` when the object does not even have a STIX type.
 */
export function entityTypeOf(entity: JsonObject): string | undefined {
  return (
    asText(extensionOf(entity, OCTI_EXTENSION)?.type) ??
    asText(entity.x_opencti_type) ??
    derivedEntityType(entity)
  );
}

function derivedEntityType(entity: JsonObject): string | undefined {
  const type = asText(entity.type)?.replace(/^x-(opencti|mitre)-/, '');
  if (type === undefined) return undefined;
  switch (type) {
    case 'relationship':
      return asText(entity.relationship_type) ?? type;
    case 'location':
      return asText(readAttribute(entity, 'location_type')) ?? 'Location';
    case 'identity':
      return IDENTITY_TYPES[asText(entity.identity_class)?.toLowerCase() ?? ''] ?? 'Identity';
    default:
      return (
        ENTITY_TYPES[type] ??
        type.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
      );
  }
}

/**
 * The observables that the platform extracted from an Indicator's pattern (OpenCTI 6.4.0 and later), restricted
 * to those that can be looked up. Empty on older platforms: read the pattern then.
 */
export function observableValuesOf(entity: JsonObject): ObservableValue[] {
  const values = readAttribute(entity, 'observable_values');
  return Array.isArray(values) ? values.filter(isJsonObject).flatMap(observableValue) : [];
}

function observableValue(entry: JsonObject): ObservableValue[] {
  const type = parseObservableValueType(asText(entry.type) ?? '');
  if (type === undefined) return [];
  if (isHashedType(type)) {
    const hashes = hashesOf(entry.hashes);
    return Object.keys(hashes).length === 0 ? [] : [{ type, hashes }];
  }
  const value = asText(entry.value);
  return value === undefined ? [] : [{ type, value }];
}

/**
 * Hashes in either form: a map by algorithm, or a list of `{algorithm, hash}` (GraphQL, and the platform's
 * STIX form from 6.5.11 to 6.6.8). Only algorithms that identify a file are kept.
 */
export function hashesOf(value: unknown): Record<string, string> {
  const pairs: [unknown, unknown][] = Array.isArray(value)
    ? value.filter(isJsonObject).map((item) => [item.algorithm, item.hash])
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  const hashes: Record<string, string> = {};
  for (const [name, hash] of pairs) {
    const algorithm = hashAlgorithm(asText(name) ?? '');
    const text = asText(hash);
    if (algorithm !== undefined && text !== undefined) hashes[algorithm] = text;
  }
  return hashes;
}
