import type { Report } from '../virustotal/schema.js';
import { reasonForIndicator } from './indicator-rule.js';
import { kindOptions } from './kind-options.js';
import type { IndicatorPolicy, LabelOptions, MappingOptions } from './options.js';
import { plainText } from './plain-text.js';
import type { Verdict } from './score.js';
import { matchesAny } from './wildcard.js';

/** Real tags are short machine words; these limits only stop a report that is not what it should be. */
const MAX_LABELS = 100;
const MAX_LABEL_LENGTH = 100;

/** Malicious verdicts that make an object malicious where Indicators are switched off: the default threshold. */
const DEFAULT_POSITIVES = 10;

/** What a verdict is called as a label. */
export type VerdictBand = 'malicious' | 'suspicious' | 'clean';

/**
 * VirusTotal's tags as OpenCTI labels: lower-case, because the platform compares labels by their lower-case form;
 * each once, in the order sent.
 */
export function labelsFromTags(tags: readonly string[]): readonly string[] {
  const labels = new Set<string>();
  for (const tag of tags) {
    const label = plainText(tag, MAX_LABEL_LENGTH).toLowerCase();
    if (label !== '') labels.add(label);
    if (labels.size === MAX_LABELS) break;
  }
  return [...labels];
}

/**
 * The labels that the options want: the tags, what the threat is called, and the verdict; allowed, not denied, and with
 * the prefix. Each once, 100 at most.
 */
export function labelsOf(report: Report, verdict: Verdict, options: MappingOptions): readonly string[] {
  const { labels } = options;
  const { labelTags, indicator } = kindOptions(report.kind, options);
  const band = labels.verdict ? verdictBand(report, verdict, indicator) : undefined;
  const wanted = labelsFromTags([
    // First, so that no number of tags pushes them out.
    ...(band === undefined ? [] : [band]),
    ...(labels.threat ? threatNames(report) : []),
    ...(labelTags ? report.tags : []),
  ]);
  if (wanted.length === 0) return [];
  return labelsFromTags(
    wanted.filter((label) => isPermitted(label, labels)).map((label) => labels.prefix + label),
  );
}

/**
 * What the verdict amounts to: Google's own, where it gives one; else `malicious` where the rule for an Indicator holds
 * (with the default threshold where Indicators are switched off), `suspicious` from one malicious or suspicious verdict
 * on, and `clean` when engines judged and none had anything against it. `undefined` when nobody judged.
 */
export function verdictBand(
  { gti }: Report,
  verdict: Verdict,
  policy: IndicatorPolicy,
): VerdictBand | undefined {
  const judged = GTI_BANDS[gti?.verdict ?? ''];
  if (judged !== undefined) return judged;
  const { detection } = verdict;
  if (detection === undefined || detection.engines === 0) return undefined;
  const createPositives = policy.createPositives <= 0 ? DEFAULT_POSITIVES : policy.createPositives;
  if (reasonForIndicator(verdict, { ...policy, createPositives }, 'this') !== undefined) return 'malicious';
  return detection.malicious + detection.suspicious > 0 ? 'suspicious' : 'clean';
}

/** VirusTotal reference §3.8. `VERDICT_UNKNOWN` is none, and the engines decide. */
const GTI_BANDS: Readonly<Partial<Record<string, VerdictBand>>> = Object.assign(Object.create(null), {
  VERDICT_MALICIOUS: 'malicious',
  VERDICT_SUSPICIOUS: 'suspicious',
  VERDICT_BENIGN: 'clean',
  VERDICT_UNDETECTED: 'clean',
}) as Partial<Record<string, VerdictBand>>;

function threatNames(report: Report): readonly string[] {
  if (report.kind === 'file') return report.threatLabel === undefined ? [] : [report.threatLabel];
  return report.kind === 'url' ? report.threatNames : [];
}

function isPermitted(label: string, { allow, deny }: LabelOptions): boolean {
  return (allow.length === 0 || matchesAny(label, allow)) && !matchesAny(label, deny);
}
