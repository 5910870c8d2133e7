import type { StixObject } from '../../stix/objects.js';
import type { IdsMatch } from '../../virustotal/schema-intelligence.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { plainText } from '../plain-text.js';
import { idsLanguage, idsText, type IdsLanguage } from './ids-rule.js';
import { ruleIndicator, rulesClauses, rulesetReference } from './rule-indicators.js';

/** A file that talks a lot may match hundreds. */
const MAX_RULES = 50;
const MAX_NAME_LENGTH = 255;

const LANGUAGE_NAMES: Readonly<Record<IdsLanguage, string>> = { snort: 'Snort', suricata: 'Suricata' };

/**
 * One Indicator for each rule of Snort or Suricata that matched the traffic of the file. A rule of which VirusTotal does
 * not give the text, or that the platform would refuse, is left out and counted; the others are not touched by that.
 * Nothing for an Indicator: enriching one never makes another.
 */
export const idsIndicators: Part<FileReport> = ({ report, context }) => {
  if (!context.options.file.ids || context.subject.entityType === 'Indicator') return undefined;
  const objects: StixObject[] = [];
  let imported = 0;
  const matches = distinctRules(report.idsMatches);
  for (const match of matches.slice(0, MAX_RULES)) {
    const language = idsLanguage(match.source);
    const pattern = idsText(match.raw ?? '', language);
    if (pattern === undefined) continue;
    imported += 1;
    objects.push(...idsIndicator(match, pattern, language, context));
  }
  return { objects, clauses: rulesClauses('IDS', imported, matches.length - imported) };
};

/** The same rule may have matched in several sandboxes. */
function distinctRules(matches: readonly IdsMatch[]): readonly IdsMatch[] {
  const byRule = new Map<string, IdsMatch>();
  for (const match of matches) {
    const key = match.raw?.trim() ?? `${match.ruleId} ${match.source ?? ''}`;
    if (!byRule.has(key)) byRule.set(key, match);
  }
  return [...byRule.values()];
}

function idsIndicator(
  match: IdsMatch,
  pattern: string,
  language: IdsLanguage,
  context: MappingContext,
): readonly StixObject[] {
  const message = plainText(match.message ?? '', MAX_NAME_LENGTH);
  return ruleIndicator(
    {
      name: message.length < 2 ? `${LANGUAGE_NAMES[language]} rule ${match.ruleId}` : message,
      description: description(match, language),
      pattern,
      patternType: language,
      level: match.severity,
      reference: rulesetReference('IDS', match.url),
    },
    context,
  );
}

/** Nothing of the traffic that it matched: other files share the Indicator. */
function description({ ruleId, category, source }: IdsMatch, language: IdsLanguage): string {
  const facts = [
    `${LANGUAGE_NAMES[language]} rule ${plainText(ruleId, MAX_NAME_LENGTH)}`,
    ...(source === undefined ? [] : [`of ${plainText(source, MAX_NAME_LENGTH)}`]),
    ...(category === undefined ? [] : [`category ${plainText(category, MAX_NAME_LENGTH)}`]),
  ];
  return `${facts.join(', ')}.`;
}
