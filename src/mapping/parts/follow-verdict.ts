import { applyChanges, leanEntity } from '../../stix/entity-changes.js';
import { scoreOf } from '../../stix/extensions.js';
import type { StixObject } from '../../stix/objects.js';
import { clearanceOf } from '../clearance.js';
import type { Clearance, MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { ownSince } from '../own-indicator.js';

/**
 * Follows a verdict that clears the object: Indicators that were made of an earlier one are revoked, or get the lower
 * score. Only those that VirusTotal is the author of, and only when the report is newer than they are. Of an enriched
 * Indicator all values must be cleared, which is seen where the reports are put together.
 */
export const followVerdict: Part = ({ report, verdict, context, extras }) => {
  const cleared = clearanceOf(report, verdict, context.options);
  if (cleared === undefined) return undefined;
  const { subject, fetchedAt } = context;
  if (subject.entityType === 'Indicator') {
    if (subject.ownSince === undefined || fetchedAt < subject.ownSince) return undefined;
    return { changes: { cleared } };
  }
  const followed = (extras.ownIndicators ?? []).flatMap((indicator) => follow(indicator, cleared, context));
  return { objects: followed, clauses: clauses(followed.length, cleared) };
};

/** The Indicator as it is to be imported: with its pattern, markings and sharing as they are. */
function follow(
  indicator: StixObject,
  { revokes, score }: Clearance,
  { now, fetchedAt }: MappingContext,
): readonly StixObject[] {
  const since = ownSince(indicator);
  if (since === undefined || fetchedAt < since) return [];
  const present = scoreOf(indicator);
  const isLower = present === undefined || score < present;
  if (!revokes && !isLower) return [];
  const changed = applyChanges(indicator, {
    score: isLower ? score : undefined,
    revokedAt: revokes ? now : undefined,
  });
  return [leanEntity(changed, indicator)];
}

function clauses(count: number, { revokes, score }: Clearance): readonly string[] {
  if (count === 0) return [];
  const which = count === 1 ? 'Indicator' : `${count} Indicators`;
  return [revokes ? `${which} revoked` : `${which} lowered to a score of ${score}`];
}
