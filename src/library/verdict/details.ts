import type { CellValue } from '../../mapping/note-markdown.js';
import { dateText, plainValue } from '../../mapping/note-markdown.js';
import { domainAttributes } from '../../mapping/domain-name.js';
import { fileAttributes } from '../../mapping/file.js';
import { ipAddressAttributes } from '../../mapping/ip-address.js';
import { enginesInOrder, type AttributeRow } from '../../mapping/notes.js';
import { plainText } from '../../mapping/plain-text.js';
import { urlAttributes } from '../../mapping/url.js';
import { detectionClause } from '../../mapping/verdict-text.js';
import { readVerdict } from '../../mapping/score.js';
import { guiLink } from '../../virustotal/gui-link.js';
import type { EngineResult, Report } from '../../virustotal/schema.js';
import { findingsOf } from './findings.js';
import { relatedIocs, type RelatedGroup } from './related-iocs.js';
import { reportTags, threatNames } from './report-names.js';
import { serverFacts } from './server-facts.js';

/** A fact for people: plain text. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** What one engine says. */
export interface EngineVerdict {
  readonly engine: string;
  /** `malicious`, `suspicious`, `undetected`, `harmless`, `timeout`, …, as sent. */
  readonly category: string;
  readonly result: string | null;
  /** `2025-06-14`. */
  readonly updated: string | null;
}

/** An answer of VirusTotal as people read it; JSON as it stands. All texts are plain, in one line. */
export interface ReportDetails {
  /** Whether VirusTotal knows the object; everything but `fetchedAt` is empty when it does not. */
  readonly known: boolean;
  /** ISO 8601. */
  readonly fetchedAt: string;
  /** The object's page on www.virustotal.com. */
  readonly link: string | null;
  readonly summary: readonly Fact[];
  /** Malicious first, then suspicious, harmless, undetected and the others; by name within each. */
  readonly engines: readonly EngineVerdict[];
  readonly threatNames: readonly string[];
  readonly tags: readonly string[];
  readonly network: readonly Fact[];
  readonly files: readonly Fact[];
  /** What sandboxes, rules and the community found. */
  readonly findings: readonly Fact[];
  /** ISO 8601: first and last submission; of names their registration, of all the last analysis. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly related: readonly RelatedGroup[];
}

const MAX_TEXT_LENGTH = 200;

/** Shown in the summary of every kind, or elsewhere under their own heading. */
const SUMMARY_LABELS = new Set([
  'Threat label',
  'Threat categories',
  'Family names',
  'Threat names',
  'Meaningful name',
  'Type',
  'Title',
  'Final URL',
  'Community reputation',
  'Community votes',
  'Last modification',
]);
const ELSEWHERE = new Set(['Tags', 'Threat names', 'Family names']);

/**
 * A report as people read it.
 *
 * @param report - `undefined` when VirusTotal does not know the object.
 * @param asked - The value that was looked up.
 */
export function detailsOf(report: Report | undefined, fetchedAt: Date, asked: string): ReportDetails {
  if (report === undefined) return { ...nothing, fetchedAt: fetchedAt.toISOString() };
  const rows = attributesOf(report).filter(([label]) => !ELSEWHERE.has(label));
  const others = factsOf(rows.filter(([label]) => !SUMMARY_LABELS.has(label)));
  const [firstSeen, lastSeen] = seen(report);
  return {
    known: true,
    fetchedAt: fetchedAt.toISOString(),
    link: guiLink(report.kind, report.id),
    summary: [...summaryOf(report), ...factsOf(rows.filter(([label]) => SUMMARY_LABELS.has(label)))],
    engines: enginesInOrder(report.results).map(engineVerdict),
    threatNames: threatNames(report),
    tags: reportTags(report),
    network: report.kind === 'file' ? [] : [...others, ...factsOf(serverFacts(report))],
    files: report.kind === 'file' ? others : [],
    findings: factsOf(findingsOf(report)),
    firstSeen: isoDate(firstSeen),
    lastSeen: isoDate(lastSeen),
    related: relatedIocs(report, asked),
  };
}

const nothing: Omit<ReportDetails, 'fetchedAt'> = {
  known: false,
  link: null,
  summary: [],
  engines: [],
  threatNames: [],
  tags: [],
  network: [],
  files: [],
  findings: [],
  firstSeen: null,
  lastSeen: null,
  related: [],
};

function attributesOf(report: Report): readonly AttributeRow[] {
  switch (report.kind) {
    case 'file':
      return fileAttributes(report);
    case 'ip_address':
      return ipAddressAttributes(report);
    case 'domain':
      return domainAttributes(report);
    case 'url':
      return urlAttributes(report, undefined);
  }
}

function summaryOf(report: Report): readonly Fact[] {
  const { detection } = readVerdict(report);
  const clause = detectionClause(detection, 'it');
  const { stats, gti } = report;
  const silent =
    stats === undefined ? 0 : stats.timeout + stats.confirmedTimeout + stats.failure + stats.typeUnsupported;
  return factsOf([
    ['Detection', clause.charAt(0).toUpperCase() + clause.slice(1)],
    ['Suspicious', detection === undefined || detection.suspicious === 0 ? undefined : detection.suspicious],
    ['Engines without a verdict', silent === 0 ? undefined : silent],
    [
      'Google Threat Intelligence',
      gti && [gti.verdict, gti.severity, gti.description].filter((text) => text !== undefined),
    ],
    ['Last analysis', report.lastAnalysisDate && dateText(report.lastAnalysisDate)],
  ]);
}

function factsOf(rows: readonly (readonly [label: string, value: CellValue])[]): readonly Fact[] {
  return rows.flatMap(([label, value]) => {
    const text = plainValue(value);
    return text === undefined ? [] : [{ label: plainText(label, MAX_TEXT_LENGTH), value: text }];
  });
}

function engineVerdict({ engine, category, result, updated }: EngineResult): EngineVerdict {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(updated ?? '') ?? [];
  return {
    engine: plainText(engine, MAX_TEXT_LENGTH),
    category: plainText(category, MAX_TEXT_LENGTH),
    result: plainText(result ?? '', MAX_TEXT_LENGTH) || null,
    updated: year === undefined ? null : `${year}-${month ?? ''}-${day ?? ''}`,
  };
}

function seen(report: Report): readonly [first: Date | undefined, last: Date | undefined] {
  const { lastAnalysisDate } = report;
  switch (report.kind) {
    case 'file':
    case 'url':
      return [report.firstSubmissionDate, report.lastSubmissionDate ?? lastAnalysisDate];
    case 'domain':
      return [report.creationDate, lastAnalysisDate];
    case 'ip_address':
      return [undefined, lastAnalysisDate];
  }
}

function isoDate(date: Date | undefined): string | null {
  return date === undefined || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
