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

/** Older than YARA itself: such a date is a mistake. */
const EARLIEST_VALID_FROM = Date.UTC(2000, 0, 1);

/**
 * One Indicator for each distinct YARA rule that matched the file, with a `related-to` from the file. A rule whose
 * ruleset is missing, or that is no longer in it, cannot stand alone or is too long, is left out; the others are not
 * touched by that.
 * Empty when the enriched object is an Indicator, or the option is off.
 *
 * @param rulesets - By `ruleset_id`.
 */
export function yaraIndicators(
  matches: readonly YaraMatch[],
  rulesets: ReadonlyMap<string, YaraRuleset>,
  context: MappingContext,
): readonly StixObject[] {
  if (context.subject.entityType === 'Indicator' || !context.options.file.importYara) return [];
  const extract = ruleExtractor(rulesets);
  const objects: StixObject[] = [];
  let length = 0;
  for (const match of distinctRules(matches)) {
    const rule = extract(match);
    if (rule === undefined || rule.text.length > MAX_PATTERN_LENGTH) continue;
    length += rule.text.length;
    if (length > MAX_PATTERNS_LENGTH) break;
    objects.push(...yaraIndicator(match, rule, rulesets.get(match.rulesetId), context));
  }
  return objects;
}

/** Scans each ruleset once, however many of its rules matched: rulesets may be megabytes. */
function ruleExtractor(
  rulesets: ReadonlyMap<string, YaraRuleset>,
): (match: YaraMatch) => ExtractedYaraRule | undefined {
  const scanned = new Map<string, YaraRulesetIndex>();
  return ({ rulesetId, ruleName }) => {
    const ruleset = rulesets.get(rulesetId);
    if (ruleset === undefined) return undefined;
    const index = scanned.get(rulesetId) ?? parseYaraRuleset(ruleset.rules);
    scanned.set(rulesetId, index);
    return index.extract(ruleName);
  };
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
      description: plainText(match.description ?? '', MAX_DESCRIPTION_LENGTH),
      // No UTF-8 can carry lone surrogates, and few programs a NUL.
      pattern: rule.text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD'),
      patternType: 'yara',
      // Never the file's creation date: whoever made the file can write any date there.
      validFrom: [rule.date, match.matchDate].find((date) => isSensible(date, context.now)) ?? context.now,
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

function isSensible(date: Date | undefined, now: Date): date is Date {
  return date !== undefined && date.getTime() >= EARLIEST_VALID_FROM && date <= now;
}

/** Where the rule comes from, when that is a web page; some sources are bare names. */
function sourceReference(match: YaraMatch, ruleset: YaraRuleset | undefined): ExternalReference | undefined {
  const url = [match.source, ruleset?.source].map(webUrl).find((source) => source !== undefined);
  if (url === undefined) return undefined;
  const rulesetName = plainText(match.rulesetName ?? ruleset?.name ?? match.rulesetId, MAX_NAME_LENGTH);
  const author = plainText(match.author ?? '', MAX_NAME_LENGTH);
  return {
    source_name: 'YARA ruleset',
    description: author === '' ? rulesetName : `${rulesetName}, by ${author}`,
    url,
  };
}

function webUrl(source: string | undefined): string | undefined {
  if (source === undefined || source.length > MAX_URL_LENGTH || !URL.canParse(source)) return undefined;
  const { protocol, href } = new URL(source);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}
