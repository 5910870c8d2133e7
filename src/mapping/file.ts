import { observablePattern } from '../stix/pattern.js';
import type { FileReport } from '../virustotal/schema.js';
import type { EntityChanges, MappedReport, MappingContext } from './context.js';
import { contribute, noExtras, wantsNote, type ReportExtras } from './contribution.js';
import { artifactNames, stixFileNames } from './file-names.js';
import { indicatorFromVerdict } from './indicator.js';
import { assembleReport, virusTotalReference } from './mapped-report.js';
import { codeSpan } from './note-markdown.js';
import { communityRows, keepsHigherScore, resultsNote, type AttributeRow } from './notes.js';
import { fileParts } from './parts.js';
import { readVerdict } from './score.js';
import { yaraIndicators } from './yara-indicators.js';

/** OpenCTI stores a size as a 32-bit signed integer; a bigger one fails in its worker. */
const MAX_SIZE = 2_147_483_647;

/** From the strongest hash to the weakest, as STIX names (STIX 2.1 §10.6), with their length in hexadecimal digits. */
const HASH_LENGTHS = { 'SHA-256': 64, 'SHA-1': 40, MD5: 32 } as const;

type HashName = keyof typeof HASH_LENGTHS;
type FileHashes = Readonly<Partial<Record<HashName, string>>>;

/** Maps the report of a file, for StixFiles, Artifacts and Indicators on hashes. */
export function mapFileReport(
  report: FileReport,
  context: MappingContext,
  extras: ReportExtras = noExtras,
): MappedReport {
  const { options, subject } = context;
  const verdict = readVerdict(report, options.trustedEngines);
  const hashes = fileHashes(report);
  const { fullReportNote } = options.file;
  const contributions = contribute(fileParts, { report, verdict, context, extras });
  const hasNote = fullReportNote || keepsHigherScore(verdict, context) || wantsNote(contributions);
  const detail = {
    engines: fullReportNote ? 'versions' : 'none',
    attributes: fullReportNote ? attributes(report) : [],
  } as const;
  const [name, hash] = bestHash(hashes, context);
  return assembleReport(
    report,
    verdict,
    {
      changes: subject.entityType === 'Indicator' ? {} : identityChanges(report, hashes, context),
      verdictIndicator: indicatorFromVerdict(
        {
          value: hash,
          pattern: observablePattern(context.observable.type, { [name]: hash }),
          reference: virusTotalReference(report),
        },
        verdict,
        options.file.indicator,
        context,
      ),
      yaraIndicators: yaraIndicators(report.yaraMatches, extras.rulesets, context),
      notes: [hasNote ? resultsNote(report, verdict, { ...detail, contributions }, context) : undefined],
      contributions,
    },
    context,
  );
}

/** The hashes of the report that are well-formed, lower-case. VirusTotal's id of a file is its SHA-256. */
function fileHashes(report: FileReport): FileHashes {
  const md5 = validHash('MD5', report.md5);
  const sha1 = validHash('SHA-1', report.sha1);
  const sha256 = validHash('SHA-256', report.sha256) ?? validHash('SHA-256', report.id);
  return {
    ...(md5 === undefined ? {} : { MD5: md5 }),
    ...(sha1 === undefined ? {} : { 'SHA-1': sha1 }),
    ...(sha256 === undefined ? {} : { 'SHA-256': sha256 }),
  };
}

function validHash(name: HashName, hash: string | undefined): string | undefined {
  if (hash?.length !== HASH_LENGTHS[name] || !/^[\da-f]+$/iu.test(hash)) return undefined;
  return hash.toLowerCase();
}

/** The strongest hash there is: of the report, else the one that was asked. */
function bestHash(hashes: FileHashes, context: MappingContext): readonly [HashName, string] {
  const names = Object.keys(HASH_LENGTHS) as HashName[];
  for (const name of names) {
    const hash = hashes[name];
    if (hash !== undefined) return [name, hash];
  }
  const asked = context.observable.value;
  return [names.find((name) => HASH_LENGTHS[name] === asked.length) ?? 'SHA-256', asked];
}

/** Artifacts have neither a name nor a size of their own in OpenCTI. */
function identityChanges(
  report: FileReport,
  hashes: FileHashes,
  { subject }: MappingContext,
): Partial<EntityChanges> {
  const { meaningfulName, names } = report;
  if (subject.entityType === 'Artifact') {
    return { hashes, additionalNames: artifactNames(meaningfulName, names) };
  }
  return { hashes, size: storableSize(report.size), ...stixFileNames(meaningfulName, names, subject.name) };
}

function storableSize(size: number | undefined): number | undefined {
  return size !== undefined && Number.isInteger(size) && size >= 0 && size <= MAX_SIZE ? size : undefined;
}

function attributes(report: FileReport): readonly AttributeRow[] {
  return [
    ['SHA-256', codeSpan(report.sha256)],
    ['SHA-1', codeSpan(report.sha1)],
    ['MD5', codeSpan(report.md5)],
    ['Meaningful name', report.meaningfulName],
    ['Type', report.typeDescription ?? report.typeTag],
    ['Magic', report.magic],
    ['Size (bytes)', report.size],
    ['Threat label', report.threatLabel],
    ['Threat categories', report.threatCategories],
    ['Family names', report.threatNames],
    ['Tags', report.tags],
    ['First submission', report.firstSubmissionDate],
    ['Last submission', report.lastSubmissionDate],
    ['Times submitted', report.timesSubmitted],
    ['Unique sources', report.uniqueSources],
    ['Creation date (claimed by the file)', report.creationDate],
    ['ssdeep', codeSpan(report.ssdeep)],
    ['TLSH', codeSpan(report.tlsh)],
    ...communityRows(report),
  ];
}
