import { Type } from 'typebox';
import type { Accounts } from '../accounts/accounts.js';
import { allow, principalOf } from './access.js';
import { AuditEntryOnTheWire } from './account-schemas.js';
import type { Routes } from './library-app.js';
import { exactly, pageOf, pageQuery } from './schemas.js';

/** What was done by whom: in the organisation, and for super admins in all of them. */
export function auditRoutes({ audit }: Accounts): Routes {
  return (app) => {
    app.get(
      '/api/audit',
      {
        config: allow('admin', 'read'),
        schema: {
          summary: 'Audit log, the newest first',
          querystring: exactly({
            ...pageQuery,
            action: Type.Optional(
              Type.String({ maxLength: 100, description: 'Or its beginning: user.invite, user.' }),
            ),
            user: Type.Optional(
              Type.String({ maxLength: 254, description: 'E-mail address, or its beginning.' }),
            ),
          }),
          response: { 200: pageOf(AuditEntryOnTheWire) },
        },
      },
      async (request) => {
        const { role, organisationId } = principalOf(request);
        const { page, pageSize, action, user } = request.query;
        const { items, total } = await audit.list(role === 'super_admin' ? null : organisationId, {
          page,
          pageSize,
          action: action?.trim(),
          actor: user?.trim().toLowerCase(),
        });
        const entries = items.map(({ id, at, actor, action: done, subject, details, address }) => ({
          id,
          at,
          actor,
          action: done,
          subject,
          details,
          address,
        }));
        return { items: entries, total, page, pageSize };
      },
    );
  };
}
