import {
  autonomousSystemId,
  fileId,
  identityId,
  indicatorId,
  locationId,
  noteId,
  relationshipId,
  valueObservableId,
  type Hashes,
  type ValueObservableType,
} from './ids.js';
import type {
  AutonomousSystem,
  ExternalReference,
  FileObservable,
  Identity,
  Indicator,
  KillChainPhase,
  Location,
  Note,
  Relationship,
  StixId,
  StixTimestamp,
  ValueObservable,
} from './objects.js';

/** What every object made here has in common: when, by whom, and how it may be shared. */
export interface Provenance {
  /** Time of the enrichment: `created` and `modified` of new objects. */
  readonly now: Date;
  /** The author, see {@link createAuthor}. */
  readonly authorId: StixId;
  /** Markings of the enriched object, inherited by what is derived from it. */
  readonly markings: readonly StixId[];
}

/** Creation time of what has no time of its own; a constant, so that the same objects come out each time. */
const TIMELESS: StixTimestamp = '2024-01-01T00:00:00.000Z';

/** Least distance of `valid_until` from `valid_from`: survives platforms that keep whole seconds only. */
export const SHORTEST_VALIDITY_MS = 1000;

/**
 * STIX 2.1 §3.2.1 with milliseconds.
 *
 * @throws RangeError when the date is invalid.
 */
export function stixTimestamp(date: Date): StixTimestamp {
  if (Number.isNaN(date.getTime())) throw new RangeError('Invalid date in a STIX object');
  return date.toISOString();
}

/** The property when there is something in it; nothing for `undefined`, empty text and empty lists. */
export function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return {};
  return { [name]: value } as Partial<Record<Name, Value>>;
}

/** What every domain object and relationship has. */
export function domainObject(provenance: Provenance): {
  spec_version: '2.1';
  created: StixTimestamp;
  modified: StixTimestamp;
  created_by_ref: StixId;
  object_marking_refs?: readonly StixId[];
} {
  const now = stixTimestamp(provenance.now);
  return {
    spec_version: '2.1',
    created: now,
    modified: now,
    created_by_ref: provenance.authorId,
    ...optional('object_marking_refs', provenance.markings),
  };
}

/** What every observable has. */
export function cyberObservable(provenance: Provenance): {
  spec_version: '2.1';
  object_marking_refs?: readonly StixId[];
  x_opencti_created_by_ref: StixId;
} {
  return {
    spec_version: '2.1',
    ...optional('object_marking_refs', provenance.markings),
    x_opencti_created_by_ref: provenance.authorId,
  };
}

const AUTHOR: Identity = {
  type: 'identity',
  spec_version: '2.1',
  id: identityId('VirusTotal', 'organization'),
  created: TIMELESS,
  modified: TIMELESS,
  name: 'VirusTotal',
  identity_class: 'organization',
};

/** The author of everything else: the organisation VirusTotal. Unmarked, and the same every time. */
export function createAuthor(): Identity {
  return { ...AUTHOR };
}

/**
 * A relationship without dates of its own.
 *
 * @param type - One that OpenCTI allows between the two types; others fail in its worker.
 * @throws RangeError when the provenance's date is invalid.
 */
export function createRelationship(
  type: string,
  source: StixId,
  target: StixId,
  provenance: Provenance,
): Relationship {
  return {
    type: 'relationship',
    id: relationshipId(type, source, target),
    ...domainObject(provenance),
    relationship_type: type,
    source_ref: source,
    target_ref: target,
  };
}

export interface NoteInput {
  readonly subjectId: StixId;
  /** Which of our Notes it is; together with the subject it is the Note's identity. */
  readonly kind: string;
  readonly abstract: string;
  /**
   * Markdown. It should name its subject: OpenCTI takes Notes of equal content, `created` and abstract for one
   * and the same.
   */
  readonly content: string;
  /** When the subject was created: stable, so that the Note is too. */
  readonly created: Date | undefined;
}

/**
 * A Note about one object. Its id does not depend on the content, so enriching again updates it.
 *
 * @throws RangeError when a date is invalid.
 */
export function createNote(note: NoteInput, provenance: Provenance): Note {
  const created = note.created === undefined ? TIMELESS : stixTimestamp(note.created);
  const now = stixTimestamp(provenance.now);
  return {
    type: 'note',
    id: noteId(note.subjectId, note.kind),
    ...domainObject(provenance),
    created,
    modified: now < created ? created : now,
    abstract: note.abstract,
    content: note.content,
    object_refs: [note.subjectId],
  };
}

export interface IndicatorInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly pattern: string;
  readonly patternType: Indicator['pattern_type'];
  readonly validFrom: Date;
  readonly validUntil?: Date | undefined;
  /** 0–100, whole. */
  readonly score?: number | undefined;
  readonly detection?: boolean | undefined;
  /** OpenCTI type, e.g. `StixFile`. */
  readonly mainObservableType: string;
  readonly killChainPhases?: readonly KillChainPhase[] | undefined;
  readonly externalReferences?: readonly ExternalReference[] | undefined;
}

/**
 * An Indicator. A `validUntil` that is not after `validFrom` is moved just behind it: STIX 2.1 §4.7 requires
 * the order, and OpenCTI refuses the Indicator otherwise.
 *
 * @throws RangeError when a date is invalid.
 */
export function createIndicator(indicator: IndicatorInput, provenance: Provenance): Indicator {
  const { validFrom, validUntil } = indicator;
  const earliestEnd = new Date(validFrom.getTime() + SHORTEST_VALIDITY_MS);
  const end = validUntil !== undefined && validUntil <= validFrom ? earliestEnd : validUntil;
  return {
    type: 'indicator',
    id: indicatorId(indicator.pattern),
    ...domainObject(provenance),
    name: indicator.name,
    ...optional('description', indicator.description),
    pattern: indicator.pattern,
    pattern_type: indicator.patternType,
    valid_from: stixTimestamp(validFrom),
    ...optional('valid_until', end === undefined ? undefined : stixTimestamp(end)),
    ...optional('kill_chain_phases', indicator.killChainPhases),
    ...optional('x_opencti_score', indicator.score),
    ...optional('x_opencti_detection', indicator.detection),
    x_opencti_main_observable_type: indicator.mainObservableType,
    ...optional('external_references', indicator.externalReferences),
  };
}

/**
 * A country.
 *
 * @param code - ISO 3166-1 alpha-2; it is the name too, as other OpenCTI connectors do it, so that they meet.
 */
export function createCountry(code: string, provenance: Provenance): Location {
  const country = code.trim().toUpperCase();
  return {
    type: 'location',
    id: locationId(country, 'Country'),
    ...domainObject(provenance),
    name: country,
    country,
    x_opencti_location_type: 'Country',
  };
}

export interface AutonomousSystemInput {
  /** OpenCTI stores 32-bit signed integers: numbers above 2 147 483 647 fail in its worker. */
  readonly number: number;
  readonly name?: string | undefined;
  /** Regional Internet registry, e.g. `RIPE NCC`. */
  readonly rir?: string | undefined;
}

/** An autonomous system (STIX 2.1 §6.2). */
export function createAutonomousSystem(
  system: AutonomousSystemInput,
  provenance: Provenance,
): AutonomousSystem {
  return {
    type: 'autonomous-system',
    id: autonomousSystemId(system.number),
    ...cyberObservable(provenance),
    number: system.number,
    ...optional('name', system.name),
    ...optional('rir', system.rir),
  };
}

/** An observable that is one value. Domain names are lower-cased, as the platform does. */
export function createValueObservable(
  type: ValueObservableType,
  value: string,
  provenance: Provenance,
): ValueObservable {
  const stored = type === 'domain-name' ? value.toLowerCase() : value;
  return {
    type,
    id: valueObservableId(type, stored),
    ...cyberObservable(provenance),
    value: stored,
  };
}

/**
 * A file that is known by its hashes. What it is called goes into the additional names, which OpenCTI joins with those
 * that the file has: a `name` would take the place of the one that somebody gave it.
 *
 * @throws TypeError when there is no hash.
 */
export function createFile(
  hashes: Hashes,
  additionalNames: readonly string[],
  provenance: Provenance,
): FileObservable {
  return {
    type: 'file',
    id: fileId(hashes),
    ...cyberObservable(provenance),
    hashes,
    ...optional('x_opencti_additional_names', additionalNames),
  };
}
