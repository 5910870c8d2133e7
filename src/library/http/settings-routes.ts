import { Type, type Static } from 'typebox';
import type { OrganisationRecord } from '../store/organisation-store.js';
import { thresholdsFault } from '../verdict/badge.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { invalid, notFound } from './refusal.js';

const Threshold = Type.Integer({ description: 'Engines that call an IOC malicious.' });

const SettingsOnTheWire = Type.Object({
  autoEnrich: Type.Boolean({ description: 'Whether IOCs are looked up when they are imported.' }),
  suspiciousFrom: Threshold,
  maliciousFrom: Threshold,
});

/** What an organisation decides for itself. */
export function settingsRoutes({ organisations, iocs, audit }: LookUpParts): Routes {
  return (app) => {
    app.get(
      '/api/settings',
      {
        config: allow('admin'),
        schema: { summary: 'Settings of the organisation', response: { 200: SettingsOnTheWire } },
      },
      async (request) => {
        const organisation = await organisations.get(principalOf(request).organisationId);
        if (organisation === undefined) throw notFound('organisation');
        return settingsOf(organisation);
      },
    );
    app.patch(
      '/api/settings',
      {
        config: allow('admin'),
        schema: {
          summary: 'Changes settings; IOCs are judged anew by other thresholds',
          body: Type.Object(
            {
              autoEnrich: Type.Optional(Type.Boolean()),
              suspiciousFrom: Type.Optional(Threshold),
              maliciousFrom: Type.Optional(Threshold),
            },
            { additionalProperties: false, minProperties: 1 },
          ),
          response: { 200: SettingsOnTheWire },
        },
      },
      async (request) => {
        const { organisationId } = principalOf(request);
        const before = await organisations.get(organisationId);
        if (before === undefined) throw notFound('organisation');
        const fault = thresholdsFault({ ...before, ...request.body });
        if (fault !== undefined) throw invalid(fault.field, `"${fault.field}" ${fault.reason}.`);
        const after = (await organisations.patch(organisationId, request.body)) ?? before;
        // Also when they are as they were: a judgement that was cut short is then made up for.
        const { suspiciousFrom, maliciousFrom } = request.body;
        const isJudged = suspiciousFrom !== undefined || maliciousFrom !== undefined;
        const judged = isJudged ? await iocs.rejudge(organisationId, after) : 0;
        await audit.add(auditEntry(request, 'settings.change', null, { ...request.body, judged }));
        return settingsOf(after);
      },
    );
  };
}

function settingsOf({
  autoEnrich,
  suspiciousFrom,
  maliciousFrom,
}: OrganisationRecord): Static<typeof SettingsOnTheWire> {
  return { autoEnrich, suspiciousFrom, maliciousFrom };
}
