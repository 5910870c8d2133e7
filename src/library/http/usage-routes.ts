import { Type, type Static } from 'typebox';
import type { UsageReport } from '../look-up/usage-report.js';
import { allow, principalOf } from './access.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { orNull, Time } from './schemas.js';

const Window = Type.Object({
  used: Type.Integer(),
  limit: orNull(Type.Integer({ description: 'null: none.' })),
  resetsAt: orNull(Time),
});

/** Look-ups of the key, whoever made them, and of the organisation. */
export const UsageOnTheWire = Type.Object({
  key: Type.Object({ perMinute: Window, perDay: Window, perMonth: Window }),
  organisation: Type.Object({ day: Window, month: Window }),
});

/** Usage as it goes out. */
export function usageOnTheWire({ key, organisation }: UsageReport): Static<typeof UsageOnTheWire> {
  return { key: { ...key }, organisation: { ...organisation } };
}

/** How much of quota and budget is used. */
export function usageRoutes({ usage }: LookUpParts): Routes {
  return (app) => {
    app.get(
      '/api/usage',
      {
        config: allow('viewer', 'read'),
        schema: {
          summary: 'Look-ups used, of the key and by the organisation',
          response: { 200: UsageOnTheWire },
        },
      },
      async (request) => usageOnTheWire(await usage.read(principalOf(request).organisationId)),
    );
  };
}
