import { readVerdict } from '../../mapping/score.js';
import type { Report } from '../../virustotal/schema.js';

export const VERDICTS = ['clean', 'suspicious', 'malicious', 'unknown'] as const;

/** What VirusTotal's answer amounts to; the badge of an enriched IOC. */
export type LibraryVerdict = (typeof VERDICTS)[number];

/** From how many malicious engines on an IOC is more than clean: whole numbers from 1. */
export interface Thresholds {
  readonly suspiciousFrom: number;
  readonly maliciousFrom: number;
}

/** The seed's rule: 0 is clean, 1 to 5 are suspicious, 6 and more malicious. */
export const DEFAULT_THRESHOLDS: Thresholds = { suspiciousFrom: 1, maliciousFrom: 6 };

const MAX_THRESHOLD = 1000;

/** What is kept of an answer to be listed, filtered and sorted. */
export interface Judgement {
  readonly verdict: LibraryVerdict;
  /** Engines; `null` when nobody judged. */
  readonly malicious: number | null;
  readonly suspicious: number | null;
  /** Engines that gave a verdict: timeouts, failures and unsupported types do not count. */
  readonly engines: number | null;
}

/** Why thresholds make no sense, with the setting that is wrong; `undefined` when they do. */
export function thresholdsFault({
  suspiciousFrom,
  maliciousFrom,
}: Thresholds): { readonly field: keyof Thresholds; readonly reason: string } | undefined {
  const isThreshold = (value: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= MAX_THRESHOLD;
  const reason = `must be a whole number from 1 to ${MAX_THRESHOLD}`;
  if (!isThreshold(suspiciousFrom)) return { field: 'suspiciousFrom', reason };
  if (!isThreshold(maliciousFrom)) return { field: 'maliciousFrom', reason };
  return maliciousFrom < suspiciousFrom
    ? { field: 'maliciousFrom', reason: `must not be below suspiciousFrom, which is ${suspiciousFrom}` }
    : undefined;
}

/**
 * Judges an answer of VirusTotal by the engines that call the object malicious.
 *
 * @param report - `undefined` when VirusTotal does not know the object.
 */
export function judge(report: Report | undefined, thresholds: Thresholds): Judgement {
  const detection = report === undefined ? undefined : readVerdict(report).detection;
  if (detection === undefined || detection.engines === 0)
    return { verdict: 'unknown', malicious: null, suspicious: null, engines: null };
  const { malicious, suspicious, engines } = detection;
  return { verdict: verdictOf({ malicious, engines }, thresholds), malicious, suspicious, engines };
}

/** The verdict of counts that are kept: for all IOCs of an organisation when its thresholds change. */
export function verdictOf(
  { malicious, engines }: Pick<Judgement, 'malicious' | 'engines'>,
  { suspiciousFrom, maliciousFrom }: Thresholds,
): LibraryVerdict {
  if (malicious === null || engines === null || engines === 0) return 'unknown';
  if (malicious >= maliciousFrom) return 'malicious';
  return malicious >= suspiciousFrom ? 'suspicious' : 'clean';
}

/** `45/72`; `null` when nobody judged. */
export function detectionRatio({
  malicious,
  engines,
}: Pick<Judgement, 'malicious' | 'engines'>): string | null {
  return malicious === null || engines === null ? null : `${malicious}/${engines}`;
}
