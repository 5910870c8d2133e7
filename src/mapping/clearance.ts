import type { Report } from '../virustotal/schema.js';
import type { Clearance } from './context.js';
import { deservesIndicator } from './indicator-rule.js';
import { kindOptions } from './kind-options.js';
import type { MappingOptions } from './options.js';
import type { Verdict } from './score.js';
import { verdictBand } from './verdict-band.js';

/** So many engines must have judged: of a new object few have, and that they find nothing says little. */
const ENOUGH_ENGINES = 30;

/**
 * The score of what is revoked, and of nothing else: the only one that the platform never takes for set before, so that
 * it does not ignore the revocation (protocol reference §6.5).
 */
const REVOKED_SCORE = 0;
const LEAST_VALID_SCORE = 1;

/**
 * What the verdict does to an Indicator that an earlier one made; `undefined` while it stands: as long as the rule for
 * Indicators holds, as Google calls the object malicious, or as too few engines have judged. The words are those of the
 * verdict's labels: `clean` without any engine against it revokes, anything less lowers.
 */
export function clearanceOf(
  report: Report,
  verdict: Verdict,
  options: MappingOptions,
): Clearance | undefined {
  const { detection, score } = verdict;
  if (!options.indicators.followVerdict || detection === undefined || score === undefined) return undefined;
  const { indicator } = kindOptions(report.kind, options);
  if (detection.engines < Math.max(ENOUGH_ENGINES, indicator.createPositives)) return undefined;
  if (deservesIndicator(verdict, indicator)) return undefined;
  const band = verdictBand(report, verdict, indicator);
  if (band === undefined || band === 'malicious') return undefined;
  const revokes = band === 'clean' && detection.malicious + detection.suspicious === 0;
  return { revokes, score: revokes ? REVOKED_SCORE : Math.max(LEAST_VALID_SCORE, score) };
}

/**
 * Whether a clearance does anything to an Indicator: it never raises a score.
 *
 * @param present - The score that the Indicator has now.
 */
export function takesEffect({ revokes, score }: Clearance, present: number | undefined): boolean {
  return revokes || present === undefined || score < present;
}

/**
 * A clearance as a clause of the work's message, e.g. `2 Indicators lowered to a score of 3`.
 *
 * @param count - Of Indicators, one or more.
 */
export function clearanceClause({ revokes, score }: Clearance, count: number): string {
  const which = count === 1 ? 'Indicator' : `${count} Indicators`;
  return revokes ? `${which} revoked` : `${which} lowered to a score of ${score}`;
}
