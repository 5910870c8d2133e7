import { takesEffect } from '../mapping/clearance.js';
import type { Clearance, EntityChanges } from '../mapping/context.js';
import { labelsOf } from '../mapping/labels.js';
import type { LabelOptions } from '../mapping/options.js';
import { worstBand } from '../mapping/verdict-band.js';
import type { Changes } from '../stix/entity-changes.js';

/** What must be known beside the changes of each report. */
export interface MergeContext {
  /** Whether every value of the entity has a report. */
  readonly isComplete: boolean;
  /** The score that the entity has now. */
  readonly score: number | undefined;
  readonly labels: LabelOptions;
  readonly now: Date;
}

export interface MergedChanges {
  readonly changes: Changes;
  /** What the reports do to an Indicator of ours; `undefined` when nothing. */
  readonly clearance: Clearance | undefined;
}

/**
 * The changes of all reports about one entity: the highest score and the worst verdict count, lists are united. An
 * Indicator of ours is revoked, or gets a lower score whatever else holds for scores, when every report clears its value
 * and there is one on each of them.
 */
export function mergeChanges(
  changes: readonly EntityChanges[],
  { isComplete, score: present, labels, now }: MergeContext,
): MergedChanges {
  const clearance = isComplete ? commonClearance(changes, present) : undefined;
  const scores = changes.flatMap((change) => change.score ?? []);
  const band = worstBand(changes.flatMap((change) => change.band ?? []));
  return {
    changes: {
      score: clearance?.score ?? (scores.length === 0 ? undefined : Math.max(...scores)),
      revokedAt: clearance?.revokes === true ? now : undefined,
      labels: labelsOf(
        band,
        changes.flatMap((change) => change.labels),
        labels,
      ),
      externalReferences: changes.flatMap((change) => change.externalReferences),
      hashes: Object.assign({}, ...changes.map((change) => change.hashes)) as Record<string, string>,
      size: changes.find((change) => change.size !== undefined)?.size,
      name: changes.find((change) => change.name !== undefined)?.name,
      additionalNames: changes.flatMap((change) => change.additionalNames),
      killChainPhases: changes.flatMap((change) => change.killChainPhases),
    },
    clearance,
  };
}

/** What all values have in common: revoked is what all of them revoke, and the highest of the scores counts. */
function commonClearance(
  changes: readonly EntityChanges[],
  present: number | undefined,
): Clearance | undefined {
  const cleared = changes.flatMap((change) => change.cleared ?? []);
  if (cleared.length === 0 || cleared.length < changes.length) return undefined;
  const common = {
    revokes: cleared.every(({ revokes }) => revokes),
    score: Math.max(...cleared.map(({ score }) => score)),
  };
  return takesEffect(common, present) ? common : undefined;
}
