import { observablePattern } from '../stix/pattern.js';
import type { UrlReport } from '../virustotal/schema.js';
import type { MappedReport, MappingContext } from './context.js';
import { contribute, noExtras, type ReportExtras } from './contribution.js';
import { indicatorFromVerdict } from './indicator.js';
import { killChainPhases } from './kill-chain.js';
import { assembleReport, virusTotalReference } from './mapped-report.js';
import { codeSpan } from './note-markdown.js';
import { categoriesNote, communityRows, resultsNote, type AttributeRow } from './notes.js';
import { urlParts } from './parts.js';
import { readVerdict } from './score.js';

/** Maps the report of a URL. */
export function mapUrlReport(
  report: UrlReport,
  context: MappingContext,
  extras: ReportExtras = noExtras,
): MappedReport {
  const { observable, options } = context;
  const verdict = readVerdict(report, options.trustedEngines);
  const contributions = contribute(urlParts, { report, verdict, context, extras });
  const detail = {
    engines: 'plain',
    attributes: urlAttributes(report, extras.lastServingIpAddress),
    contributions,
  } as const;
  const target = {
    value: observable.value,
    pattern: observablePattern(observable.type, observable.value),
    reference: virusTotalReference(report),
    killChainPhases: killChainPhases(report, options, extras),
  };
  return assembleReport(
    report,
    verdict,
    {
      contributions,
      verdictIndicator: indicatorFromVerdict(target, verdict, options.url.indicator, context),
      notes: [resultsNote(report, verdict, detail, context), categoriesNote(report, context)],
    },
    context,
  );
}

/** What the report says of the URL beside the verdict, with its labels: for the Note, and for whoever shows it elsewhere. */
export function urlAttributes(
  report: UrlReport,
  lastServingIpAddress: string | undefined,
): readonly AttributeRow[] {
  return [
    ['URL', codeSpan(report.url)],
    ['Final URL', codeSpan(report.finalUrl)],
    ['Title', report.title],
    ['Redirections', report.redirectionChain.map(codeSpan).filter((url) => url !== undefined)],
    ['Last serving IP address', codeSpan(lastServingIpAddress)],
    ['HTTP response code', report.responseCode],
    ['Response size (bytes)', report.responseBytes],
    ['Response SHA-256', codeSpan(report.responseSha256)],
    ['Threat names', report.threatNames],
    ['First submission', report.firstSubmissionDate],
    ['Last submission', report.lastSubmissionDate],
    ['Times submitted', report.timesSubmitted],
    ['Tags', report.tags],
    ...communityRows(report),
  ];
}
