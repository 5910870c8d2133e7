import type { Report } from '../virustotal/schema.js';
import type { VerdictBand } from './context.js';
import { deservesIndicator } from './indicator-rule.js';
import type { IndicatorPolicy } from './options.js';
import type { Verdict } from './score.js';

/** Malicious verdicts that make an object malicious where Indicators are switched off: the default threshold. */
const DEFAULT_POSITIVES = 10;

/** From the one that matters most. */
const BANDS: readonly VerdictBand[] = ['malicious', 'suspicious', 'clean'];

/**
 * VirusTotal reference §3.8. `VERDICT_UNKNOWN` is none, and `VERDICT_UNDETECTED` says that nothing is known and not that
 * the object is benign (§10.3): there the engines decide.
 */
const GTI_BANDS: Readonly<Partial<Record<string, VerdictBand>>> = Object.assign(Object.create(null), {
  VERDICT_MALICIOUS: 'malicious',
  VERDICT_SUSPICIOUS: 'suspicious',
  VERDICT_BENIGN: 'clean',
}) as Partial<Record<string, VerdictBand>>;

/**
 * What the verdict amounts to: Google's own, where it gives one; else `malicious` where the rule for an Indicator holds
 * (with the default threshold where Indicators are switched off), `suspicious` from one malicious or suspicious verdict
 * on, and `clean` when engines judged and none had anything against it. `undefined` when nobody judged. What deserves an
 * Indicator is never clean, whoever says so.
 */
export function verdictBand(
  { gti }: Report,
  verdict: Verdict,
  policy: IndicatorPolicy,
): VerdictBand | undefined {
  const createPositives = policy.createPositives <= 0 ? DEFAULT_POSITIVES : policy.createPositives;
  const isBad = deservesIndicator(verdict, { ...policy, createPositives });
  const judged = GTI_BANDS[gti?.verdict ?? ''];
  if (judged !== undefined && !(isBad && judged === 'clean')) return judged;
  if (isBad) return 'malicious';
  const { detection } = verdict;
  if (detection === undefined || detection.engines === 0) return undefined;
  return detection.malicious + detection.suspicious > 0 ? 'suspicious' : 'clean';
}

/** Of several verdicts about parts of one thing the one that counts for the whole. */
export function worstBand(bands: readonly VerdictBand[]): VerdictBand | undefined {
  return BANDS.find((band) => bands.includes(band));
}
