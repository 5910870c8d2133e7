import type { EntityChanges } from '../mapping/context.js';
import type { Changes } from '../stix/entity-changes.js';

/**
 * The changes of all reports about one entity: the highest score counts, lists are united. An Indicator of ours is
 * revoked, or gets a lower score whatever else holds for scores, when every report clears its value and there is one on
 * each of them.
 *
 * @param isComplete - Whether every value of the entity has a report.
 */
export function mergeChanges(
  changes: readonly EntityChanges[],
  { isComplete, now }: { readonly isComplete: boolean; readonly now: Date },
): Changes {
  const cleared = changes.flatMap((change) => change.cleared ?? []);
  const isCleared = isComplete && cleared.length > 0 && cleared.length === changes.length;
  const scores = isCleared
    ? cleared.map(({ score }) => score)
    : changes.flatMap((change) => change.score ?? []);
  return {
    score: scores.length === 0 ? undefined : Math.max(...scores),
    revokedAt: isCleared && cleared.every(({ revokes }) => revokes) ? now : undefined,
    labels: changes.flatMap((change) => change.labels),
    externalReferences: changes.flatMap((change) => change.externalReferences),
    hashes: Object.assign({}, ...changes.map((change) => change.hashes)) as Record<string, string>,
    size: changes.find((change) => change.size !== undefined)?.size,
    name: changes.find((change) => change.name !== undefined)?.name,
    additionalNames: changes.flatMap((change) => change.additionalNames),
  };
}
