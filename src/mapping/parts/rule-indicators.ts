import { parseUrl } from '../../shared/parse-url.js';
import { createIndicator, createRelationship } from '../../stix/create.js';
import type { ExternalReference, StixObject } from '../../stix/objects.js';
import type { MappingContext } from '../context.js';
import { prose } from '../note-markdown.js';
import { plainText } from '../plain-text.js';

/** What Indicators made of detection rules have in common. */

const MAX_NAME_LENGTH = 255;
const MAX_PURPOSE_LENGTH = 2000;
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

/** What the patterns of each language are matched against, as the platform calls it. */
const MAIN_TYPES = {
  yara: 'StixFile',
  sigma: 'StixFile',
  snort: 'Network-Traffic',
  suricata: 'Network-Traffic',
} as const;

/** A rule that matched the file. Its texts are by strangers; nothing in them is of the file: other files share the Indicator. */
export interface DetectionRule {
  readonly name: string;
  /** Takes the place of a name that is shorter than OpenCTI accepts. */
  readonly otherName: string;
  /** What it finds. */
  readonly purpose?: string | undefined;
  /** Where it comes from: what {@link origin} made; what is `undefined` is left out. */
  readonly origins: readonly (string | undefined)[];
  readonly pattern: string;
  readonly patternType: keyof typeof MAIN_TYPES;
  /** `critical`, `high`, `medium`, `low`, `info`. */
  readonly level?: string | undefined;
  readonly reference: ExternalReference | undefined;
}

/** The Indicator of a rule, with a `related-to` from the file. */
export function ruleIndicator(rule: DetectionRule, context: MappingContext): readonly StixObject[] {
  const level = rule.level?.toLowerCase() ?? '';
  const name = plainText(rule.name, MAX_NAME_LENGTH);
  const indicator = createIndicator(
    {
      name: name.length < 2 ? plainText(rule.otherName, MAX_NAME_LENGTH) : name,
      description: description(rule),
      pattern: rule.pattern,
      patternType: rule.patternType,
      // Not the date of the rule: the platform adds the lifetime to this and revokes what is over.
      validFrom: context.now,
      score: Object.hasOwn(SCORES, level) ? SCORES[level] : undefined,
      mainObservableType: MAIN_TYPES[rule.patternType],
      externalReferences: rule.reference === undefined ? [] : [rule.reference],
    },
    context,
  );
  return [indicator, createRelationship('related-to', context.subject.id, indicator.id, context)];
}

/** The platform shows descriptions as Markdown. */
function description({ purpose, origins }: DetectionRule): string {
  const text = prose(purpose ?? '', MAX_PURPOSE_LENGTH);
  const origin = origins.filter((each) => each !== undefined).join(', ');
  return `${text === '' ? '' : `${text}\n\n`}${origin}.`;
}

/** `by Example Author`, as Markdown that shows exactly this; `undefined` where nothing is said. */
export function origin(relation: string, said: string | undefined): string | undefined {
  const text = prose(said ?? '', MAX_NAME_LENGTH);
  return text === '' ? undefined : `${relation} ${text}`;
}

/**
 * Where rules come from: the first source that is a web page; some are bare names. The platform knows a reference by its
 * URL alone, so what it says must hold for every rule from there.
 *
 * @param kind - `YARA`, `Sigma` or `IDS`.
 */
export function rulesetReference(
  kind: string,
  ...sources: readonly (string | undefined)[]
): ExternalReference | undefined {
  const url = sources.map(webUrl).find((source) => source !== undefined);
  return url === undefined
    ? undefined
    : { source_name: `${kind} ruleset`, description: `Source of ${kind} rules`, url };
}

function webUrl(source: string | undefined): string | undefined {
  if (source === undefined || source.length > MAX_URL_LENGTH) return undefined;
  const url = parseUrl(source);
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : undefined;
}

/** `2 Sigma rules imported, 1 left out`. */
export function rulesClauses(kind: string, imported: number, leftOut: number): readonly string[] {
  const rules = (count: number): string => (count === 1 ? `1 ${kind} rule` : `${count} ${kind} rules`);
  if (imported === 0) return leftOut === 0 ? [] : [`${rules(leftOut)} left out`];
  return [`${rules(imported)} imported${leftOut === 0 ? '' : `, ${leftOut} left out`}`];
}
