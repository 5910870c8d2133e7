import { createFile, createRelationship, createValueObservable } from '../stix/create.js';
import type { ValueObservableType } from '../stix/ids.js';
import type { StixId, StixObject } from '../stix/objects.js';
import type { MappingContext, ObservableType } from './context.js';

/** A fact about an address or name that becomes a relationship to another object. */
export interface NetworkRelation {
  readonly type: 'belongs-to' | 'located-at' | 'related-to' | 'resolves-to';
  readonly target: StixObject;
  /** What the target is to the source, where the type alone does not tell. */
  readonly description?: string;
}

/** Observables that are one value; the others are files. */
const STIX_TYPES: Readonly<Partial<Record<ObservableType, ValueObservableType>>> = {
  'IPv4-Addr': 'ipv4-addr',
  'IPv6-Addr': 'ipv6-addr',
  'Domain-Name': 'domain-name',
  Hostname: 'hostname',
  Url: 'url',
};

/** On what relationships hang. */
export interface RelationSource {
  readonly id: StixId;
  readonly type: ObservableType;
  /** What must come along: nothing where the enriched object is the source itself. */
  readonly objects: readonly StixObject[];
}

/**
 * The targets and the relationships to them. OpenCTI refuses these relationships on an Indicator, so for an Indicator
 * the observable itself is created, on which the Indicator is `based-on`, and the relationships hang on that.
 */
export function relate(
  relations: readonly NetworkRelation[],
  context: MappingContext,
): readonly StixObject[] {
  if (relations.length === 0) return [];
  const source = relationSource(context);
  return [
    ...source.objects,
    ...relations.flatMap(({ type, target, description }) => {
      const relationship = createRelationship(type, source.id, target.id, context);
      return [target, description === undefined ? relationship : { ...relationship, description }];
    }),
  ];
}

/** The enriched observable; for an Indicator the observable that it holds, which is created: for any hash a file. */
export function relationSource(context: MappingContext): RelationSource {
  const { subject, observable } = context;
  if (subject.entityType !== 'Indicator') return { id: subject.id, type: subject.entityType, objects: [] };
  const stixType = STIX_TYPES[observable.type];
  const source =
    stixType === undefined
      ? createFile(hashesOf(context), [], context)
      : createValueObservable(stixType, observable.value, context);
  return {
    id: source.id,
    type: stixType === undefined ? 'StixFile' : observable.type,
    objects: [source, createRelationship('based-on', subject.id, source.id, context)],
  };
}

/** Those of the report, so that all that is said of the file is said of one; unless it is about another file. */
function hashesOf({
  observable: { value },
  fileHashes = {},
}: MappingContext): Readonly<Record<string, string>> {
  return Object.values(fileHashes).includes(value) ? fileHashes : { [hashName(value)]: value };
}

/** STIX 2.1 §10.6. */
function hashName({ length }: string): string {
  return length === 32 ? 'MD5' : length === 40 ? 'SHA-1' : 'SHA-256';
}
