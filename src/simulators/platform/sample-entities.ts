import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../shared/json.js';
import type { ExternalReference, StoredEntity } from './entity.js';
import type { EntityStore } from './entity-store.js';
import type { FileBytes } from './file-bytes.js';
import { deterministicId } from './standard-id.js';
import type { AttachedFile, StixReading } from './stix-reading.js';
import { IDENTITY_CLASSES, stixTypeOf } from './stix-types.js';

/** A file to keep with an entity. */
export interface SampleFile {
  name: string;
  content: FileBytes;
  mimeType?: string;
  /** Definitions, as with an entity. Platforms before 6.3.12 do not show them. */
  markings?: string[];
}

/** What can be said of any entity beside what its type demands. */
export interface SampleOptions {
  score?: number;
  description?: string;
  labels?: string[];
  /** Definitions, `TLP:AMBER`; one the platform does not ship is created. */
  markings?: string[];
  externalReferences?: ExternalReference[];
  /** Names of organisations it is shared with; they are created. */
  organizations?: string[];
  /** Name of the organisation that is its author; it is created. */
  author?: string;
  /** A large file is better given as `{ sizeBytes, seed }`: it is made while somebody downloads it. */
  files?: SampleFile[];
  workflowId?: string;
  /** Whether the connector's user may not see it. */
  hidden?: boolean;
}

/** An indicator to add. */
export interface SampleIndicator extends SampleOptions {
  pattern: string;
  /** `stix` by default. */
  patternType?: string;
  /** The pattern by default. */
  name?: string;
  mainObservableType?: string;
  detection?: boolean;
  validFrom?: string;
  validUntil?: string;
}

/**
 * Adds an entity of any type, with the id the platform gives it.
 *
 * @param entityType - `IPv4-Addr`, `StixFile`, `Hostname`, `Country`, `Organization`…
 * @param attributes - What identifies and describes it: `{ value }`, `{ hashes, name, size }`, `{ number }`…
 */
export function addSample(
  store: EntityStore,
  entityType: string,
  attributes: JsonObject,
  options: SampleOptions = {},
): StoredEntity {
  const stixType = stixTypeOf(entityType);
  const organization = (name: string): string => addSample(store, 'Organization', { name }).standardId;
  const reading: StixReading = {
    id: `${stixType}--${randomUUID()}`,
    internalId: undefined,
    stixType,
    entityType,
    attributes: withIdentityClass(entityType, attributes),
    score: options.score,
    description: options.description,
    detection: undefined,
    mainObservableType: undefined,
    workflowId: options.workflowId,
    labels: (options.labels ?? []).map((label) => label.toLowerCase()),
    externalReferences: options.externalReferences ?? [],
    markingRefs: (options.markings ?? []).map((definition) => markingId(store, definition)),
    grantedRefs: (options.organizations ?? []).map(organization),
    createdByRef: options.author === undefined ? undefined : organization(options.author),
    additionalNames: [],
    stixIds: [],
    files: (options.files ?? []).map((file) => attachedFile(store, file)),
    inferred: false,
  };
  const { entity } = store.upsert(reading);
  // The random id above only carried it into the store; the platform knows the entity by its own.
  entity.stixIds = entity.stixIds.filter((id) => id !== reading.id);
  entity.hidden = options.hidden ?? entity.hidden;
  return entity;
}

/** Adds an indicator. */
export function addSampleIndicator(store: EntityStore, indicator: SampleIndicator): StoredEntity {
  const { pattern, patternType = 'stix', name = pattern, validFrom, validUntil } = indicator;
  const attributes = {
    name,
    pattern,
    pattern_type: patternType,
    valid_from: validFrom ?? '2024-01-01T00:00:00.000Z',
    ...(validUntil === undefined ? {} : { valid_until: validUntil }),
  };
  const entity = addSample(store, 'Indicator', attributes, indicator);
  entity.detection = indicator.detection;
  entity.mainObservableType = indicator.mainObservableType;
  return entity;
}

function withIdentityClass(entityType: string, attributes: JsonObject): JsonObject {
  const identityClass = IDENTITY_CLASSES[entityType];
  return identityClass === undefined ? attributes : { identity_class: identityClass, ...attributes };
}

function attachedFile(store: EntityStore, file: SampleFile): AttachedFile {
  return {
    name: file.name,
    content: file.content,
    mimeType: file.mimeType ?? 'application/octet-stream',
    markingRefs: (file.markings ?? []).map((definition) => markingId(store, definition)),
  };
}

/** Standard id of a marking; TLP:WHITE is TLP:CLEAR. */
function markingId(store: EntityStore, definition: string): string {
  const wanted = definition === 'TLP:WHITE' ? 'TLP:CLEAR' : definition;
  const known = store.all('Marking-Definition').find((marking) => marking.attributes.definition === wanted);
  if (known !== undefined) return known.standardId;
  const definitionType = wanted.includes(':') ? (wanted.split(':')[0] ?? 'statement') : 'statement';
  const standardId = deterministicId('marking-definition', {
    definition_type: definitionType.toUpperCase(),
    definition: wanted.toUpperCase(),
  });
  store.upsert({
    id: standardId,
    internalId: undefined,
    stixType: 'marking-definition',
    entityType: 'Marking-Definition',
    attributes: { definition_type: definitionType, definition: wanted, x_opencti_order: 0 },
    score: undefined,
    description: undefined,
    detection: undefined,
    mainObservableType: undefined,
    workflowId: undefined,
    labels: [],
    externalReferences: [],
    markingRefs: [],
    grantedRefs: [],
    createdByRef: undefined,
    additionalNames: [],
    stixIds: [],
    files: [],
    inferred: false,
  });
  return standardId;
}
