import type { EnrichmentRequest } from '../enrichment/request.js';
import type { JsonObject } from '../shared/json.js';

/** The request for an entity that no platform has: there is no work, no draft and no playbook. */
export function standAloneRequest(
  entity: JsonObject,
  entityType: string,
  how: Pick<EnrichmentRequest, 'mode' | 'receivedAt'>,
): EnrichmentRequest {
  const entityId = String(entity.id);
  return {
    ...how,
    key: entityId,
    entityId,
    entityType,
    workId: undefined,
    draftId: undefined,
    applicantId: undefined,
    playbook: undefined,
    entity,
    validation: { mode: undefined, force: false },
  };
}
