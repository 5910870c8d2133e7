import type { StixObject } from '../../stix/objects.js';
import type { SigmaRule } from '../../virustotal/schema-extras.js';
import type { SigmaMatch } from '../../virustotal/schema-intelligence.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { origin, ruleIndicator, rulesClauses, rulesetReference } from './rule-indicators.js';
import { sigmaText } from './sigma-rule.js';

/**
 * One Indicator for each Sigma rule that matched what the file did. A rule that could not be had, or that is not whole,
 * is left out and counted; the others are not touched by that. Nothing for an Indicator: enriching one never makes
 * another.
 */
export const sigmaIndicators: Part<FileReport> = ({ report, context, extras }) => {
  if (!context.options.file.sigma || context.subject.entityType === 'Indicator') return undefined;
  const objects: StixObject[] = [];
  let imported = 0;
  for (const match of report.sigmaMatches) {
    const rule = extras.sigmaRules.get(match.ruleId);
    const pattern = rule && textOf(rule);
    if (rule === undefined || pattern === undefined) continue;
    imported += 1;
    objects.push(...sigmaIndicator(match, rule, pattern, context));
  }
  return { objects, clauses: rulesClauses('Sigma', imported, report.sigmaMatches.length - imported) };
};

/** Rules are remembered as objects that never change: each is read once. */
const texts = new WeakMap<SigmaRule, { readonly text: string | undefined }>();

function textOf(rule: SigmaRule): string | undefined {
  const known = texts.get(rule) ?? { text: sigmaText(rule) };
  texts.set(rule, known);
  return known.text;
}

function sigmaIndicator(
  match: SigmaMatch,
  rule: SigmaRule,
  pattern: string,
  context: MappingContext,
): readonly StixObject[] {
  return ruleIndicator(
    {
      name: rule.title ?? match.title ?? '',
      otherName: `Sigma rule ${match.ruleId}`,
      purpose: rule.description ?? match.description,
      origins: [
        origin('Sigma ruleset', match.source ?? rule.source) ?? 'Sigma rule',
        origin('by', rule.author ?? match.author),
      ],
      pattern,
      patternType: 'sigma',
      level: rule.level ?? match.level,
      reference: rulesetReference('Sigma', rule.source, match.source),
    },
    context,
  );
}
