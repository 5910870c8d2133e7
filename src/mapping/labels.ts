import type { Report } from '../virustotal/schema.js';
import type { VerdictBand } from './context.js';
import { kindOptions } from './kind-options.js';
import type { LabelOptions, MappingOptions } from './options.js';
import { plainText } from './plain-text.js';
import { matchesAny } from './wildcard.js';

/** Real tags are short machine words; these limits only stop a report that is not what it should be. */
const MAX_LABELS = 100;
const MAX_LABEL_LENGTH = 100;

/** What a report has to offer as labels beside its verdict, as it has it: what the threat is called, and the tags. */
export function labelNames(report: Report, options: MappingOptions): readonly string[] {
  return [
    ...(options.labels.threat ? threatNames(report) : []),
    ...(kindOptions(report.kind, options).labelTags ? report.tags : []),
  ];
}

/**
 * Verdict and names as OpenCTI labels: allowed, not denied, and with the prefix; lower-case, because the platform compares
 * labels by their lower-case form. Each once, in the order given, 100 at most.
 */
export function labelsOf(
  band: VerdictBand | undefined,
  names: readonly string[],
  { prefix, allow, deny }: LabelOptions,
): readonly string[] {
  const labels = new Set<string>();
  // The verdict first, so that no number of tags pushes it out.
  for (const name of band === undefined ? names : [band, ...names]) {
    const label = normalised(name);
    if (label === '' || (allow.length > 0 && !matchesAny(label, allow)) || matchesAny(label, deny)) continue;
    labels.add(normalised(prefix + label));
    if (labels.size === MAX_LABELS) break;
  }
  return [...labels];
}

function normalised(label: string): string {
  return plainText(label, MAX_LABEL_LENGTH).toLowerCase();
}

function threatNames(report: Report): readonly string[] {
  if (report.kind === 'file') return report.threatLabel === undefined ? [] : [report.threatLabel];
  return report.kind === 'url' ? report.threatNames : [];
}
