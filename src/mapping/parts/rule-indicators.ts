import { createIndicator, createRelationship } from '../../stix/create.js';
import type { ExternalReference, Indicator, StixObject } from '../../stix/objects.js';
import type { MappingContext } from '../context.js';
import { plainText } from '../plain-text.js';

/** What Indicators made of detection rules have in common. */

const MAX_NAME_LENGTH = 255;
const MAX_URL_LENGTH = 2000;

/** How serious a match is, as a score; of a level that is not known the platform chooses the score. */
const SCORES: Readonly<Record<string, number>> = {
  critical: 90,
  high: 75,
  medium: 50,
  low: 25,
  info: 10,
  informational: 10,
};

/** A rule that matched the file. */
export interface DetectionRule {
  readonly name: string;
  readonly description: string;
  readonly pattern: string;
  readonly patternType: Indicator['pattern_type'];
  /** `critical`, `high`, `medium`, `low`, `info`. */
  readonly level: string | undefined;
  readonly reference: ExternalReference | undefined;
}

/** The Indicator of a rule, with a `related-to` from the file. Valid from now on, as those of YARA rules are. */
export function ruleIndicator(rule: DetectionRule, context: MappingContext): readonly StixObject[] {
  const level = rule.level?.toLowerCase() ?? '';
  const indicator = createIndicator(
    {
      name: plainText(rule.name, MAX_NAME_LENGTH),
      description: rule.description,
      pattern: rule.pattern,
      patternType: rule.patternType,
      validFrom: context.now,
      score: Object.hasOwn(SCORES, level) ? SCORES[level] : undefined,
      mainObservableType: 'StixFile',
      externalReferences: rule.reference === undefined ? [] : [rule.reference],
    },
    context,
  );
  return [indicator, createRelationship('related-to', context.subject.id, indicator.id, context)];
}

/**
 * Where rules come from, when that is a web page. The platform knows a reference by its URL alone, so what it says must
 * hold for every rule from there.
 *
 * @param kind - `Sigma` or `IDS`.
 */
export function rulesetReference(kind: string, url: string | undefined): ExternalReference | undefined {
  if (url === undefined || url.length > MAX_URL_LENGTH || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  return { source_name: `${kind} ruleset`, description: `Source of ${kind} rules`, url: href };
}

/** `2 Sigma rules imported, 1 left out`. */
export function rulesClauses(kind: string, imported: number, leftOut: number): readonly string[] {
  const rules = (count: number): string => (count === 1 ? `1 ${kind} rule` : `${count} ${kind} rules`);
  if (imported === 0) return leftOut === 0 ? [] : [`${rules(leftOut)} left out`];
  return [`${rules(imported)} imported${leftOut === 0 ? '' : `, ${leftOut} left out`}`];
}
