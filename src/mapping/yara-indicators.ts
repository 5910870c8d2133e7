import type { StixObject } from '../stix/objects.js';
import type { YaraMatch, YaraRuleset } from '../virustotal/schema.js';
import type { MappingContext } from './context.js';
import { origin, ruleIndicator, rulesetReference } from './parts/rule-indicators.js';
import { parseYaraRuleset, type ExtractedYaraRule, type YaraRulesetIndex } from './yara-rules.js';

/**
 * In UTF-16 units. A rule brings along what it depends on, which may be most of a ruleset of megabytes; real rules have
 * some thousand characters. Each Indicator is one message of the broker, all together are one request to the API.
 */
const MAX_PATTERN_LENGTH = 500_000;
const MAX_PATTERNS_LENGTH = 5_000_000;

/** The Indicators made of YARA rules. */
export interface YaraIndicators {
  /** The Indicators with their relationships. */
  readonly objects: readonly StixObject[];
  /** How many of the distinct rules that matched could not be had. */
  readonly leftOut: number;
}

/**
 * One Indicator for each distinct YARA rule that matched the file, with a `related-to` from the file. A rule whose
 * ruleset is missing, or that is no longer in it, cannot stand alone or is too long, is left out and counted; the
 * others are not touched by that.
 * Empty when the enriched object is an Indicator, or the option is off.
 *
 * @param rulesets - By `ruleset_id`.
 */
export function yaraIndicators(
  matches: readonly YaraMatch[],
  rulesets: ReadonlyMap<string, YaraRuleset>,
  context: MappingContext,
): YaraIndicators {
  const objects: StixObject[] = [];
  if (context.subject.entityType === 'Indicator' || !context.options.file.importYara) {
    return { objects, leftOut: 0 };
  }
  let leftOut = 0;
  let length = 0;
  for (const match of distinctRules(matches)) {
    const ruleset = rulesets.get(match.rulesetId);
    const rule = ruleset && indexOf(ruleset).extract(match.ruleName);
    const ruleLength = rule?.text.length ?? Infinity;
    if (rule === undefined || ruleLength > MAX_PATTERN_LENGTH || length + ruleLength > MAX_PATTERNS_LENGTH) {
      leftOut += 1;
      continue;
    }
    length += ruleLength;
    objects.push(...yaraIndicator(match, rule, ruleset, context));
  }
  return { objects, leftOut };
}

/** Rulesets may be megabytes and are remembered as objects that never change: each of those is scanned once. */
const indexes = new WeakMap<YaraRuleset, YaraRulesetIndex>();

function indexOf(ruleset: YaraRuleset): YaraRulesetIndex {
  const index = indexes.get(ruleset) ?? parseYaraRuleset(ruleset.rules);
  indexes.set(ruleset, index);
  return index;
}

/** The same rule may have matched the file and what is packed in it. */
function distinctRules(matches: readonly YaraMatch[]): readonly YaraMatch[] {
  const byRule = new Map<string, YaraMatch>();
  for (const match of matches) {
    const key = JSON.stringify([match.rulesetId, match.ruleName]);
    if (!byRule.has(key)) byRule.set(key, match);
  }
  return [...byRule.values()];
}

function yaraIndicator(
  match: YaraMatch,
  rule: ExtractedYaraRule,
  ruleset: YaraRuleset | undefined,
  context: MappingContext,
): readonly StixObject[] {
  const { ruleName } = match;
  return ruleIndicator(
    {
      name: ruleName,
      otherName: `YARA rule ${ruleName}`,
      purpose: match.description,
      origins: [
        origin('YARA ruleset', match.rulesetName ?? ruleset?.name ?? match.rulesetId) ?? 'YARA rule',
        origin('by', match.author),
        origin('dated', rule.date?.toISOString().slice(0, 10)),
      ],
      // No UTF-8 can carry lone surrogates, and few programs a NUL.
      pattern: rule.text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD'),
      patternType: 'yara',
      reference: rulesetReference('YARA', match.source, ruleset?.source),
    },
    context,
  );
}
