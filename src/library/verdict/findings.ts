import type { AttributeRow } from '../../mapping/notes.js';
import type { Report } from '../../virustotal/schema.js';

/** Of each kind of finding; reports may hold hundreds. */
const MAX_FINDINGS = 30;

/** What sandboxes, rules of the community and third parties found: who, and what. */
export function findingsOf(report: Report): readonly AttributeRow[] {
  const contexts = report.crowdsourcedContext
    .slice(0, MAX_FINDINGS)
    .map(({ source, severity, title, details }): AttributeRow => [
      `Context: ${source ?? 'unnamed source'}`,
      joined(title, details, severity),
    ]);
  if (report.kind !== 'file') return contexts;
  return [
    ...report.sandboxVerdicts
      .slice(0, MAX_FINDINGS)
      .map(({ sandbox, category, classifications, malwareNames }): AttributeRow => [
        `Sandbox: ${sandbox}`,
        joined(category, ...classifications, ...malwareNames),
      ]),
    ...report.yaraMatches
      .slice(0, MAX_FINDINGS)
      .map(({ ruleName, rulesetName, author }): AttributeRow => [
        `YARA: ${ruleName}`,
        joined(rulesetName, author) ?? 'matches',
      ]),
    ...report.sigmaMatches
      .slice(0, MAX_FINDINGS)
      .map(({ ruleId, title, level, source }): AttributeRow => [
        `Sigma: ${title ?? ruleId}`,
        joined(level, source) ?? 'matches',
      ]),
    ...report.idsMatches
      .slice(0, MAX_FINDINGS)
      .map(({ ruleId, message, severity, source }): AttributeRow => [
        `IDS: ${message ?? ruleId}`,
        joined(severity, source) ?? 'matches',
      ]),
    ...contexts,
  ];
}

function joined(...texts: readonly (string | undefined)[]): string | undefined {
  const present = texts.filter((text) => text !== undefined && text !== '');
  return present.length === 0 ? undefined : present.join('; ');
}
