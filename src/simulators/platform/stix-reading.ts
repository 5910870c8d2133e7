import { asNumber, asText, asTextList, isJsonObject, type JsonObject } from '../../shared/json.js';
import type { ExternalReference } from './entity.js';
import { functionalError } from './errors.js';
import {
  extensionOf,
  inExtensions,
  OCTI,
  readCreatedByRef,
  readCustom,
  readExternalReferences,
  readLabels,
} from './extensions.js';
import type { FileBytes } from './file-bytes.js';
import { DOMAIN_OBJECT_TYPES, IDENTITY_CLASSES, LOCATION_TYPES, observableTypeOf } from './stix-types.js';

/** A file sent inside an object. */
export interface AttachedFile {
  name: string;
  mimeType: string;
  markingRefs: string[];
  content: FileBytes;
}

/** What a STIX object says, after all alternatives have been resolved. */
export interface StixReading {
  id: string;
  internalId: string | undefined;
  stixType: string;
  entityType: string;
  attributes: JsonObject;
  /** As sent; whether it is an integer from 0 to 100 is for the import to judge. */
  score: unknown;
  description: string | undefined;
  detection: boolean | undefined;
  mainObservableType: string | undefined;
  workflowId: string | undefined;
  labels: string[];
  externalReferences: ExternalReference[];
  markingRefs: string[];
  grantedRefs: string[];
  createdByRef: string | undefined;
  additionalNames: string[];
  stixIds: string[];
  files: AttachedFile[];
  inferred: boolean;
}

/** Root properties that are not attributes of the type. */
const NOT_ATTRIBUTES = new Set([
  'id',
  'type',
  'spec_version',
  'extensions',
  'labels',
  'external_references',
  'object_marking_refs',
  'created_by_ref',
  'description',
  'score',
  'nb_deps',
  'defanged',
  'modified',
]);

/**
 * Reads a STIX object in the platform's form or in the client's (root `x_opencti_*` properties).
 *
 * @throws {PlatformError} when it has no id or type, or is of a type the platform does not import.
 */
export function readStix(object: JsonObject): StixReading {
  const id = asText(object.id);
  const stixType = asText(object.type)?.replace(/^x-opencti-/, '');
  if (id === undefined || stixType === undefined) throw functionalError('An object has no id or no type');
  const entityType = entityTypeOf(object, stixType);
  const shareable = stixType !== 'location' && stixType !== 'marking-definition';
  return {
    id,
    internalId: asText(object.x_opencti_id) ?? asText(extensionOf(object, OCTI).id),
    stixType,
    entityType,
    attributes: attributesOf(object, stixType, entityType),
    score: readCustom(object, 'score'),
    description: asText(readCustom(object, 'description')),
    detection: asBoolean(readCustom(object, 'detection')),
    mainObservableType: asText(readCustom(object, 'main_observable_type')),
    workflowId: asText(readCustom(object, 'workflow_id')),
    labels: asTextList(readLabels(object)).map((label) => label.trim().toLowerCase()),
    externalReferences: externalReferencesOf(object),
    markingRefs: asTextList(object.object_marking_refs),
    grantedRefs: shareable ? asTextList(readCustom(object, 'granted_refs')) : [],
    createdByRef: asText(readCreatedByRef(object)),
    additionalNames: asTextList(readCustom(object, 'additional_names')),
    stixIds: asTextList(readCustom(object, 'stix_ids')),
    files: filesOf(object),
    inferred: inExtensions(object, 'is_inferred') === true,
  };
}

function entityTypeOf(object: JsonObject, stixType: string): string {
  const observable = observableTypeOf(stixType);
  if (observable !== undefined) return observable;
  if (stixType === 'relationship') return asText(object.relationship_type) ?? 'relationship';
  if (stixType === 'sighting') return 'stix-sighting-relationship';
  if (stixType === 'marking-definition') return 'Marking-Definition';
  const declared = asText(object.x_opencti_type) ?? asText(extensionOf(object, OCTI).type);
  if (stixType === 'location') return locationTypeOf(object, declared);
  if (stixType === 'identity') return identityTypeOf(object);
  if (stixType === 'threat-actor') return declared ?? 'Threat-Actor-Group';
  const domainType = DOMAIN_OBJECT_TYPES.find((type) => type.toLowerCase() === stixType);
  if (domainType === undefined) throw functionalError(`Unsupported type ${stixType}`);
  return domainType;
}

function locationTypeOf(object: JsonObject, declared: string | undefined): string {
  const type =
    asText(object.x_opencti_location_type) ??
    declared ??
    (asText(object.city) && 'City') ??
    (asText(object.country) && 'Country') ??
    (asText(object.region) && 'Region');
  const known = LOCATION_TYPES.find((location) => location === type);
  if (known === undefined) throw functionalError('The type of a location cannot be told');
  return known;
}

function identityTypeOf(object: JsonObject): string {
  const identityClass = asText(object.identity_class)?.toLowerCase();
  const entry = Object.entries(IDENTITY_CLASSES).find(([, name]) => name === identityClass);
  return entry?.[0] ?? 'Individual';
}

function attributesOf(object: JsonObject, stixType: string, entityType: string): JsonObject {
  const attributes: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    if (NOT_ATTRIBUTES.has(key) || key.startsWith('x_opencti_')) continue;
    if (value !== null && value !== undefined) attributes[key] = value;
  }
  if (stixType === 'location') {
    const name = ['name', 'city', 'country', 'region'].map((key) => asText(object[key])).find(Boolean);
    if (name !== undefined) attributes.name = name;
  }
  if (stixType === 'identity') attributes.identity_class = IDENTITY_CLASSES[entityType];
  if (stixType === 'note') {
    // STIX calls it `abstract`, the platform `attribute_abstract`.
    const abstract = asText(object.abstract) ?? asText(object.attribute_abstract);
    delete attributes.abstract;
    if (abstract !== undefined) attributes.attribute_abstract = abstract;
  }
  return attributes;
}

function externalReferencesOf(object: JsonObject): ExternalReference[] {
  const list = readExternalReferences(object);
  if (!Array.isArray(list)) return [];
  return list.filter(isJsonObject).flatMap((reference) => {
    const url = asText(reference.url);
    const externalId = asText(reference.external_id);
    const sourceName = asText(reference.source_name);
    if (url === undefined && (externalId === undefined || sourceName === undefined)) return [];
    const description = asText(reference.description);
    return [
      {
        source_name: sourceName ?? '',
        ...(url === undefined ? {} : { url }),
        ...(externalId === undefined ? {} : { external_id: externalId }),
        ...(description === undefined ? {} : { description }),
      },
    ];
  });
}

/** Only entries that carry data are imported. */
function filesOf(object: JsonObject): AttachedFile[] {
  const list = readCustom(object, 'files');
  if (!Array.isArray(list)) return [];
  return list.filter(isJsonObject).flatMap((file) => {
    const name = asText(file.name);
    const data = asText(file.data);
    if (name === undefined || data === undefined) return [];
    const mimeType = asText(file.mime_type) ?? 'application/octet-stream';
    const markingRefs = asTextList(file.object_marking_refs);
    return [{ name, mimeType, markingRefs, content: Buffer.from(data, 'base64') }];
  });
}

function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** The score when it is one the platform stores: an integer from 0 to 100. `undefined` when none was sent. */
export function acceptedScore(score: unknown): number | undefined {
  if (score === undefined || score === null) return undefined;
  const number = asNumber(score);
  if (number === undefined || !Number.isInteger(number) || number < 0 || number > 100) {
    throw functionalError(`The score must be an integer between 0 and 100, not ${JSON.stringify(score)}`);
  }
  return number;
}
