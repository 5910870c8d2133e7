import type { ObservableType } from '../../mapping/context.js';
import { ruledRelationship } from '../../mapping/parts/related-graph.js';
import { relationRule, type RelationRule } from '../../mapping/parts/related-rules.js';
import { plainText } from '../../mapping/plain-text.js';
import {
  createFile,
  createIndicator,
  createNote,
  createRelationship,
  createValueObservable,
  optional,
  stixTimestamp,
  type Provenance,
} from '../../stix/create.js';
import { identityId } from '../../stix/ids.js';
import { observablePattern } from '../../stix/pattern.js';
import type { Identity, Indicator, Note, Relationship, StixObject } from '../../stix/objects.js';
import type { VtObjectKind } from '../../virustotal/schema.js';
import type { Ioc, IocType } from '../ioc/ioc.js';
import { objectKind } from '../ioc/object-kind.js';
import type { ExportedIoc, ExportedRelation } from './exported-ioc.js';

const HASH_NAMES: Readonly<Partial<Record<IocType, string>>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
};

/** Hostnames go out as domain names: STIX has nothing else for them, and every platform relates these. */
const OBSERVABLE_TYPES: Readonly<Record<IocType, Exclude<ObservableType, 'Artifact' | 'Hostname'>>> = {
  md5: 'StixFile',
  sha1: 'StixFile',
  sha256: 'StixFile',
  domain: 'Domain-Name',
  hostname: 'Domain-Name',
  url: 'Url',
  ipv4: 'IPv4-Addr',
  ipv6: 'IPv6-Addr',
};

const STIX_TYPES = {
  domain: 'domain-name',
  hostname: 'domain-name',
  url: 'url',
  ipv4: 'ipv4-addr',
  ipv6: 'ipv6-addr',
} as const;

/** What importers take: of a Note's content, of a list of labels, and of one label. */
const MAX_NOTE_LENGTH = 100_000;
const MAX_LABELS = 200;
const MAX_LABEL_LENGTH = 200;

/** The organisation that is the author of everything else; itself without one, as some importers resolve that first. */
export function authorOf(name: string, since: Date): Identity {
  return {
    type: 'identity',
    spec_version: '2.1',
    id: identityId(name, 'organization'),
    created: stixTimestamp(since),
    modified: stixTimestamp(since),
    name,
    identity_class: 'organization',
  };
}

/** What one IOC becomes. */
export interface StixExport {
  /** The observable, its Indicator and its Note. */
  readonly objects: readonly StixObject[];
  readonly relationships: readonly Relationship[];
  /** The other ends of the kept relations, which the bundle must hold too. */
  readonly ends: readonly Ioc[];
}

/** The observable that an IOC is. */
export function observableOf({ type, value }: Ioc, provenance: Provenance): StixObject {
  switch (type) {
    case 'md5':
    case 'sha1':
    case 'sha256':
      return createFile({ [HASH_NAMES[type] ?? '']: value }, [], provenance);
    default:
      return createValueObservable(STIX_TYPES[type], value, provenance);
  }
}

/** Everything that the bundle says of one IOC. */
export function stixObjectsOf(ioc: ExportedIoc, by: Omit<Provenance, 'now'>): StixExport {
  const provenance: Provenance = { ...by, now: new Date(ioc.updatedAt) };
  const bare = observableOf(ioc, provenance);
  const labels = labelsOf(ioc.tags);
  // Observables of STIX have no labels; OpenCTI reads this property.
  const observable: StixObject = { ...bare, ...optional('x_opencti_labels', labels) };
  const indicator = ioc.verdict === 'malicious' ? indicatorOf(ioc, labels, provenance) : undefined;
  const note = noteOf(ioc, observable, labels, provenance);
  const relations = ioc.relations.filter(({ target }) => observableOf(target, provenance).id !== bare.id);
  return {
    objects: [observable, indicator, note].filter((object) => object !== undefined),
    relationships: [
      ...(indicator === undefined
        ? []
        : [since(ioc, createRelationship('based-on', indicator.id, bare.id, provenance))]),
      ...relations.map((relation) => since(ioc, relationshipOf(ioc, bare, relation, provenance))),
    ],
    ends: relations.map(({ target }) => target),
  };
}

function indicatorOf(ioc: ExportedIoc, labels: readonly string[], provenance: Provenance): Indicator {
  const type = OBSERVABLE_TYPES[ioc.type];
  const hash = HASH_NAMES[ioc.type];
  const indicator = createIndicator(
    {
      name: plainText(ioc.value, 300),
      description: descriptionOf(ioc),
      pattern: observablePattern(type, hash === undefined ? ioc.value : { [hash]: ioc.value }),
      patternType: 'stix',
      validFrom: new Date(ioc.enrichedAt ?? ioc.updatedAt),
      score: scoreOf(ioc),
      mainObservableType: type,
    },
    provenance,
  );
  return { ...since(ioc, indicator), ...optional('labels', labels) };
}

function descriptionOf({ malicious, engines, threatLabel }: ExportedIoc): string | undefined {
  const threat = threatLabel === null ? '' : plainText(threatLabel, 200);
  const parts = [
    ...(malicious === null || engines === null
      ? []
      : [`${malicious} of ${engines} engines of VirusTotal call it malicious.`]),
    ...(threat === '' ? [] : [`Threat: ${threat}.`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** The share of engines in percent by the rule of the connector: those that call it suspicious do not count. */
function scoreOf({ malicious, suspicious, engines }: ExportedIoc): number | undefined {
  const decided = (engines ?? 0) - (suspicious ?? 0);
  return malicious === null || decided <= 0
    ? undefined
    : Math.min(100, Math.round((100 * malicious) / decided));
}

function noteOf(
  ioc: ExportedIoc,
  { id }: StixObject,
  labels: readonly string[],
  provenance: Provenance,
): Note | undefined {
  const content = (ioc.note ?? '')
    .replace(/\p{Cs}/gu, '\uFFFD')
    .replaceAll('\0', '')
    .trim()
    .slice(0, MAX_NOTE_LENGTH)
    .replace(/\p{Cs}$/u, '');
  if (content === '') return undefined;
  const abstract = `Note on ${plainText(ioc.value, 200)}`;
  const created = new Date(ioc.createdAt);
  const note = createNote({ subjectId: id, kind: 'library', abstract, content, created }, provenance);
  return { ...note, ...optional('labels', labels) };
}

function relationshipOf(
  ioc: ExportedIoc,
  { id }: StixObject,
  { relation, target }: ExportedRelation,
  provenance: Provenance,
): Relationship {
  const other = observableOf(target, provenance).id;
  const kind = objectKind(ioc.type);
  const rule = relationRule(kind, relation);
  if (rule !== undefined && objectKind(target.type) === relatedKind(rule, kind))
    return ruledRelationship({ id, type: OBSERVABLE_TYPES[ioc.type] }, other, rule, provenance);
  const plain = createRelationship('related-to', id, other, provenance);
  return { ...plain, ...optional('description', plainText(relation.replaceAll('_', ' '), 200)) };
}

/** What the rule relates to: at the other end of a resolution is the address of a name, or the name of an address. */
function relatedKind({ holds }: RelationRule, kind: VtObjectKind): VtObjectKind {
  if (holds !== 'resolution') return holds;
  return kind === 'domain' ? 'ip_address' : 'domain';
}

/** Created when the IOC was, and modified when it was. */
function since<T extends { readonly created: string; readonly modified: string }>(
  ioc: ExportedIoc,
  object: T,
): T {
  return { ...object, created: ioc.createdAt < object.modified ? ioc.createdAt : object.modified };
}

function labelsOf(tags: readonly string[]): readonly string[] {
  const labels = tags
    .map((tag) => plainText(tag, MAX_LABEL_LENGTH).toLowerCase())
    .filter((tag) => tag !== '');
  return [...new Set(labels)].slice(0, MAX_LABELS);
}
