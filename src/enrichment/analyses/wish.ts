import { publicationObstacle, type Tlp } from '../../stix/markings.js';
import type { LookUp } from '../../virustotal/schema.js';

/** What may be submitted to VirusTotal, and when. */
export interface SubmissionRules {
  /** Artifacts that VirusTotal does not know are uploaded. */
  readonly uploadArtifacts: boolean;
  /** URLs that VirusTotal does not know are submitted. */
  readonly submitUrls: boolean;
  /** Highest TLP of what is uploaded or submitted, because that publishes it. */
  readonly uploadMaxTlp: Tlp;
  /** Age at which the last analysis in a report is stale; 0: never. */
  readonly reanalyseAfterMs: number;
}

/** An entity that stands for one object of VirusTotal, and what was answered about it. */
export interface LookedUp {
  /** OpenCTI type of the entity. */
  readonly entityType: string;
  /** Its marking ids; `undefined` when they cannot be read, which counts as the strictest. */
  readonly markings: readonly string[] | undefined;
  readonly answer: LookUp;
}

/** What VirusTotal is to be asked to analyse. `refused`: it would be, but must not. */
export type Wish =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'upload' }
  | { readonly kind: 'submit-url' }
  | { readonly kind: 'reanalyse'; readonly lastAnalysis: Date }
  | { readonly kind: 'refused'; readonly remark: string };

const nothing: Wish = { kind: 'nothing' };

/**
 * Decides whether an analysis is asked for. A StixFile has no content to upload, and an Indicator never leads here. A
 * fresh analysis of what VirusTotal knows publishes nothing, so the ceiling for uploads does not concern it.
 */
export function wishOf({ entityType, markings, answer }: LookedUp, rules: SubmissionRules, now: Date): Wish {
  if (answer.found) {
    const { lastAnalysisDate } = answer.report;
    if (rules.reanalyseAfterMs === 0 || lastAnalysisDate === undefined) return nothing;
    const isStale = now.getTime() - lastAnalysisDate.getTime() > rules.reanalyseAfterMs;
    return isStale ? { kind: 'reanalyse', lastAnalysis: lastAnalysisDate } : nothing;
  }
  const kind = submissionKindOf(entityType, rules);
  if (kind === undefined) return nothing;
  const remark = publicationRefusal('its marking', markings, rules.uploadMaxTlp);
  return remark === undefined ? { kind } : { kind: 'refused', remark };
}

const obstacleTexts = {
  above: 'is',
  pap: 'is a PAP above PAP:CLEAR, which counts as',
  unknown: 'is no known TLP, which counts as',
  unreadable: 'cannot be read, which counts as',
} as const;

/**
 * A sentence that says why something so marked is not published, or `undefined` when it may be.
 *
 * @param what - Whose marking it is, to begin the reason with.
 * @param markings - `undefined` when they cannot be read.
 */
export function publicationRefusal(
  what: 'its marking' | 'the marking of its file',
  markings: readonly string[] | undefined,
  maxTlp: Tlp,
): string | undefined {
  const obstacle = markings === undefined ? 'unreadable' : publicationObstacle(markings, maxTlp);
  return obstacle === undefined
    ? undefined
    : `It was not submitted: ${what} ${obstacleTexts[obstacle]} above ${maxTlp}, the highest that may be published there (VIRUSTOTAL_UPLOAD_MAX_TLP).`;
}

function submissionKindOf(entityType: string, rules: SubmissionRules): 'upload' | 'submit-url' | undefined {
  switch (entityType.toLowerCase()) {
    case 'artifact':
      return rules.uploadArtifacts ? 'upload' : undefined;
    case 'url':
      return rules.submitUrls ? 'submit-url' : undefined;
    default:
      return undefined;
  }
}
