import { engineName } from './engine-groups.js';
import type { IndicatorPolicy } from './options.js';
import type { Verdict } from './score.js';
import { detectionClause } from './verdict-text.js';

const MAX_NAMED_ENGINES = 10;

/** By what an object deserves an Indicator: all engines, or those that are trusted. */
type Rule = 'malicious' | 'malicious-or-suspicious' | 'trusted';

/**
 * Whether an object deserves an Indicator.
 *
 * The verdicts that count must reach the threshold, or the trusted engines that say malicious must reach theirs. A
 * threshold of 0 for all engines switches Indicators off altogether.
 */
export function deservesIndicator(verdict: Verdict, policy: IndicatorPolicy): boolean {
  return ruleFor(verdict, policy) !== undefined;
}

/**
 * Why an object deserves an Indicator, as a clause with the rule that holds, e.g. `20 of 31 engines call this file
 * malicious (threshold 10)`, as safe Markdown; `undefined` when no rule holds.
 *
 * @param thing - What the engines judged, e.g. `this file`.
 */
export function reasonForIndicator(
  verdict: Verdict,
  policy: IndicatorPolicy,
  thing: string,
): string | undefined {
  const { createPositives, trustedPositives } = policy;
  const clause = detectionClause(verdict.detection, thing);
  switch (ruleFor(verdict, policy)) {
    case 'malicious':
      return `${clause} (threshold ${createPositives})`;
    case 'malicious-or-suspicious':
      return `${clause}, ${verdict.detection?.suspicious ?? 0} suspicious (threshold ${createPositives}, suspicious verdicts counted)`;
    case 'trusted':
      return `${clause}, among them ${named(verdict.trusted ?? [])} (threshold ${trustedPositives} of the trusted engines)`;
    case undefined:
      return undefined;
  }
}

/** The first rule that holds. */
function ruleFor(
  { detection, trusted = [] }: Verdict,
  { createPositives, countSuspicious, trustedPositives }: IndicatorPolicy,
): Rule | undefined {
  if (createPositives <= 0 || detection === undefined) return undefined;
  const { malicious, suspicious } = detection;
  if (malicious >= createPositives) return 'malicious';
  if (countSuspicious && malicious + suspicious >= createPositives) return 'malicious-or-suspicious';
  return trustedPositives > 0 && trusted.length >= trustedPositives ? 'trusted' : undefined;
}

function named(engines: readonly string[]): string {
  const shown = engines.slice(0, MAX_NAMED_ENGINES).map(engineName);
  const rest = engines.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
