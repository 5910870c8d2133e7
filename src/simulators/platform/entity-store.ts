import { randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { ExternalReference, StoredEntity } from './entity.js';
import { keepsItsValidity, withFormerValidity, withValidity } from './indicator-validity.js';
import { Labels } from './labels.js';
import { SHIPPED_MARKINGS } from './markings.js';
import { standardId } from './standard-id.js';
import { acceptedScore, type StixReading } from './stix-reading.js';
import type { Since } from './version.js';

/** What happened to an object that was stored. */
export interface Stored {
  entity: StoredEntity;
  created: boolean;
}

/**
 * What the platform knows: entities, relationships and markings, found by any of their ids. A draft is a store
 * that falls back on the live one and keeps its changes to itself.
 */
export class EntityStore {
  /** A draft has those of the live knowledge. */
  readonly labels: Labels;
  readonly #byId = new Map<string, StoredEntity>();
  readonly #entities = new Set<StoredEntity>();
  readonly #since: Since;
  readonly #clock: Clock;
  readonly #live: EntityStore | undefined;

  constructor(since: Since, clock: Clock, live?: EntityStore) {
    this.#since = since;
    this.#clock = clock;
    this.#live = live;
    this.labels = live?.labels ?? new Labels();
    if (live === undefined) for (const marking of SHIPPED_MARKINGS) this.#addMarking(marking);
  }

  /** A draft on top of this store. */
  draft(): EntityStore {
    return new EntityStore(this.#since, this.#clock, this);
  }

  /** The entity with this standard, internal or alternative id. */
  find(id: string): StoredEntity | undefined {
    return this.#byId.get(id) ?? this.#live?.find(id);
  }

  /** Everything stored here, in the order of creation; `entityType` or STIX type narrows it. */
  all(type?: string): StoredEntity[] {
    const own = [...this.#entities];
    const shadowed = new Set(own.map((entity) => entity.internalId));
    const live = this.#live?.all().filter((entity) => !shadowed.has(entity.internalId)) ?? [];
    const entities = [...live, ...own];
    return type === undefined
      ? entities
      : entities.filter((entity) => entity.entityType === type || entity.stixType === type);
  }

  /**
   * Creates the entity, or merges into the one the platform recognises as the same. Lists only ever grow; scalars
   * are replaced by what was sent, never emptied.
   *
   * @param reading - Its references must be known to the store.
   * @throws {PlatformError} for a score that is no integer from 0 to 100.
   */
  upsert(reading: StixReading): Stored {
    const score = acceptedScore(reading.score);
    const resolve = (id: string): string => this.find(id)?.standardId ?? id;
    const attributes = withStandardReferences(reading.attributes, resolve);
    const computed = standardId(reading.stixType, reading.entityType, attributes, this.#since, resolve);
    const known =
      this.find(reading.id) ??
      (computed === undefined ? undefined : this.find(computed)) ??
      (reading.internalId === undefined ? undefined : this.find(reading.internalId));
    const entity = known === undefined ? this.#create(reading, computed) : this.#own(known);
    this.#merge(entity, { ...reading, attributes }, score, resolve);
    this.#index(entity);
    return { entity, created: known === undefined };
  }

  /** Removes an entity, as a person does in the interface. */
  delete(entity: StoredEntity): void {
    this.#entities.delete(entity);
    for (const [id, other] of this.#byId) if (other === entity) this.#byId.delete(id);
  }

  #create(reading: StixReading, computed: string | undefined): StoredEntity {
    const now = this.#clock.now().toISOString();
    const entity: StoredEntity = {
      internalId: reading.internalId ?? randomUUID(),
      standardId: computed ?? reading.id,
      stixIds: [],
      entityType: reading.entityType,
      stixType: reading.stixType,
      attributes: {},
      score: undefined,
      importedScores: [],
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
      files: [],
      createdAt: now,
      updatedAt: now,
      hidden: false,
    };
    this.#entities.add(entity);
    return entity;
  }

  /** The entity itself when it is stored here, else a copy of the live one for this draft. */
  #own(entity: StoredEntity): StoredEntity {
    if (this.#entities.has(entity)) return entity;
    const copy = structuredClone(entity);
    this.#entities.add(copy);
    return copy;
  }

  #merge(
    entity: StoredEntity,
    reading: StixReading,
    score: number | undefined,
    resolve: (id: string) => string,
  ): void {
    const merged = mergeAttributes(entity.attributes, reading.attributes);
    const isKept = keepsItsValidity(entity, score, this.#since);
    if (entity.stixType !== 'indicator') entity.attributes = merged;
    else if (isKept) entity.attributes = withFormerValidity(merged, entity.attributes);
    else entity.attributes = withValidity(merged, reading.attributes, this.#clock.now());
    if (score !== undefined && !isKept) {
      entity.score = score;
      entity.importedScores = union(entity.importedScores, [score]);
    }
    entity.description = reading.description ?? entity.description;
    entity.detection = reading.detection ?? entity.detection;
    entity.mainObservableType = reading.mainObservableType ?? entity.mainObservableType;
    entity.workflowId = reading.workflowId ?? entity.workflowId;
    entity.createdByRef =
      reading.createdByRef === undefined ? entity.createdByRef : resolve(reading.createdByRef);
    entity.labels = union(entity.labels, reading.labels);
    for (const label of reading.labels) this.labels.add(label);
    entity.markingRefs = union(entity.markingRefs, reading.markingRefs.map(resolve));
    entity.grantedRefs = union(entity.grantedRefs, reading.grantedRefs.map(resolve));
    entity.additionalNames = union(entity.additionalNames, reading.additionalNames);
    entity.externalReferences = unionOfReferences(entity.externalReferences, reading.externalReferences);
    const ids = [reading.id, ...reading.stixIds].filter((id) => id !== entity.standardId);
    entity.stixIds = union(entity.stixIds, ids);
    for (const file of reading.files) {
      const id = `import/${entity.entityType}/${entity.internalId}/${file.name}`;
      entity.files = entity.files.filter((other) => other.id !== id);
      entity.files.push({ id, ...file, version: this.#clock.now().toISOString() });
    }
    entity.updatedAt = this.#clock.now().toISOString();
  }

  #index(entity: StoredEntity): void {
    for (const id of [entity.standardId, entity.internalId, ...entity.stixIds]) this.#byId.set(id, entity);
  }

  #addMarking(marking: (typeof SHIPPED_MARKINGS)[number]): void {
    const entity = this.#create(
      {
        id: marking.standardId,
        internalId: undefined,
        stixType: 'marking-definition',
        entityType: 'Marking-Definition',
      } as StixReading,
      marking.standardId,
    );
    entity.attributes = {
      definition_type: marking.definitionType,
      definition: marking.definition,
      x_opencti_order: marking.order,
      x_opencti_color: '#888888',
    };
    this.#index(entity);
  }
}

function withStandardReferences(attributes: JsonObject, resolve: (id: string) => string): JsonObject {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => {
      if (key.endsWith('_ref') && typeof value === 'string') return [key, resolve(value)];
      if (key.endsWith('_refs') && Array.isArray(value)) {
        return [key, value.map((ref: unknown) => (typeof ref === 'string' ? resolve(ref) : ref))];
      }
      return [key, value];
    }),
  );
}

function mergeAttributes(old: JsonObject, fresh: JsonObject): JsonObject {
  const merged: JsonObject = { ...old };
  for (const [key, value] of Object.entries(fresh)) {
    const before = merged[key];
    if (Array.isArray(before) && Array.isArray(value)) merged[key] = union<unknown>(before, value);
    else if (isJsonObject(before) && isJsonObject(value)) merged[key] = { ...before, ...value };
    else merged[key] = value;
  }
  return merged;
}

function union<T>(old: readonly T[], fresh: readonly T[]): T[] {
  const seen = new Set(old.map((item) => JSON.stringify(item)));
  const added = fresh.filter((item) => {
    const key = JSON.stringify(item);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return [...old, ...added];
}

/** The same reference is the same url, or else the same id at the same source. */
function unionOfReferences(
  old: readonly ExternalReference[],
  fresh: readonly ExternalReference[],
): ExternalReference[] {
  const keyOf = (reference: ExternalReference): string =>
    reference.url ?? `${reference.source_name}\n${reference.external_id ?? ''}`;
  const byKey = new Map(old.map((reference) => [keyOf(reference), reference]));
  for (const reference of fresh) {
    byKey.set(keyOf(reference), { ...byKey.get(keyOf(reference)), ...reference });
  }
  return [...byKey.values()];
}
