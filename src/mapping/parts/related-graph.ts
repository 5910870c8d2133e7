import {
  createFile,
  createRelationship,
  createValueObservable,
  stixTimestamp,
  type Provenance,
} from '../../stix/create.js';
import { relationshipId, type ValueObservableType } from '../../stix/ids.js';
import { mergedById } from '../../stix/merge-objects.js';
import type { Relationship, StixId, StixObject } from '../../stix/objects.js';
import type { RelationSource } from '../relationships.js';
import type { RelationRule } from './related-rules.js';
import type { RelatedType, RelatedValue } from './related-value.js';

const STIX_TYPES: Readonly<Record<Exclude<RelatedType, 'StixFile'>, ValueObservableType>> = {
  'IPv4-Addr': 'ipv4-addr',
  'IPv6-Addr': 'ipv6-addr',
  'Domain-Name': 'domain-name',
  Url: 'url',
};

interface Related {
  readonly object: StixObject;
  /** Under which a file was found. */
  readonly names: readonly string[];
}

/** What is related to one object: each observable once, however many relationships name it, and each relationship once. */
export class RelatedGraph {
  readonly #related = new Map<string, Related>();
  readonly #relationships: Relationship[] = [];

  constructor(
    private readonly source: RelationSource,
    private readonly context: Provenance,
  ) {}

  get observables(): number {
    return this.#related.size;
  }

  add(value: RelatedValue, rule: RelationRule): void {
    const key = `${value.type} ${value.value}`;
    const related = this.#related.get(key) ?? this.#create(value);
    // The source itself, however it is written.
    if (related.object.id === this.source.id) return;
    this.#related.set(key, this.#named(related, value));
    this.#relationships.push(
      ruledRelationship(this.source, related.object.id, rule, this.context, value.since),
    );
  }

  /** The observables and relationships, with what the source needs; empty when nothing is related. */
  objects(): readonly StixObject[] {
    if (this.#relationships.length === 0) return [];
    return [
      ...this.source.objects,
      ...[...this.#related.values()].map(({ object }) => object),
      ...mergedById(this.#relationships),
    ];
  }

  #create({ type, value }: RelatedValue): Related {
    const object =
      type === 'StixFile'
        ? createFile({ 'SHA-256': value }, [], this.context)
        : createValueObservable(STIX_TYPES[type], value, this.context);
    return { object, names: [] };
  }

  /** With one more name, where the value has one. */
  #named(related: Related, { value, fileName }: RelatedValue): Related {
    if (fileName === undefined || related.names.includes(fileName)) return related;
    const names = [...related.names, fileName];
    return { object: createFile({ 'SHA-256': value }, names, this.context), names };
  }
}

/**
 * The relationship by which an object and what is related to it are joined, as the rule has it.
 *
 * @param since - Since when it holds, for relationships that have a type of their own.
 */
export function ruledRelationship(
  source: Pick<RelationSource, 'id' | 'type'>,
  related: StixId,
  rule: RelationRule,
  provenance: Provenance,
  since?: Date,
): Relationship {
  const [from, to] = endsOf(source.id, related, rule);
  const { typed } = rule;
  if (!typed?.for.includes(source.type)) {
    const plain = createRelationship('related-to', from, to, provenance);
    return { ...plain, description: rule.meaning };
  }
  const made = createRelationship(typed.type, from, to, provenance);
  if (since === undefined) return made;
  const start = stixTimestamp(since);
  return { ...made, id: relationshipId(typed.type, from, to, start), start_time: start };
}

function endsOf(
  own: StixId,
  related: StixId,
  { direction }: RelationRule,
): readonly [source: StixId, target: StixId] {
  const isForward = direction === 'either' ? own < related : direction === 'to the related';
  return isForward ? [own, related] : [related, own];
}
