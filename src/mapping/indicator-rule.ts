import type { IndicatorPolicy } from './options.js';
import { plainText } from './plain-text.js';
import type { Verdict } from './score.js';
import { detectionClause } from './verdict-text.js';

const MAX_NAMED_ENGINES = 10;
const MAX_ENGINE_LENGTH = 40;

/**
 * Why an object deserves an Indicator, as a clause with the rule that holds, e.g. `20 of 31 engines call this file
 * malicious (threshold 10)`; `undefined` when no rule holds.
 *
 * The verdicts that count must reach the threshold, or the trusted engines that say malicious must reach theirs. A
 * threshold of 0 for all engines switches Indicators off altogether.
 *
 * @param thing - What the engines judged, e.g. `this file`.
 */
export function reasonForIndicator(
  { detection, trusted = [] }: Verdict,
  { createPositives, countSuspicious, trustedPositives }: IndicatorPolicy,
  thing: string,
): string | undefined {
  if (createPositives <= 0 || detection === undefined) return undefined;
  const clause = detectionClause(detection, thing);
  const { malicious, suspicious } = detection;
  if (malicious >= createPositives) return `${clause} (threshold ${createPositives})`;
  if (countSuspicious && malicious + suspicious >= createPositives) {
    return `${clause}, ${suspicious} suspicious (threshold ${createPositives}, suspicious verdicts counted)`;
  }
  if (trustedPositives > 0 && trusted.length >= trustedPositives) {
    return `${clause}, among them ${named(trusted)} (threshold ${trustedPositives} of the trusted engines)`;
  }
  return undefined;
}

function named(engines: readonly string[]): string {
  const shown = engines.slice(0, MAX_NAMED_ENGINES).map((engine) => plainText(engine, MAX_ENGINE_LENGTH));
  const rest = engines.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
