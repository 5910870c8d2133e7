import { createIndicator, createRelationship } from '../stix/create.js';
import type { ExternalReference, StixObject } from '../stix/objects.js';
import type { YaraMatch, YaraRuleset } from '../virustotal/schema.js';
import type { MappingContext } from './context.js';
import { plainText } from './plain-text.js';
import { parseYaraRuleset, type ExtractedYaraRule, type YaraRulesetIndex } from './yara-rules.js';

const MAX_DESCRIPTION_LENGTH = 2000;
const MAX_NAME_LENGTH = 255;
const MAX_URL_LENGTH = 2000;

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
  const reference = sourceReference(match, ruleset);
  const indicator = createIndicator(
    {
      name: indicatorName(match.ruleName),
      description: ruleDescription(match, rule, ruleset),
      // No UTF-8 can carry lone surrogates, and few programs a NUL.
      pattern: rule.text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD'),
      patternType: 'yara',
      // Not the date of the rule: the platform adds the lifetime to this and revokes what is over.
      validFrom: context.now,
      mainObservableType: 'StixFile',
      externalReferences: reference === undefined ? [] : [reference],
    },
    context,
  );
  return [indicator, createRelationship('related-to', context.subject.id, indicator.id, context)];
}

/** OpenCTI wants at least two characters. */
function indicatorName(ruleName: string): string {
  const name = plainText(ruleName, MAX_NAME_LENGTH);
  return name.length < 2 ? `YARA rule ${name}` : name;
}

/** What the rule finds, and who wrote it when. Nothing of the file that it matched: other files share the Indicator. */
function ruleDescription(
  match: YaraMatch,
  rule: ExtractedYaraRule,
  ruleset: YaraRuleset | undefined,
): string {
  const purpose = plainText(match.description ?? '', MAX_DESCRIPTION_LENGTH);
  const rulesetName = plainText(match.rulesetName ?? ruleset?.name ?? match.rulesetId, MAX_NAME_LENGTH);
  const author = plainText(match.author ?? '', MAX_NAME_LENGTH);
  const origin = [
    `YARA ruleset ${rulesetName}`,
    ...(author === '' ? [] : [`by ${author}`]),
    ...(rule.date === undefined ? [] : [`dated ${rule.date.toISOString().slice(0, 10)}`]),
  ].join(', ');
  return `${purpose === '' ? '' : `${purpose}\n\n`}${origin}.`;
}

/**
 * Where the rule comes from, when that is a web page; some sources are bare names. The platform knows a reference by
 * its URL alone, so what it says must hold for every rule from there.
 */
function sourceReference(match: YaraMatch, ruleset: YaraRuleset | undefined): ExternalReference | undefined {
  const url = [match.source, ruleset?.source].map(webUrl).find((source) => source !== undefined);
  return url === undefined
    ? undefined
    : { source_name: 'YARA ruleset', description: 'Source of YARA rules', url };
}

function webUrl(source: string | undefined): string | undefined {
  if (source === undefined || source.length > MAX_URL_LENGTH || !URL.canParse(source)) return undefined;
  const { protocol, href } = new URL(source);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}
