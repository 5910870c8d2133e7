import { createRelationship, createValueObservable } from '../stix/create.js';
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

/** Files have no relations that an Indicator could not have itself. */
const STIX_TYPES: Readonly<Partial<Record<ObservableType, ValueObservableType>>> = {
  'IPv4-Addr': 'ipv4-addr',
  'IPv6-Addr': 'ipv6-addr',
  'Domain-Name': 'domain-name',
  Hostname: 'hostname',
  Url: 'url',
};

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

function relationSource(context: MappingContext): { id: StixId; objects: readonly StixObject[] } {
  const { subject, observable } = context;
  const stixType = STIX_TYPES[observable.type];
  if (subject.entityType !== 'Indicator' || stixType === undefined) return { id: subject.id, objects: [] };
  const source = createValueObservable(stixType, observable.value, context);
  return { id: source.id, objects: [source, createRelationship('based-on', subject.id, source.id, context)] };
}
