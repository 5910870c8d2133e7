import type { Observable, ObservableType, Subject } from '../mapping/context.js';
import { ownSince } from '../mapping/own-indicator.js';
import { plainText } from '../mapping/plain-text.js';
import { asText, type JsonObject } from '../shared/json.js';
import { createdAtOf, observableValuesOf, scoreOf } from '../stix/extensions.js';
import type { StixId } from '../stix/objects.js';
import type { ObservableValue } from '../stix/observable-value.js';
import { asksForObservablesOnly, patternObservables } from '../stix/pattern.js';
import { objectValue, vtObject } from '../virustotal/object-id.js';
import type { VtObject } from '../virustotal/schema.js';
import type { Exclusions } from './exclusions.js';
import type { ObservableIdentity } from './observables/definition.js';
import { definitionOf } from './observables/registry.js';
import type { SkippedOutcome } from './outcome.js';

/** How many values of an Indicator are looked up: each costs quota. */
const MAX_VALUES = 50;
/** How many values of an Indicator a sentence names, and how much of each. */
const MAX_SHOWN_VALUES = 10;
const MAX_SHOWN_LENGTH = 100;

/** One value to look up, validated, with the form in which VirusTotal is asked for it. */
export interface Target {
  readonly observable: Observable;
  readonly object: VtObject;
}

export interface Targets {
  readonly valid: readonly Target[];
  /** A sentence for each value that cannot be asked for, or must not be. */
  readonly notAsked: readonly string[];
  /** How many more there are than may be looked up. */
  readonly leftOut: number;
  /** Whether the valid values are all that the entity is about. */
  readonly isWhole: boolean;
}

/**
 * The values in an entity that VirusTotal can be asked about: the entity itself, or the observables of an Indicator.
 * Values are validated here, so that nothing is spent on one that cannot have a report, and excluded ones left out, so
 * that nothing behind this can send them.
 */
export function targetsOf(
  entity: JsonObject,
  entityType: string,
  exclusions: Exclusions,
): Targets | { readonly skipped: SkippedOutcome } {
  const identities = identitiesOf(entity, entityType);
  if ('skipped' in identities) return identities;
  const valid = new Map<string, Target>();
  const notAsked: string[] = [];
  let isExcluded = false;
  for (const identity of identities.identities) {
    const answer = vtObject(identity.type, identity.hashes ?? identity.value ?? '');
    if ('invalid' in answer) {
      notAsked.push(answer.invalid);
      continue;
    }
    const observable = { type: identity.type, value: objectValue(answer.object) };
    if (exclusions.excludes(answer.object, identity.hashes)) {
      notAsked.push(`${shownValue(observable)} is excluded from look-ups (VIRUSTOTAL_EXCLUDE).`);
      isExcluded = true;
      continue;
    }
    valid.set(JSON.stringify([identity.type, answer.object]), { observable, object: answer.object });
  }
  if (valid.size === 0) {
    const reason = isExcluded ? 'excluded' : 'invalid-value';
    return skipped(reason, `VirusTotal: ${notAskedText(notAsked)} Nothing was asked.`);
  }
  const targets = [...valid.values()];
  const looked = targets.slice(0, MAX_VALUES);
  const leftOut = targets.length - looked.length;
  const isWhole = identities.isWhole && notAsked.length === 0 && leftOut === 0;
  return { valid: looked, notAsked, leftOut, isWhole };
}

interface Identities {
  readonly identities: readonly ObservableIdentity[];
  /** Whether the entity is about nothing else. */
  readonly isWhole: boolean;
}

function identitiesOf(
  entity: JsonObject,
  entityType: string,
): Identities | { readonly skipped: SkippedOutcome } {
  if (entityType.toLowerCase() === 'indicator') {
    const found = indicatorIdentities(entity);
    return found.identities.length > 0
      ? found
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
    : { identities: [identity], isWhole: true };
}

/** What the platform extracted from the pattern (from 6.4.0 on), else what the pattern itself says. */
function indicatorIdentities(entity: JsonObject): Identities {
  const listed = observableValuesOf(entity);
  const isStix = (asText(entity.pattern_type)?.toLowerCase() ?? 'stix') === 'stix';
  const pattern = asText(entity.pattern) ?? '';
  const named = isStix ? patternObservables(pattern) : [];
  const values = listed.length > 0 ? withWholeFiles(listed, named) : named;
  const identities = values.flatMap((value): ObservableIdentity[] => {
    const type = definitionOf(value.type)?.type;
    return type === undefined ? [] : [{ ...value, type }];
  });
  const isWhole = isStix && identities.length === values.length && asksForObservablesOnly(pattern);
  return { identities, isWhole };
}

/**
 * The platform lists each hash of a pattern as a value of its own. Those that the pattern compares as names of one file
 * are one value: each look-up costs quota.
 */
function withWholeFiles(
  listed: readonly ObservableValue[],
  named: readonly ObservableValue[],
): readonly ObservableValue[] {
  const files = named.filter(({ hashes = {} }) => Object.keys(hashes).length > 1);
  if (files.length === 0) return listed;
  return listed.map((value) => files.find((file) => isHashOf(value, file)) ?? value);
}

function isHashOf({ type, hashes = {} }: ObservableValue, file: ObservableValue): boolean {
  const entries = Object.entries(hashes);
  return (
    type === file.type &&
    entries.length > 0 &&
    entries.every(([algorithm, hash]) => file.hashes?.[algorithm]?.toLowerCase() === hash.toLowerCase())
  );
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
    score: scoreOf(entity),
    name: asText(entity.name),
    createdAt: createdAtOf(entity),
    ownSince: ownSince(entity),
  };
}

/** Says that VirusTotal has no report on any of the values, and what it was not asked about. */
export function unknownMessage({ valid, notAsked }: Targets): string {
  const values = valid.slice(0, MAX_SHOWN_VALUES).map((target) => shownValue(target.observable));
  const more = valid.length - values.length;
  const rest = more > 0 ? ` and ${more} more` : '';
  const these =
    valid.length === 1
      ? (values[0] ?? '')
      : `any of these ${valid.length} values: ${values.join(', ')}${rest}`;
  const others = notAsked.length === 0 ? '' : ` ${notAskedText(notAsked)}`;
  return `VirusTotal has no report on ${these}.${others}`;
}

function notAskedText(sentences: readonly string[]): string {
  const reasons = [...new Set(sentences)];
  const more = reasons.length - MAX_SHOWN_VALUES;
  const rest = more > 0 ? ` And ${more} more like these.` : '';
  return reasons.slice(0, MAX_SHOWN_VALUES).join(' ') + rest;
}

/** The value for a sentence: in one line, and not endless. */
export function shownValue(observable: Observable): string {
  return plainText(observable.value, MAX_SHOWN_LENGTH);
}
