import type { AnalysisStats, CommonReport } from '../virustotal/schema.js';

/** How many engines said what. */
export interface Detection {
  readonly malicious: number;
  readonly suspicious: number;
  /** Engines that gave a verdict: without those that timed out, failed or do not handle the type. */
  readonly engines: number;
}

/** What VirusTotal thinks of an object. */
export interface Verdict {
  /** `undefined` when the object was never analysed. */
  readonly detection: Detection | undefined;
  /** 0–100, whole; `undefined` when there is no verdict at all. */
  readonly score: number | undefined;
  readonly scoreSource: 'engines' | 'gti' | undefined;
  /** Trusted engines that call it malicious, as the report names them; absent when none is trusted. */
  readonly trusted?: readonly string[];
}

/**
 * Reads the verdict out of any report. That there is none is a result, not a failure.
 *
 * @param trustedEngines - Names of engines, in any case; names that no report has do nothing.
 */
export function readVerdict(report: CommonReport, trustedEngines: readonly string[] = []): Verdict {
  const names = trustedNames(trustedEngines);
  if (names.size === 0) return readScore(report);
  const trusted = report.results.filter(
    ({ engine, category }) => category === 'malicious' && isTrusted(engine, names),
  );
  return { ...readScore(report), trusted: trusted.map(({ engine }) => engine) };
}

/** Names of trusted engines in the form in which they are compared. */
export function trustedNames(engines: readonly string[]): ReadonlySet<string> {
  return new Set(engines.map((engine) => engine.toLowerCase()));
}

/** @param names - The result of {@link trustedNames}. */
export function isTrusted(engine: string, names: ReadonlySet<string>): boolean {
  return names.has(engine.trim().toLowerCase());
}

function readScore(report: CommonReport): Verdict {
  const detection = report.stats === undefined ? undefined : readDetection(report.stats);
  // Without a verdict the number that may stand beside it says nothing.
  const isJudged = report.gti?.verdict !== 'VERDICT_UNKNOWN';
  const threatScore = isJudged ? wholeScore(report.gti?.threatScore) : undefined;
  if (threatScore !== undefined) return { detection, score: threatScore, scoreSource: 'gti' };
  const score = report.stats === undefined ? undefined : engineScore(report.stats);
  return { detection, score, scoreSource: score === undefined ? undefined : 'engines' };
}

function readDetection({ malicious, suspicious, undetected, harmless }: AnalysisStats): Detection {
  return { malicious, suspicious, engines: malicious + suspicious + undetected + harmless };
}

/** The rule of OpenCTI's own VirusTotal connector: the share of `malicious` in percent; `suspicious` does not count. */
function engineScore({ malicious, harmless, undetected }: AnalysisStats): number | undefined {
  const decided = malicious + harmless + undetected;
  return decided > 0 ? wholeScore((100 * malicious) / decided) : undefined;
}

/** OpenCTI takes whole scores from 0 to 100 only. */
function wholeScore(score: number | undefined): number | undefined {
  if (score === undefined || !Number.isFinite(score)) return undefined;
  return Math.round(Math.min(100, Math.max(0, score)));
}

/**
 * The score to set, or `undefined` to leave the present one: always the new one when lower scores may replace higher
 * ones, else only one that is not lower. The same rule for every source of the score.
 */
export function scoreToSet(
  score: number | undefined,
  present: number | undefined,
  replaceWithLowerScore: boolean,
): number | undefined {
  if (score === undefined || present === undefined || replaceWithLowerScore) return score;
  return score >= present ? score : undefined;
}
