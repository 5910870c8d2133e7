import type { Observable, ReportSummary } from './context.js';
import { plainText } from './plain-text.js';
import { detectionClause } from './verdict-text.js';

/** How many values of an Indicator are told one by one. */
const MAX_VALUES = 10;
const MAX_VALUE_LENGTH = 100;

/**
 * The sentence that a person reads in the work: `VirusTotal: 42 of 70 engines call this malicious; Indicator
 * created; 3 YARA rules imported, 1 left out`. With several values (of an Indicator) each is named.
 *
 * @param summaries - One for each report that was mapped.
 * @param unknown - Values that VirusTotal has no report on.
 * @param remarks - A sentence for each further value: why there is nothing to say about it.
 */
export function describeReports(
  summaries: readonly ReportSummary[],
  unknown: readonly Observable[] = [],
  remarks: readonly string[] = [],
): string {
  const single = summaries.length + unknown.length + remarks.length === 1;
  const name = (observable: Observable): string =>
    single ? 'this' : plainText(observable.value, MAX_VALUE_LENGTH);
  const sentences = [
    ...summaries.map((summary) => describeReport(summary, name(summary.observable))),
    ...unknown.map((observable) => `no report on ${name(observable)}`),
    ...remarks,
  ];
  if (sentences.length === 0) return 'VirusTotal: nothing was looked up';
  const more = sentences.length - MAX_VALUES;
  const shown = sentences.slice(0, MAX_VALUES);
  return `VirusTotal: ${[...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(' | ')}`;
}

function describeReport(summary: ReportSummary, thing: string): string {
  const { detection, score, indicatorCreated } = summary;
  const clauses = [detectionClause(detection, thing)];
  const judged = detection !== undefined && detection.engines > 0;
  if (!judged && score !== undefined) clauses.push(`threat score ${score}`);
  if (indicatorCreated) clauses.push('Indicator created');
  clauses.push(...yaraClauses(summary), ...summary.clauses);
  return clauses.join('; ');
}

function yaraClauses({ yaraRules: imported, yaraRulesLeftOut: leftOut }: ReportSummary): string[] {
  const rules = (count: number): string => (count === 1 ? '1 YARA rule' : `${count} YARA rules`);
  if (imported === 0) return leftOut === 0 ? [] : [`${rules(leftOut)} left out`];
  return [`${rules(imported)} imported${leftOut === 0 ? '' : `, ${leftOut} left out`}`];
}
