import type { JsonObject } from '../../shared/json.js';
import type { FileBytes } from './file-bytes.js';

/** A reference to something outside, as STIX spells it. */
export interface ExternalReference {
  source_name: string;
  url?: string;
  external_id?: string;
  description?: string;
}

/** A file kept with an entity. */
export interface StoredFile {
  /** Path under `/storage/get/`, for example `import/Artifact/<internal id>/<name>`. */
  id: string;
  name: string;
  mimeType: string;
  version: string;
  /** Standard ids of the markings that it has itself. */
  markingRefs: string[];
  content: FileBytes;
}

/** An entity, relationship or marking as the platform holds it. References are standard ids. */
export interface StoredEntity {
  readonly internalId: string;
  standardId: string;
  /** Further STIX ids under which it was imported. */
  stixIds: string[];
  /** `IPv4-Addr`, `Indicator`, `Country`…; for a relationship its relationship type. */
  readonly entityType: string;
  /** `ipv4-addr`, `indicator`, `location`…; `relationship` for relationships. */
  readonly stixType: string;
  /** What identifies and describes it in its type: value, hashes, pattern, name, content, source_ref… */
  attributes: JsonObject;
  score: number | undefined;
  /** Every score that an import gave it, in any order. */
  importedScores: number[];
  description: string | undefined;
  /** Indicators: whether it is used for detection. */
  detection: boolean | undefined;
  /** Indicators: type of the observable the pattern is mainly about. */
  mainObservableType: string | undefined;
  workflowId: string | undefined;
  /** Lower case. */
  labels: string[];
  externalReferences: ExternalReference[];
  markingRefs: string[];
  /** Organisations it is shared with. */
  grantedRefs: string[];
  createdByRef: string | undefined;
  additionalNames: string[];
  files: StoredFile[];
  createdAt: string;
  updatedAt: string;
  /** Whether the connector's user may not see it. */
  hidden: boolean;
}

/** Hash names in the order in which the platform shows one of them as a file's value. */
const HASH_DISPLAY_ORDER = ['SHA-512', 'SHA-256', 'SHA-1', 'MD5'];

/** The hashes of a file, artifact or certificate. */
export function hashesOf(attributes: JsonObject): Record<string, string> {
  const { hashes } = attributes;
  if (typeof hashes !== 'object' || hashes === null) return {};
  return Object.fromEntries(
    Object.entries(hashes as JsonObject).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** What the platform shows as an observable's value: for files the strongest hash, SHA-512 first. */
export function observableValue(attributes: JsonObject): string {
  const hashes = hashesOf(attributes);
  const strongest = HASH_DISPLAY_ORDER.find((name) => hashes[name] !== undefined);
  const candidates = [
    strongest === undefined ? undefined : hashes[strongest],
    attributes.value,
    attributes.name,
    attributes.number,
    attributes.payload_bin,
    attributes.url,
    attributes.serial_number,
  ];
  const value = candidates.find(
    (candidate) => typeof candidate === 'string' || typeof candidate === 'number',
  );
  return value === undefined ? '' : String(value);
}
