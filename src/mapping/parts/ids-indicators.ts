import type { StixObject } from '../../stix/objects.js';
import type { IdsMatch } from '../../virustotal/schema-intelligence.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { idsLanguage, idsText, type IdsLanguage } from './ids-rule.js';
import { origin, ruleIndicator, rulesClauses, rulesetReference } from './rule-indicators.js';

/** A file that talks a lot may match hundreds. */
const MAX_RULES = 50;

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
  const { ruleId, message = '', source, category } = match;
  const kind = `${LANGUAGE_NAMES[language]} rule`;
  return ruleIndicator(
    {
      name: message,
      otherName: `${kind} ${ruleId}`,
      origins: [origin(kind, ruleId) ?? kind, origin('of', source), origin('category', category)],
      pattern,
      patternType: language,
      level: match.severity,
      reference: rulesetReference('IDS', match.url),
    },
    context,
  );
}
