import type { FileReport } from '../virustotal/schema.js';
import type { EntityChanges, MappedReport, MappingContext } from './context.js';
import { contribute, noExtras, wantsNote, type ReportExtras } from './contribution.js';
import { bestHash, fileHashes, filePatterns, type FileHashes } from './file-hashes.js';
import { artifactNames, stixFileNames } from './file-names.js';
import { indicatorFromVerdict } from './indicator.js';
import { killChainPhases } from './kill-chain.js';
import { assembleReport, virusTotalReference } from './mapped-report.js';
import { codeSpan } from './note-markdown.js';
import { communityRows, keepsHigherScore, resultsNote, type AttributeRow } from './notes.js';
import { fileParts } from './parts.js';
import { readVerdict } from './score.js';
import { yaraIndicators } from './yara-indicators.js';

/** OpenCTI stores a size as a 32-bit signed integer; a bigger one fails in its worker. */
const MAX_SIZE = 2_147_483_647;

/** Maps the report of a file, for StixFiles, Artifacts and Indicators on hashes. */
export function mapFileReport(
  report: FileReport,
  given: MappingContext,
  extras: ReportExtras = noExtras,
): MappedReport {
  const { options, subject, observable } = given;
  const verdict = readVerdict(report, options.trustedEngines);
  const hashes = fileHashes(report);
  const context: MappingContext = { ...given, fileHashes: hashes };
  const { fullReportNote } = options.file;
  const contributions = contribute(fileParts, { report, verdict, context, extras });
  const keepsScore = keepsHigherScore(verdict, contributions, context);
  const hasNote = fullReportNote || keepsScore || wantsNote(contributions);
  const detail = {
    engines: fullReportNote ? 'versions' : 'none',
    attributes: fullReportNote ? fileAttributes(report) : [],
  } as const;
  const patterns = filePatterns(hashes, observable.value);
  return assembleReport(
    report,
    verdict,
    {
      changes: subject.entityType === 'Indicator' ? {} : identityChanges(report, hashes, context),
      verdictIndicator: indicatorFromVerdict(
        {
          value: bestHash(hashes, observable.value)[1],
          pattern: options.indicators.allHashes ? patterns.any : patterns.best,
          reference: virusTotalReference(report),
          killChainPhases: killChainPhases(report, options, extras),
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

/** What the report says of the file beside the verdict, with its labels: for the Note, and for whoever shows it elsewhere. */
export function fileAttributes(report: FileReport): readonly AttributeRow[] {
  return [
    ['SHA-256', codeSpan(report.sha256)],
    ['SHA-1', codeSpan(report.sha1)],
    ['MD5', codeSpan(report.md5)],
    ['Meaningful name', report.meaningfulName],
    ['Type', report.typeDescription ?? report.typeTag],
    ['Magic', report.magic],
    ['Size (bytes)', report.size],
    ['Threat label', report.threatLabel],
    ['Threat categories', report.threatCategories.map(({ value }) => value)],
    ['Family names', report.threatNames.map(({ value }) => value)],
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
