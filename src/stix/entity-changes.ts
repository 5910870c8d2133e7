import { isDeepStrictEqual } from 'node:util';
import { asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { SHORTEST_VALIDITY_MS } from './create.js';
import {
  externalReferencesOf,
  entityTypeOf,
  extensionOf,
  labelsOf,
  OCTI_EXTENSION,
  OCTI_SCO_EXTENSION,
  placesOf,
  readAttribute,
  readPlace,
  winningPlace,
  type Place,
} from './extensions.js';
import { externalReferenceId, killChainPhaseId } from './ids.js';
import type { ExternalReference, KillChainPhase, StixId, StixObject } from './objects.js';
import { hashAlgorithm } from './observable-value.js';

/** What is to change on an enriched object. `undefined` and empty lists leave it as it is. */
export interface Changes {
  /** 0–100, whole. */
  readonly score?: number | undefined;
  /** Indicators only: it is revoked, and was valid until then. */
  readonly revokedAt?: Date | undefined;
  /** Indicators only. */
  readonly killChainPhases?: readonly KillChainPhase[];
  readonly labels?: readonly string[];
  readonly externalReferences?: readonly ExternalReference[];
  /** By STIX name; files and artifacts only. A hash that the object has already is never replaced. */
  readonly hashes?: Readonly<Record<string, string>>;
  /** Bytes; files only. */
  readonly size?: number | undefined;
  /** Files only. */
  readonly name?: string | undefined;
  /** Files and artifacts only. */
  readonly additionalNames?: readonly string[];
}

/**
 * The object with the changes, each in the place that counts on the platform: lists are continued where they
 * stand, and nothing is left that would hide the new score. A hostname is always written with OpenCTI's type
 * `hostname`; its id stays as received.
 *
 * @param entity - The enriched object, in the platform's STIX form. It is not modified.
 */
export function applyChanges(entity: StixObject, changes: Changes): StixObject {
  const draft = structuredClone(entity) as JsonObject;
  if (draft.type === 'x-opencti-hostname') draft.type = 'hostname';
  appendTo(draft, 'labels', newLabels(draft, changes.labels ?? []));
  appendTo(draft, 'external_references', newReferences(draft, changes.externalReferences ?? []));
  setScore(draft, changes.score);
  if (draft.type === 'indicator') {
    appendTo(draft, 'kill_chain_phases', newPhases(draft, changes.killChainPhases ?? []));
    if (changes.revokedAt !== undefined) revoke(draft, changes.revokedAt);
  }
  if (draft.type === 'file' || draft.type === 'artifact') {
    addHashes(draft, changes.hashes ?? {});
    if (draft.type === 'file' && changes.size !== undefined) draft.size = changes.size;
    if (draft.type === 'file' && changes.name !== undefined) draft.name = changes.name;
    appendTo(draft, 'additional_names', newNames(draft, changes.additionalNames ?? []));
  }
  return draft as StixObject;
}

/** STIX types of the observables that can be enriched, other than OpenCTI's own `hostname`. */
const STANDARD_OBSERVABLES = ['file', 'artifact', 'ipv4-addr', 'ipv6-addr', 'domain-name', 'url'];

/**
 * Where the platform itself writes an attribute: of STIX's observables in the extension made for them, of its
 * own observables in the root, of domain objects in the root too, but for the score.
 */
function platformPlace(entity: JsonObject, name: string): Place {
  if (STANDARD_OBSERVABLES.includes(String(entity.type))) {
    return { extension: OCTI_SCO_EXTENSION, property: name };
  }
  const inExtension = name === 'score' && entity.type !== 'hostname';
  return { extension: inExtension ? OCTI_EXTENSION : undefined, property: name };
}

function newLabels(entity: JsonObject, labels: readonly string[]): string[] {
  const known = new Set(labelsOf(entity).map((label) => label.trim().toLowerCase()));
  const wanted = new Set(labels.map((label) => label.trim().toLowerCase()));
  return [...wanted].filter((label) => label !== '' && !known.has(label));
}

function newReferences(entity: JsonObject, references: readonly ExternalReference[]): ExternalReference[] {
  const known = new Set(externalReferencesOf(entity).map(externalReferenceId));
  return references.filter((reference) => {
    const id = externalReferenceId(reference);
    if (id === undefined || known.has(id)) return false;
    known.add(id);
    return true;
  });
}

function newNames(entity: JsonObject, names: readonly string[]): string[] {
  const listed = readAttribute(entity, 'additional_names');
  const known = new Set<unknown>([...(Array.isArray(listed) ? (listed as unknown[]) : []), entity.name, '']);
  return [...new Set(names)].filter((name) => !known.has(name));
}

function newPhases(entity: JsonObject, phases: readonly KillChainPhase[]): KillChainPhase[] {
  const listed = readAttribute(entity, 'kill_chain_phases');
  const known = new Set((Array.isArray(listed) ? listed : []).filter(isJsonObject).map(phaseId));
  const added = new Map(phases.map((phase) => [phaseId(phase), phase]));
  return [...added].filter(([id]) => !known.has(id)).map(([, phase]) => phase);
}

function phaseId({ kill_chain_name: chain, phase_name: name }: JsonObject | KillChainPhase): StixId {
  return killChainPhaseId(String(chain), String(name));
}

/** Continues the list that counts; where there is none, begins one in the platform's own place. */
function appendTo(entity: JsonObject, name: string, items: readonly unknown[]): void {
  if (items.length === 0) return;
  const place = winningPlace(entity, name) ?? platformPlace(entity, name);
  const list = readPlace(entity, place);
  write(entity, place, [...(Array.isArray(list) ? (list as unknown[]) : []), ...items]);
}

function setScore(entity: JsonObject, score: number | undefined): void {
  // Null in the root hides the score that the extension carries.
  if (entity.x_opencti_score === null) delete entity.x_opencti_score;
  if (score === undefined) return;
  for (const place of placesOf('score')) remove(entity, place);
  write(entity, platformPlace(entity, 'score'), score);
}

/**
 * The platform tells from `valid_until` alone whether an Indicator that is imported is revoked (protocol reference §6.5),
 * and wants its beginning before that: what begins now or later is set to have begun just before. One that is over is for
 * no detection, as when the platform itself revokes it.
 */
function revoke(entity: JsonObject, at: Date): void {
  const latestStart = at.getTime() - SHORTEST_VALIDITY_MS;
  if (Date.parse(asText(entity.valid_from) ?? '') > latestStart) {
    entity.valid_from = new Date(latestStart).toISOString();
  }
  entity.valid_until = at.toISOString();
  entity.revoked = true;
  for (const place of placesOf('detection')) remove(entity, place);
  write(entity, { extension: OCTI_EXTENSION, property: 'detection' }, false);
}

function addHashes(entity: JsonObject, hashes: Readonly<Record<string, string>>): void {
  const present = isJsonObject(entity.hashes) ? entity.hashes : {};
  const algorithms = new Set(Object.keys(present).map((name) => hashAlgorithm(name) ?? name));
  const added = Object.entries(hashes).filter(([name]) => !algorithms.has(name));
  if (added.length > 0) entity.hashes = { ...present, ...Object.fromEntries(added) };
}

function remove(entity: JsonObject, place: Place): void {
  const holder = place.extension === undefined ? entity : extensionOf(entity, place.extension);
  // oxlint-disable-next-line typescript/no-dynamic-delete -- on a copy of our own
  if (holder !== undefined) delete holder[place.property];
}

function write(entity: JsonObject, place: Place, value: unknown): void {
  if (place.extension === undefined) {
    entity[place.property] = value;
    return;
  }
  const extensions = isJsonObject(entity.extensions) ? entity.extensions : {};
  const extension = extensionOf(entity, place.extension) ?? newExtension(entity, place.extension);
  entity.extensions = { ...extensions, [place.extension]: { ...extension, [place.property]: value } };
}

/** Playbook components rely on `type` in the common extension, and add it only where that is missing altogether. */
function newExtension(entity: JsonObject, id: string): JsonObject {
  const extension = { extension_type: 'property-extension' };
  return id === OCTI_EXTENSION ? { ...extension, type: entityTypeOf(entity) } : extension;
}

/** What an object must have to be found on the platform, and to be shared and marked as before. */
const KEPT = ['type', 'id', 'spec_version', 'object_marking_refs', 'x_opencti_granted_refs'];
const KEPT_OF_OBSERVABLES = ['value', 'hashes', 'name', 'url'];

/**
 * Beside what STIX 2.1 §4.7 requires, what the platform would otherwise set anew when it imports an Indicator:
 * a missing score becomes 50, detection false, the validity a computed one, the confidence that of our user.
 */
const KEPT_OF_INDICATORS = [
  ...[
    'created',
    'modified',
    'name',
    'pattern',
    'pattern_type',
    'pattern_version',
    'valid_from',
    'valid_until',
  ],
  ...['revoked', 'confidence', 'x_opencti_score', 'x_opencti_detection', 'x_opencti_main_observable_type'],
];
const KEPT_IN_EXTENSION = ['extension_type', 'type', 'granted_refs'];
const KEPT_IN_EXTENSION_OF_INDICATORS = ['score', 'detection', 'main_observable_type'];

/**
 * The changed object reduced to what identifies it, its markings and sharing, and what changed: of lists, only
 * what was added, for the platform adds to lists. Everything else (author, dates, workflow, files, ...) may have
 * changed on the platform since it was read, and is not written back.
 *
 * @param changed - The result of {@link applyChanges}.
 * @param original - The object as it was received.
 */
export function leanEntity(changed: StixObject, original: StixObject): StixObject {
  const isIndicator = changed.type === 'indicator';
  const kept = [...KEPT, ...(isIndicator ? KEPT_OF_INDICATORS : KEPT_OF_OBSERVABLES)];
  const keptInExtension = [...KEPT_IN_EXTENSION, ...(isIndicator ? KEPT_IN_EXTENSION_OF_INDICATORS : [])];
  const lean = { spec_version: '2.1', ...keptOrChanged(changed, original, kept) };
  const common = extensionOf(changed, OCTI_EXTENSION);
  const ofObservables = extensionOf(changed, OCTI_SCO_EXTENSION);
  const extensions: JsonObject = {};
  if (common !== undefined) {
    extensions[OCTI_EXTENSION] = keptOrChanged(
      common,
      extensionOf(original, OCTI_EXTENSION),
      keptInExtension,
    );
  }
  if (ofObservables !== undefined) {
    const before = extensionOf(original, OCTI_SCO_EXTENSION);
    const reduced = keptOrChanged(ofObservables, before, ['extension_type']);
    if (Object.keys(reduced).some((name) => name !== 'extension_type')) {
      extensions[OCTI_SCO_EXTENSION] = reduced;
    }
  }
  return (Object.keys(extensions).length === 0 ? lean : { ...lean, extensions }) as unknown as StixObject;
}

function keptOrChanged(
  changed: JsonObject,
  original: JsonObject | undefined,
  kept: readonly string[],
): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(changed)) {
    const before = original?.[name];
    if (kept.includes(name)) result[name] = value;
    else if (name !== 'extensions' && !isDeepStrictEqual(value, before)) result[name] = added(value, before);
  }
  return result;
}

function added(value: unknown, before: unknown): unknown {
  if (!Array.isArray(value) || !Array.isArray(before)) return value;
  return value.filter((item) => !before.some((known) => isDeepStrictEqual(known, item)));
}
