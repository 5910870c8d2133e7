import { isJsonObject, type JsonObject } from '../shared/json.js';
import { asCount, asObject } from './report-fields.js';
import type { KeyQuota, QuotaUse } from './schema.js';

/**
 * The quota in `GET /users/{id}/overall_quotas`. Limits belong to the user and, in a group, to the group as well: the
 * one with less left counts (https://docs.virustotal.com/reference/get-user-quota).
 *
 * @returns `undefined` when the body holds no quotas.
 */
export function parseQuota(body: JsonObject): KeyQuota | undefined {
  if (!isJsonObject(body.data)) return undefined;
  return {
    hourly: scarcest(body.data.api_requests_hourly),
    daily: scarcest(body.data.api_requests_daily),
    monthly: scarcest(body.data.api_requests_monthly),
  };
}

function scarcest(value: unknown): QuotaUse | undefined {
  const uses = [asObject(value).user, asObject(value).group].map(quotaUse).filter((use) => use !== undefined);
  return uses.sort((a, b) => a.allowed - a.used - (b.allowed - b.used))[0];
}

function quotaUse(value: unknown): QuotaUse | undefined {
  const allowed = asCount(asObject(value).allowed);
  return allowed === undefined ? undefined : { allowed, used: asCount(asObject(value).used) ?? 0 };
}
