import { createNote } from '../stix/create.js';
import type { Note } from '../stix/objects.js';
import { guiLink } from '../virustotal/gui-link.js';
import type {
  CommonReport,
  DomainReport,
  EngineResult,
  GtiAssessment,
  Report,
  UrlReport,
} from '../virustotal/schema.js';
import type { MappingContext } from './context.js';
import type { Contributions } from './contribution.js';
import { cell, codeSpan, composeNote, dateText, inlineText, table, type CellValue } from './note-markdown.js';
import { plainText } from './plain-text.js';
import { scoreToSet, type Verdict } from './score.js';
import { stixDate } from './stix-date.js';
import { detectionClause, nounOf } from './verdict-text.js';

/** A row of the table of attributes: what it is, and its value. */
export type AttributeRow = readonly [label: string, value: CellValue];

/** How much of a report goes into the Note with the results. */
export interface ResultsDetail {
  /** `none` leaves the headline and the facts; `versions` adds to each engine its version and update. */
  readonly engines: 'none' | 'plain' | 'versions';
  /** Shown when the option for it is on. */
  readonly attributes: readonly AttributeRow[];
  /** What the parts have to say in this Note. */
  readonly contributions: Contributions;
}

/** What must be seen first, then what clears an object, then what says nothing. */
const CATEGORY_ORDER = ['malicious', 'suspicious', 'harmless', 'undetected'];

/**
 * The Note that a person reads first: the verdict in one line, where the score comes from, and what each engine says.
 * A clean result is said as plainly as a bad one. The content holds no time of enrichment, only when VirusTotal was
 * asked, so that enriching again from the cache leaves the Note as it is.
 */
export function resultsNote(
  report: Report,
  verdict: Verdict,
  detail: ResultsDetail,
  context: MappingContext,
): Note {
  const attributes = context.options.includeAttributesInNote ? detail.attributes : [];
  const { opening, sections, remarks } = detail.contributions;
  const content = composeNote([
    [`**VirusTotal: ${headline(verdict, context)}.**`],
    opening,
    [...facts(report, verdict, detail.contributions, context), ...remarks.map((remark) => `- ${remark}`)],
    ...sections.flatMap(({ title, lines }) => section(title, lines)),
    ...section('Attributes', attributes.length === 0 ? [] : table(['Attribute', 'Value'], attributes)),
    ...section('Engines', engineTable(report.results, detail.engines)),
  ]);
  return note('results', 'VirusTotal results', content, context);
}

/** The Note with what vendors take a domain or URL to be; `undefined` when none of them says anything. */
export function categoriesNote(report: DomainReport | UrlReport, context: MappingContext): Note | undefined {
  const { categories } = report;
  if (categories.length === 0) return undefined;
  const noun = nounOf(context.observable.type);
  const vendors =
    categories.length === 1 ? '1 vendor categorises' : `${categories.length} vendors categorise`;
  const content = composeNote([
    [`**VirusTotal: ${vendors} this ${noun}.**`],
    // The value may be cut; the link tells two Notes of equal content apart, which the platform would take for one.
    [`- **Looked up:** ${cell(codeSpan(context.observable.value))}`, fullReportLine(report)],
    table(
      ['Vendor', 'Category'],
      categories.map(({ vendor, category }) => [vendor, category]),
    ),
  ]);
  return note('categories', 'VirusTotal categories', content, context);
}

/** The rows of attributes that every kind of object has. */
export function communityRows({
  reputation,
  votes,
  lastModificationDate,
}: CommonReport): readonly AttributeRow[] {
  return [
    ['Community reputation', reputation],
    ['Community votes', votes && `${votes.malicious} malicious, ${votes.harmless} harmless`],
    ['Last modification', lastModificationDate],
  ];
}

/**
 * Whether the enriched object keeps its score because VirusTotal's is lower. The verdict that clears a value of an
 * Indicator of ours may lower it whatever holds for scores, so that nothing can be said of one value alone.
 */
export function keepsHigherScore(
  verdict: Verdict,
  { changes }: Pick<Contributions, 'changes'>,
  context: MappingContext,
): boolean {
  const { score } = verdict;
  return (
    score !== undefined &&
    !changes.some(({ cleared }) => cleared !== undefined) &&
    scoreToSet(score, context.subject.score, context.options.replaceWithLowerScore) === undefined
  );
}

/**
 * A Note about the enriched object: one for each kind, updated in place.
 *
 * An Indicator may hold several values, each with its own Notes, so there the value is part of kind and title.
 */
export function note(kind: string, title: string, content: string, context: MappingContext): Note {
  const { subject, observable } = context;
  const ofIndicator = subject.entityType === 'Indicator';
  return createNote(
    {
      subjectId: subject.id,
      kind: ofIndicator ? `${kind}:${observable.type}:${observable.value}` : kind,
      abstract: ofIndicator ? `${title}: ${plainText(observable.value, 200)}` : title,
      content,
      created: stixDate(subject.createdAt),
    },
    context,
  );
}

function section(title: string, lines: readonly string[]): (readonly string[])[] {
  return lines.length === 0 ? [] : [[`### ${title}`], lines];
}

function headline({ detection }: Verdict, context: MappingContext): string {
  const clause = detectionClause(detection, `this ${nounOf(context.observable.type)}`);
  if (detection === undefined || detection.engines === 0) return clause;
  return `${clause} (${detection.malicious}/${detection.engines})`;
}

function facts(
  report: Report,
  verdict: Verdict,
  contributions: Contributions,
  context: MappingContext,
): string[] {
  const { observable, options } = context;
  // The explanation above says the rest already.
  const isExplained = options.explainVerdict;
  const lines = [`- **Looked up:** ${cell(codeSpan(observable.value))}`];
  if (!isExplained) lines.push(`- **Score:** ${scoreText(verdict)}`);
  if (keepsHigherScore(verdict, contributions, context)) {
    lines.push(`- **Score kept:** ${keptScoreText(verdict, context)}`);
  }
  if (report.stats !== undefined) lines.push(...countLines(report.stats, isExplained));
  if (report.gti !== undefined && !isExplained) lines.push(...gtiLines(report.gti));
  lines.push(`- **Last analysis:** ${dateText(report.lastAnalysisDate)}`);
  // A moment and not an age, which would be another one with every enrichment.
  lines.push(`- **Retrieved:** ${dateText(context.fetchedAt)}`);
  lines.push(fullReportLine(report));
  return lines;
}

function fullReportLine({ kind, id }: Report): string {
  return `- **Full report:** [open in VirusTotal](<${guiLink(kind, id)}>)`;
}

function keptScoreText(verdict: Verdict, { subject, observable }: MappingContext): string {
  const [present, found] = [subject.score ?? 0, verdict.score ?? 0];
  // Another value of the Indicator may well have a score that replaces the present one.
  return subject.entityType === 'Indicator'
    ? `VirusTotal's score of ${found} for this value does not replace the Indicator's score of ${present}, which is higher`
    : `this ${nounOf(observable.type)} keeps its score of ${present}, because VirusTotal's score of ${found} is lower`;
}

function scoreText({ score, scoreSource }: Verdict): string {
  if (score === undefined) return 'none, because there is no verdict';
  return scoreSource === 'gti'
    ? `${score} (threat score of Google Threat Intelligence)`
    : `${score} (percentage of malicious among malicious, harmless and undetected)`;
}

function countLines(stats: NonNullable<Report['stats']>, isExplained: boolean): string[] {
  const silent = stats.timeout + stats.confirmedTimeout + stats.failure + stats.typeUnsupported;
  const without = '(timeout, failure, unsupported type)';
  if (isExplained) return silent === 0 ? [] : [`- **Engines without a verdict:** ${silent} ${without}`];
  const counts = `${stats.malicious} malicious, ${stats.suspicious} suspicious, ${stats.harmless} harmless, ${stats.undetected} undetected`;
  return [`- **Engines:** ${counts}${silent === 0 ? '' : `; ${silent} without a verdict ${without}`}`];
}

function gtiLines({ verdict, severity, description }: GtiAssessment): string[] {
  const assessment = [verdict, severity].filter((text) => text !== undefined).map(inlineText);
  const parts = description === undefined ? assessment : [...assessment, inlineText(description)];
  return parts.length === 0 ? [] : [`- **Google Threat Intelligence:** ${parts.join('; ')}`];
}

function engineTable(results: readonly EngineResult[], detail: ResultsDetail['engines']): string[] {
  if (detail === 'none' || results.length === 0) return [];
  const sorted = enginesInOrder(results);
  return detail === 'plain'
    ? table(
        ['Engine', 'Verdict', 'Result'],
        sorted.map(({ engine, category, result }) => [engine, category, result]),
      )
    : table(
        ['Engine', 'Verdict', 'Result', 'Version', 'Updated'],
        sorted.map(({ engine, category, result, version, updated }) => [
          engine,
          category,
          result,
          version,
          updated,
        ]),
      );
}

/** What must be seen first comes first, and engines of one category in the order of their names. */
export function enginesInOrder(results: readonly EngineResult[]): EngineResult[] {
  // Names are folded once, and not for each comparison. Not localeCompare: the order must not depend on the place.
  const places = results.map((result) => ({
    result,
    rank: categoryRank(result.category),
    name: result.engine.toLowerCase(),
  }));
  places.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return places.map(({ result }) => result);
}

function categoryRank(category: string): number {
  const rank = CATEGORY_ORDER.indexOf(category);
  return rank === -1 ? CATEGORY_ORDER.length : rank;
}
