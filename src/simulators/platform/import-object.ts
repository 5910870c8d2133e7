import { describeError } from '../../shared/connector-error.js';
import { asText, asTextList, type JsonObject } from '../../shared/json.js';
import type { EntityStore } from './entity-store.js';
import { functionalError, PlatformError } from './errors.js';
import { acceptsRelationship } from './relationship-rules.js';
import { readStix, type StixReading } from './stix-reading.js';

/** GraphQL's `Int`: 32 bits, signed. */
const MAX_INT = 2_147_483_647;

/** What became of one object a worker imported. */
export interface ImportedObject {
  /** Id under which it was sent. */
  id: string;
  type: string;
  outcome: 'created' | 'updated' | 'ignored' | 'failed';
  /** Internal id of the entity it became. */
  entityId?: string;
  error?: { code: string; message: string };
}

/**
 * Imports one object as a worker does, one call to the platform per object: reads it with the workers' order of
 * precedence, checks what the platform checks, and merges it into the store. Never throws: what the platform refuses
 * is part of the answer.
 *
 * @param openStore - Opens the store to import into; the platform may refuse that too.
 */
export function importObject(object: JsonObject, openStore: () => EntityStore): ImportedObject {
  const sent = { id: asText(object.id) ?? '', type: asText(object.type) ?? '' };
  try {
    const store = openStore();
    const reading = readStix(object);
    if (reading.inferred) return { ...sent, outcome: 'ignored' };
    check(reading, store);
    const { entity, created } = store.upsert(reading);
    return { ...sent, outcome: created ? 'created' : 'updated', entityId: entity.internalId };
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : 'UNKNOWN_ERROR';
    return { ...sent, outcome: 'failed', error: { code, message: describeError(error) } };
  }
}

function check(reading: StixReading, store: EntityStore): void {
  checkReferences(reading, store);
  const { attributes, stixType } = reading;
  const known = store.find(reading.id);
  const has = (key: string): boolean => attributes[key] !== undefined || known?.attributes[key] !== undefined;
  switch (stixType) {
    case 'relationship':
      checkRelationship(reading, store);
      break;
    case 'indicator':
      requireAttributes(has, 'indicator', ['name', 'pattern', 'pattern_type']);
      checkName(attributes);
      checkValidity(attributes);
      break;
    case 'location':
      requireAttributes(has, 'location', ['name']);
      checkName(attributes);
      break;
    case 'malware':
    case 'attack-pattern':
      requireAttributes(has, stixType, ['name']);
      checkName(attributes);
      break;
    case 'malware-analysis':
      requireAttributes(has, 'malware-analysis', ['product', 'result_name']);
      break;
    case 'note':
      requireAttributes(has, 'note', ['content']);
      break;
    case 'autonomous-system':
      requireAttributes(has, 'autonomous-system', ['number']);
      checkInteger(attributes, 'number');
      break;
    case 'file':
      checkInteger(attributes, 'size');
      break;
    case 'marking-definition':
      requireAttributes(has, 'marking-definition', ['definition_type']);
      break;
    default:
  }
}

function checkReferences(reading: StixReading, store: EntityStore): void {
  const references = [...reading.markingRefs, ...reading.grantedRefs];
  if (reading.createdByRef !== undefined) references.push(reading.createdByRef);
  for (const [key, value] of Object.entries(reading.attributes)) {
    if (key.endsWith('_ref') && typeof value === 'string') references.push(value);
    if (key.endsWith('_refs')) references.push(...asTextList(value));
  }
  const missing = references.filter((reference) => store.find(reference) === undefined);
  if (missing.length > 0) {
    throw new PlatformError('MISSING_REFERENCE_ERROR', `Element(s) not found: ${missing.join(', ')}`, {
      unresolvedIds: missing,
    });
  }
}

function checkRelationship(reading: StixReading, store: EntityStore): void {
  const source = store.find(asText(reading.attributes.source_ref) ?? '');
  const target = store.find(asText(reading.attributes.target_ref) ?? '');
  if (source === undefined || target === undefined) {
    throw functionalError('A relationship needs a source and a target');
  }
  const { entityType } = reading;
  if (!acceptsRelationship(entityType, source.entityType, target.entityType)) {
    throw functionalError(
      `The relationship type ${entityType} is not allowed between ${source.entityType} and ${target.entityType}`,
    );
  }
}

function requireAttributes(has: (key: string) => boolean, type: string, keys: readonly string[]): void {
  const missing = keys.filter((key) => !has(key));
  if (missing.length > 0) throw functionalError(`A ${type} needs ${missing.join(', ')}`);
}

function checkName(attributes: JsonObject): void {
  const name = asText(attributes.name);
  if (name !== undefined && name.trim().length < 2) {
    throw functionalError('A name must have at least 2 characters');
  }
}

function checkValidity(attributes: JsonObject): void {
  const from = Date.parse(asText(attributes.valid_from) ?? '');
  const until = Date.parse(asText(attributes.valid_until) ?? '');
  if (until <= from) throw functionalError('The valid until date must be greater than the valid from date');
}

function checkInteger(attributes: JsonObject, key: string): void {
  const value = attributes[key];
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > MAX_INT) {
    throw new PlatformError('BAD_USER_INPUT', `Int cannot represent ${key} ${JSON.stringify(value)}`);
  }
}
