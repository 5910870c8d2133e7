import { isWithinTlp, type Tlp } from '../stix/markings.js';
import type { Exclusions } from './exclusions.js';
import type { SkippedOutcome } from './outcome.js';

export interface GateOptions {
  /** Types that the operator wants enriched; empty means all that are supported. */
  readonly scope: readonly string[];
  /** Highest TLP that may be sent to VirusTotal. */
  readonly maxTlp: Tlp;
  /** Values that are never sent to VirusTotal. */
  readonly exclusions: Exclusions;
}

/**
 * Decides whether an entity may be looked up at all, before anything leaves this process.
 *
 * @param entityType - OpenCTI type of the entity.
 * @param markingIds - Its `object_marking_refs`; undefined when they cannot be read, which counts as the strictest.
 * @returns why not, or `undefined` when it may pass.
 */
export function gate(
  entityType: string,
  markingIds: readonly string[] | undefined,
  options: GateOptions,
): SkippedOutcome | undefined {
  const scope = options.scope.map((type) => type.toLowerCase());
  if (scope.length > 0 && !scope.includes(entityType.toLowerCase())) {
    return {
      status: 'skipped',
      reason: 'out-of-scope',
      message: `VirusTotal: ${entityType} is not in this connector's scope (CONNECTOR_SCOPE); nothing was asked.`,
    };
  }
  if (markingIds === undefined || !isWithinTlp(markingIds, options.maxTlp)) {
    return {
      status: 'skipped',
      reason: 'refused',
      message: `VirusTotal: the marking of this object is above ${options.maxTlp}, the highest that may be sent to VirusTotal (VIRUSTOTAL_MAX_TLP); nothing was asked.`,
    };
  }
  return undefined;
}
