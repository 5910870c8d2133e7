import { createIndicator, createRelationship } from '../stix/create.js';
import type { ExternalReference, StixObject } from '../stix/objects.js';
import type { IndicatorPolicy, MappingContext } from './context.js';
import type { Verdict } from './score.js';
import { stixDate } from './stix-date.js';
import { detectionClause, nounOf } from './verdict-text.js';

/** What the Indicator looks for. */
export interface IndicatorTarget {
  /** The value as a person knows it: it becomes the name. */
  readonly value: string;
  /** STIX pattern that matches the value. */
  readonly pattern: string;
  readonly reference: ExternalReference;
}

/**
 * The Indicator, and the relationship that bases it on the enriched observable, when enough engines call the value
 * malicious. Empty otherwise, and always when the enriched object is an Indicator: enriching an Indicator never
 * makes another. The score is VirusTotal's own, whatever score the observable keeps.
 */
export function indicatorFromVerdict(
  target: IndicatorTarget,
  verdict: Verdict,
  policy: IndicatorPolicy,
  context: MappingContext,
): readonly StixObject[] {
  const { subject, observable, now } = context;
  const { detection } = verdict;
  if (subject.entityType === 'Indicator' || detection === undefined) return [];
  if (policy.createPositives <= 0 || detection.malicious < policy.createPositives) return [];

  const because = detectionClause(detection, `this ${nounOf(observable.type)}`);
  const indicator = createIndicator(
    {
      name: target.value,
      description: `VirusTotal: ${because} (threshold ${policy.createPositives}).`,
      pattern: target.pattern,
      patternType: 'stix',
      validFrom: now,
      validUntil: minutesAfter(now, policy.validMinutes),
      score: verdict.score,
      detection: policy.detect,
      mainObservableType: observable.type,
      externalReferences: [target.reference],
    },
    context,
  );
  return [indicator, createRelationship('based-on', indicator.id, subject.id, context)];
}

/** `undefined` when no timestamp can say it: an Indicator without an end beats none at all. */
function minutesAfter(start: Date, minutes: number): Date | undefined {
  return stixDate(new Date(start.getTime() + minutes * 60_000));
}
