import type { Observable, ObservableType, Subject } from '../mapping/context.js';
import { asNumber, asText, asTextList, type JsonObject } from '../shared/json.js';
import { createdAtOf, observableValuesOf, readAttribute } from '../stix/extensions.js';
import type { StixId } from '../stix/objects.js';
import { patternObservables } from '../stix/pattern.js';
import { vtObject } from '../virustotal/object-id.js';
import type { VtObject } from '../virustotal/schema.js';
import type { ObservableIdentity } from './observables/definition.js';
import { definitionOf } from './observables/registry.js';
import type { SkippedOutcome } from './outcome.js';

/** One value to look up, validated, with the form in which VirusTotal is asked for it. */
export interface Target {
  readonly observable: Observable;
  readonly object: VtObject;
}

export interface Targets {
  readonly valid: readonly Target[];
  /** A sentence for each value that cannot be asked for. */
  readonly invalid: readonly string[];
}

/**
 * The values in an entity that VirusTotal can be asked about: the entity itself, or the observables of an Indicator.
 * Values are validated here, so that nothing is spent on one that cannot have a report.
 */
export function targetsOf(
  entity: JsonObject,
  entityType: string,
): Targets | { readonly skipped: SkippedOutcome } {
  const identities = identitiesOf(entity, entityType);
  if ('skipped' in identities) return identities;
  const valid = new Map<string, Target>();
  const invalid: string[] = [];
  for (const identity of identities.identities) {
    const answer = vtObject(identity.type, identity.hashes ?? identity.value ?? '');
    if ('invalid' in answer) {
      invalid.push(answer.invalid);
      continue;
    }
    const observable = { type: identity.type, value: identity.value ?? hashOf(answer.object) };
    valid.set(JSON.stringify([identity.type, answer.object]), { observable, object: answer.object });
  }
  if (valid.size === 0) {
    return skipped('invalid-value', `VirusTotal: ${[...new Set(invalid)].join(' ')} Nothing was asked.`);
  }
  return { valid: [...valid.values()], invalid };
}

function identitiesOf(
  entity: JsonObject,
  entityType: string,
): { readonly identities: readonly ObservableIdentity[] } | { readonly skipped: SkippedOutcome } {
  if (entityType.toLowerCase() === 'indicator') {
    const identities = indicatorIdentities(entity);
    return identities.length > 0
      ? { identities }
      : skipped(
          'nothing-to-look-up',
          'VirusTotal: this Indicator holds no file hash, address, domain, hostname or URL; nothing was asked.',
        );
  }
  const definition = definitionOf(entityType);
  if (definition === undefined) {
    return skipped(
      'out-of-scope',
      `VirusTotal: objects of type ${entityType} cannot be looked up; nothing was asked.`,
    );
  }
  const identity = definition.identify(entity);
  return identity === undefined
    ? skipped(
        'invalid-value',
        `VirusTotal: this ${definition.type} has no value or hash to look up; nothing was asked.`,
      )
    : { identities: [identity] };
}

/** What the platform extracted from the pattern (from 6.4.0 on), else what the pattern itself says. */
function indicatorIdentities(entity: JsonObject): ObservableIdentity[] {
  const listed = observableValuesOf(entity);
  const patternType = asText(entity.pattern_type)?.toLowerCase() ?? 'stix';
  const values =
    listed.length > 0
      ? listed
      : patternType === 'stix'
        ? patternObservables(asText(entity.pattern) ?? '')
        : [];
  return values.flatMap((value): ObservableIdentity[] => {
    const type = definitionOf(value.type)?.type;
    return type === undefined ? [] : [{ ...value, type }];
  });
}

function hashOf(object: VtObject): string {
  return object.kind === 'file' ? object.hash : '';
}

function skipped(reason: SkippedOutcome['reason'], message: string): { readonly skipped: SkippedOutcome } {
  return { skipped: { status: 'skipped', reason, message } };
}

/** What mapping must know of the enriched object. */
export function subjectOf(entity: JsonObject, entityType: string, entityId: string): Subject {
  const type: ObservableType | 'Indicator' = definitionOf(entityType)?.type ?? 'Indicator';
  return {
    id: (asText(entity.id) ?? entityId) as StixId,
    entityType: type,
    score: asNumber(readAttribute(entity, 'score')),
    name: asText(entity.name),
    createdAt: createdAtOf(entity),
  };
}

/** The ids of the entity's markings. */
export function markingsOf(entity: JsonObject): StixId[] {
  return asTextList(entity.object_marking_refs) as StixId[];
}

/** Says that VirusTotal has no report on any of the values. */
export function unknownMessage(targets: readonly Target[]): string {
  const values = targets.map((target) => target.observable.value);
  return values.length === 1
    ? `VirusTotal has no report on ${values[0] ?? ''}.`
    : `VirusTotal has no report on any of these ${values.length} values: ${values.join(', ')}.`;
}
