import { plainText } from '../../mapping/plain-text.js';
import type { Report } from '../../virustotal/schema.js';
import { detectionRatio, type Judgement } from './badge.js';
import { objectNames, reportTags, threatNames } from './report-names.js';

/** What an enrichment found. */
export interface EnrichmentResult {
  readonly judgement: Judgement;
  /** `undefined` when VirusTotal did not know the object. */
  readonly report: Report | undefined;
}

/** One thing that changed, for people. */
export interface Change {
  readonly what:
    | 'known'
    | 'verdict'
    | 'detections'
    | 'newly-malicious'
    | 'no-longer-malicious'
    | 'threat-names'
    | 'names'
    | 'tags';
  /** `Verdict: clean → malicious`: plain text in one line. */
  readonly text: string;
}

const MAX_LISTED = 10;
const MAX_NAME_LENGTH = 80;

/**
 * What changed from one enrichment to the next, the most important first; empty when nothing did that people care about.
 * An engine that was not asked, or gave no verdict, the other time has changed nothing.
 */
export function changesBetween(before: EnrichmentResult, after: EnrichmentResult): readonly Change[] {
  const [old, now] = [before.report, after.report];
  const changes: (Change | undefined)[] = [
    knownChange(before, after),
    changed('verdict', 'Verdict', before.judgement.verdict, after.judgement.verdict),
    changed(
      'detections',
      'Detections',
      detectionRatio(before.judgement) ?? 'none',
      detectionRatio(after.judgement) ?? 'none',
    ),
  ];
  if (old !== undefined && now !== undefined) {
    changes.push(
      listed('newly-malicious', 'Newly malicious', turned(now, old)),
      listed('no-longer-malicious', 'No longer malicious', turned(old, now)),
      listed('threat-names', 'New threat names', added(threatNames(old), threatNames(now))),
      listed('names', 'New names', added(objectNames(old), objectNames(now))),
      listed('tags', 'New tags', added(reportTags(old), reportTags(now))),
    );
  }
  return changes.filter((change) => change !== undefined);
}

function knownChange(before: EnrichmentResult, after: EnrichmentResult): Change | undefined {
  const [wasKnown, isKnown] = [before.report !== undefined, after.report !== undefined];
  if (wasKnown === isKnown) return undefined;
  return { what: 'known', text: isKnown ? 'Now known to VirusTotal' : 'No longer known to VirusTotal' };
}

function changed(what: Change['what'], label: string, before: string, after: string): Change | undefined {
  return before === after ? undefined : { what, text: `${label}: ${before} → ${after}` };
}

const JUDGING = new Set(['malicious', 'suspicious', 'undetected', 'harmless']);

/** Engines that say malicious in the one report, and judged otherwise in the other. */
function turned(malicious: Report, other: Report): readonly string[] {
  const categories = new Map(other.results.map(({ engine, category }) => [engine, category]));
  return malicious.results
    .filter(({ engine, category }) => {
      const then = categories.get(engine);
      return category === 'malicious' && then !== 'malicious' && then !== undefined && JUDGING.has(then);
    })
    .map(({ engine }) => engine)
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const known = new Set(before);
  return after.filter((name) => !known.has(name));
}

function listed(what: Change['what'], label: string, names: readonly string[]): Change | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, MAX_LISTED).map((name) => plainText(name, MAX_NAME_LENGTH));
  const rest = names.length - shown.length;
  return { what, text: `${label}: ${shown.join(', ')}${rest === 0 ? '' : ` and ${rest} more`}` };
}
