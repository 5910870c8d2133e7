import type { FastifyRequest } from 'fastify';
import type { JsonObject } from '../../shared/json.js';
import type { NewAuditEntry } from '../store/audit-store.js';
import { principalOf } from './access.js';

/** What somebody did by a request, for the audit log. */
export function auditEntry(
  request: FastifyRequest,
  action: string,
  subject: string | null,
  details: JsonObject = {},
): NewAuditEntry {
  const { userId, organisationId, email } = principalOf(request);
  return { organisationId, userId, actor: email, action, subject, details, address: request.ip };
}
