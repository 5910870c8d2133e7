import { createIndicator, createRelationship } from '../stix/create.js';
import type { ExternalReference, KillChainPhase, StixObject } from '../stix/objects.js';
import type { MappingContext, ObservableType } from './context.js';
import { reasonForIndicator } from './indicator-rule.js';
import type { IndicatorPolicy } from './options.js';
import { plainText } from './plain-text.js';
import type { Verdict } from './score.js';
import { stixDate } from './stix-date.js';
import { nounOf } from './verdict-text.js';

const MAX_NAME_LENGTH = 255;

/** What the Indicator looks for. */
export interface IndicatorTarget {
  /** The value as a person knows it: it becomes the name. */
  readonly value: string;
  /** STIX pattern that matches the value. */
  readonly pattern: string;
  readonly reference: ExternalReference;
  readonly killChainPhases?: readonly KillChainPhase[];
}

/**
 * The Indicator, and the relationship that bases it on the enriched observable, when enough engines (all, or the trusted
 * ones) call the value malicious. Empty otherwise, and always when the enriched object is an Indicator: enriching an Indicator never
 * makes another. The score is VirusTotal's own, whatever score the observable keeps.
 */
export function indicatorFromVerdict(
  target: IndicatorTarget,
  verdict: Verdict,
  policy: IndicatorPolicy,
  context: MappingContext,
): readonly StixObject[] {
  const { subject, observable, now } = context;
  if (subject.entityType === 'Indicator') return [];
  const type = indicatedType(observable.type);
  const reason = reasonForIndicator(verdict, policy, `this ${nounOf(type)}`);
  if (reason === undefined) return [];
  const indicator = createIndicator(
    {
      name: plainText(target.value, MAX_NAME_LENGTH),
      description: `VirusTotal: ${reason}.`,
      pattern: target.pattern,
      patternType: 'stix',
      validFrom: now,
      validUntil: minutesAfter(now, policy.validMinutes),
      score: verdict.score,
      detection: policy.detect,
      mainObservableType: type,
      killChainPhases: target.killChainPhases,
      externalReferences: [target.reference],
    },
    context,
  );
  return [indicator, createRelationship('based-on', indicator.id, subject.id, context)];
}

/** An Artifact and a StixFile with one hash have one pattern, so they share one Indicator. */
function indicatedType(type: ObservableType): ObservableType {
  return type === 'Artifact' ? 'StixFile' : type;
}

/** `undefined` when no timestamp can say it: an Indicator without an end beats none at all. */
function minutesAfter(start: Date, minutes: number): Date | undefined {
  return stixDate(new Date(start.getTime() + minutes * 60_000));
}
