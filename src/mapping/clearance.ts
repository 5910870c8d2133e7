import type { Report } from '../virustotal/schema.js';
import type { Clearance } from './context.js';
import { reasonForIndicator } from './indicator-rule.js';
import { kindOptions } from './kind-options.js';
import { verdictBand } from './labels.js';
import type { MappingOptions } from './options.js';
import type { Verdict } from './score.js';

/** So many engines must have judged: of a new object few have, and that they find nothing says little. */
const ENOUGH_ENGINES = 30;

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
  if (reasonForIndicator(verdict, indicator, 'this') !== undefined) return undefined;
  const band = verdictBand(report, verdict, indicator);
  if (band === undefined || band === 'malicious') return undefined;
  return { revokes: band === 'clean' && detection.malicious + detection.suspicious === 0, score };
}
