import type { EngineResult, GtiAssessment, Report } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part, PartInput } from '../contribution.js';
import { engineName, engineNames, enginesByResult } from '../engine-groups.js';
import { inlineText } from '../note-markdown.js';
import { plainText } from '../plain-text.js';
import { isTrusted, trustedNames, type Verdict } from '../score.js';
import { counted, spanText } from '../time-span.js';

/** From this age on engines may well judge otherwise today. */
const OLD_MS = 90 * 24 * 3_600_000;
const MAX_FACTORS = 6;
const MAX_THREATS = 3;
const MAX_TRUSTED = 10;
const MAX_WORD_LENGTH = 80;
const MAX_SENTENCE_LENGTH = 240;

/**
 * Why the verdict is what it is, for a person who has ten seconds: where the score comes from, what Google and the
 * community think, how old all that is, and the engines for and against. The age counts up to the moment at which
 * VirusTotal was asked, so that enriching again from the cache leaves the Note as it is.
 */
export const explainedVerdict: Part = (input) => {
  if (!input.context.options.explainVerdict) return undefined;
  const paragraphs = [reason(input), ...engineLines(input)].filter((line) => line !== '');
  return { opening: paragraphs.flatMap((paragraph, index) => (index === 0 ? [paragraph] : ['', paragraph])) };
};

function reason({ report, verdict, context }: PartInput): string {
  return [
    ...scoreSentences(report, verdict),
    severitySentence(report),
    threatSentence(report),
    ageSentence(report, context),
    communitySentence(report),
  ]
    .filter((sentence) => sentence !== undefined)
    .join(' ');
}

const GTI = 'Google Threat Intelligence';

/** Where the score comes from, and what Google says: in one sentence where the score is Google's. */
function scoreSentences(report: Report, verdict: Verdict): readonly (string | undefined)[] {
  const opinion = gtiOpinion(report);
  const quoted = quote(report.gti?.description);
  const said = quoted && `It says: ${quoted}`;
  if (verdict.score !== undefined && verdict.scoreSource === 'gti') {
    const source = `The score of ${verdict.score} is the threat score of ${GTI}`;
    return [`${source}${opinion === undefined ? '' : `, which ${opinion}`}.`, said];
  }
  return [engineScore(report, verdict), opinion && `${GTI} ${opinion}.`, said];
}

function engineScore({ stats }: Report, { score }: Verdict): string {
  if (score === undefined) return 'There is no score, because there is no verdict.';
  const { malicious = 0, harmless = 0, undetected = 0 } = stats ?? {};
  const decided = malicious + harmless + undetected;
  return `The score of ${score} is the percentage of malicious among malicious, harmless and undetected (${malicious} of ${decided}).`;
}

/** What Google does, and why, e.g. `assesses it as malicious, because of pervasive use`. */
function gtiOpinion({ gti, gtiFactors, threatSeverity }: Report): string | undefined {
  if (gti === undefined) return undefined;
  const said = assessment(gti, threatSeverity?.level);
  const because = [...(gtiFactors?.raised ?? []), ...categoriesOf(gti, gtiFactors?.categories ?? [])];
  if (because.length === 0) return said;
  const factors = listed(
    because.map((factor) => words(factor)),
    MAX_FACTORS,
  );
  return `${said ?? 'gives no verdict'}, because of ${factors}`;
}

function assessment(
  { verdict, severity }: GtiAssessment,
  otherSeverity: string | undefined,
): string | undefined {
  const judged = words((verdict ?? '').replace(/^VERDICT_/iu, ''));
  const level = words((severity ?? otherSeverity ?? '').replace(/^SEVERITY_/iu, ''));
  const hasLevel = level !== '' && level !== 'unknown' && level !== 'none';
  if (judged === '' && !hasLevel) return undefined;
  if (judged === '') return `sees ${level} severity`;
  if (judged === 'unknown') return hasLevel ? `gives no verdict, but ${level} severity` : 'gives no verdict';
  return `assesses it as ${judged}${hasLevel ? `, with ${level} severity` : ''}`;
}

/** They say nothing of an object that is not called bad. */
function categoriesOf({ verdict }: GtiAssessment, categories: readonly string[]): readonly string[] {
  return verdict === 'VERDICT_BENIGN' || verdict === 'VERDICT_UNDETECTED' ? [] : categories;
}

/** Where Google's assessment does not say it already. */
function severitySentence({ gti, threatSeverity }: Report): string | undefined {
  const level = words((threatSeverity?.level ?? '').replace(/^SEVERITY_/iu, ''));
  if (gti !== undefined || level === '' || level === 'unknown' || level === 'none') return undefined;
  const quoted = quote(threatSeverity?.description);
  return `VirusTotal rates the severity as ${level}${quoted === undefined ? '.' : `: ${quoted}`}`;
}

function threatSentence(report: Report): string | undefined {
  if (report.kind === 'file') {
    const label = shownName(report.threatLabel ?? '');
    return label === '' ? undefined : `The popular threat label is ${label}.`;
  }
  if (report.kind !== 'url') return undefined;
  const names = report.threatNames.map(shownName).filter((name) => name !== '');
  return names.length === 0 ? undefined : `The threat is called ${listed(names, MAX_THREATS)}.`;
}

function ageSentence({ stats, lastAnalysisDate }: Report, { fetchedAt }: MappingContext): string | undefined {
  if (stats === undefined || lastAnalysisDate === undefined) return undefined;
  const age = fetchedAt.getTime() - lastAnalysisDate.getTime();
  if (Number.isNaN(age)) return undefined;
  const old = age >= OLD_MS ? '; today they may judge otherwise' : '';
  return `The engines looked at it ${spanText(lastAnalysisDate, fetchedAt)} before this report was retrieved${old}.`;
}

function communitySentence({ reputation, votes }: Report): string | undefined {
  const hasVotes = votes !== undefined && votes.malicious + votes.harmless > 0;
  const cast = hasVotes
    ? `${votes.malicious === 0 ? 'no vote' : counted(votes.malicious, 'vote')} for malicious and ${votes.harmless || 'none'} for harmless`
    : '';
  if (reputation === undefined) return hasVotes ? `The community cast ${cast}.` : undefined;
  if (!hasVotes && reputation === 0) return undefined;
  return `Its reputation in the community is ${reputation}${hasVotes ? `, with ${cast}` : ''}.`;
}

function engineLines({ report, context }: PartInput): string[] {
  const { stats, results } = report;
  if (stats === undefined) return [];
  const of = (...categories: string[]): readonly EngineResult[] =>
    results.filter(({ category }) => categories.includes(category));
  const clean = stats.harmless + stats.undetected;
  return [
    trustedLine(results, context),
    engineLine('Malicious', stats.malicious, enginesByResult('malicious', of('malicious'), stats.malicious)),
    engineLine(
      'Suspicious',
      stats.suspicious,
      enginesByResult('suspicious', of('suspicious'), stats.suspicious),
    ),
    engineLine(
      'Not malicious',
      clean,
      [
        counts(stats.harmless, 'harmless', of('harmless')),
        counts(stats.undetected, 'undetected', of('undetected')),
      ]
        .filter((text) => text !== '')
        .join('; '),
    ),
  ];
}

function engineLine(title: string, count: number, who: string): string {
  if (count === 0) return '';
  return `**${title} (${count})**${who === '' ? '' : `: ${who}`}`;
}

function counts(count: number, category: string, results: readonly EngineResult[]): string {
  if (count === 0) return '';
  const names = engineNames(results, count);
  return `${count} ${category}${names === '' ? '' : ` (${names})`}`;
}

/** Of the trusted engines only those that judged it at all. */
function trustedLine(results: readonly EngineResult[], { options }: MappingContext): string {
  const names = trustedNames(options.trustedEngines);
  if (names.size === 0) return '';
  const trusted = results
    .filter(({ engine }) => isTrusted(engine, names))
    .map(({ engine, category }) => `${engineName(engine)}: ${words(category)}`)
    .sort();
  if (trusted.length === 0) return '';
  return `**Trusted engines**: ${listed(trusted, MAX_TRUSTED)}`;
}

/** A word of VirusTotal as a person reads it, as safe Markdown: `mandiant_osint` becomes `mandiant osint`. */
function words(text: string): string {
  return shownName(text.toLowerCase().replace(/_/gu, ' '));
}

function shownName(text: string): string {
  return inlineText(plainText(text, MAX_WORD_LENGTH));
}

function quote(text: string | undefined): string | undefined {
  const plain = inlineText(plainText(text ?? '', MAX_SENTENCE_LENGTH));
  return plain === '' ? undefined : `“${plain}”`;
}

function listed(items: readonly string[], max: number): string {
  const shown = [...new Set(items)].filter((item) => item !== '');
  const rest = shown.length - max;
  return rest > 0 ? `${shown.slice(0, max).join(', ')} and ${rest} more` : shown.join(', ');
}
