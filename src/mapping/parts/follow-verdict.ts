import { applyChanges, leanEntity } from '../../stix/entity-changes.js';
import { scoreOf } from '../../stix/extensions.js';
import type { StixObject } from '../../stix/objects.js';
import { clearanceClause, clearanceOf, takesEffect } from '../clearance.js';
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
  const clauses = followed.length === 0 ? [] : [clearanceClause(cleared, followed.length)];
  return { objects: followed, clauses };
};

/** The Indicator as it is to be imported: with its pattern, markings and sharing as they are. */
function follow(
  indicator: StixObject,
  cleared: Clearance,
  { now, fetchedAt }: MappingContext,
): readonly StixObject[] {
  const since = ownSince(indicator);
  if (since === undefined || fetchedAt < since) return [];
  if (!takesEffect(cleared, scoreOf(indicator))) return [];
  const { revokes, score } = cleared;
  const changed = applyChanges(indicator, { score, revokedAt: revokes ? now : undefined });
  return [leanEntity(changed, indicator)];
}
