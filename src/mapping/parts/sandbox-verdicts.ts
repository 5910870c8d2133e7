import { createMalwareAnalysis, type AnalysisResult } from '../../stix/create-threats.js';
import type { StixId, StixObject } from '../../stix/objects.js';
import type { SandboxVerdict } from '../../virustotal/schema-intelligence.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { table } from '../note-markdown.js';
import { plainText } from '../plain-text.js';
import { relationSource, type RelationSource } from '../relationships.js';
import { stixDate } from '../stix-date.js';

/** VirusTotal has some twenty sandboxes. */
const MAX_VERDICTS = 30;
const MAX_PRODUCT_LENGTH = 200;

/** Categories of VirusTotal by what STIX calls them; that nothing was detected proves nothing. */
const RESULTS: Readonly<Record<string, AnalysisResult>> = {
  malicious: 'malicious',
  suspicious: 'suspicious',
  harmless: 'benign',
};

/**
 * The verdicts of sandboxes: a malware analysis each, with the file as its sample, and a table in the Note, which also
 * has what STIX has no place for. When a sandbox ran the file is not in the report.
 */
export const sandboxVerdicts: Part<FileReport> = ({ report, context }) => {
  if (!context.options.file.sandboxVerdicts) return undefined;
  const verdicts = report.sandboxVerdicts.slice(0, MAX_VERDICTS);
  if (verdicts.length === 0) return undefined;
  const sample = sampleOf(context);
  const analyses =
    sample === undefined ? [] : verdicts.flatMap((verdict) => analysis(verdict, report, sample.id, context));
  const count = new Set(analyses.map(({ id }) => id)).size;
  const leftOut = report.sandboxVerdicts.length - verdicts.length;
  return {
    objects: [...(sample?.objects ?? []), ...analyses],
    sections: [{ title: 'Sandbox verdicts', lines: verdictTable(verdicts) }],
    remarks: leftOut === 0 ? [] : [`**Sandbox verdicts:** ${leftOut} more are left out`],
    clauses: count === 0 ? [] : [count === 1 ? '1 sandbox verdict added' : `${count} sandbox verdicts added`],
  };
};

/**
 * What was analysed; an Indicator is no sample: there it is the file on which the Indicator is based.
 *
 * @returns `undefined` when the enriched object is an Indicator and the report has no hash: there is no sample to name.
 */
function sampleOf(context: MappingContext): RelationSource | undefined {
  const isNameless = Object.keys(context.fileHashes ?? {}).length === 0;
  return context.subject.entityType === 'Indicator' && isNameless ? undefined : relationSource(context);
}

/** VirusTotal's id of a file is its SHA-256. */
function sha256Of({ sha256, id }: FileReport): string | undefined {
  return sha256 ?? (/^[\da-f]{64}$/i.test(id) ? id.toLowerCase() : undefined);
}

function analysis(
  { sandbox, category }: SandboxVerdict,
  report: FileReport,
  sampleId: StixId,
  context: MappingContext,
): readonly StixObject[] {
  const product = plainText(sandbox, MAX_PRODUCT_LENGTH);
  if (product === '') return [];
  return [
    createMalwareAnalysis(
      {
        product,
        // Names the file and not the verdict: a verdict that changes then updates the analysis.
        resultName: `verdict on ${sha256Of(report) ?? plainText(report.id, MAX_PRODUCT_LENGTH).toLowerCase()}`,
        result: resultOf(category),
        // STIX: the first submission, which stays the same; so does the id, of which it is part.
        submitted: stixDate(report.firstSubmissionDate),
        sampleId,
      },
      context,
    ),
  ];
}

function resultOf(category: string): AnalysisResult {
  const key = category.toLowerCase();
  return (Object.hasOwn(RESULTS, key) ? RESULTS[key] : undefined) ?? 'unknown';
}

function verdictTable(verdicts: readonly SandboxVerdict[]): readonly string[] {
  return table(
    ['Sandbox', 'Verdict', 'Confidence', 'Classification', 'Malware names'],
    verdicts.map(({ sandbox, category, confidence, classifications, malwareNames }) => [
      sandbox,
      category,
      confidence,
      classifications,
      malwareNames,
    ]),
  );
}
