import { Type } from 'typebox';
import type { Ioc } from '../ioc/ioc.js';
import { canRelate, relationsOf } from '../verdict/related-iocs.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import { enrichImported, wantsEnrichment } from './enrich-imported.js';
import type { IocParts } from './ioc-parts.js';
import { Imported, NamedIoc } from './ioc-schemas.js';
import type { Routes } from './library-app.js';
import { normalisedItems } from './named-iocs.js';
import { invalid, notFound } from './refusal.js';
import { exactly, IdParams } from './schemas.js';

/** VirusTotal shows 40 of a relationship at most, and knows six of a file. */
const MAX_ITEMS = 1000;

const BODY_LIMIT = 4_000_000;

/** Bringing in what VirusTotal relates to an IOC. */
export function iocRelatedRoutes(parts: IocParts): Routes {
  const { iocs, relations, audit } = parts;
  return (app) => {
    app.post(
      '/api/iocs/:id/related',
      {
        config: allow('analyst', 'write'),
        bodyLimit: BODY_LIMIT,
        schema: {
          summary: 'Imports IOCs that are related to one, and keeps the relation',
          params: IdParams,
          body: exactly({
            items: Type.Array(
              exactly({ ...NamedIoc, relation: Type.String({ minLength: 1, maxLength: 100 }) }),
              { minItems: 1, maxItems: MAX_ITEMS },
            ),
          }),
          response: { 200: Type.Object(Imported) },
        },
      },
      async (request) => {
        const { items } = request.body;
        const { organisationId, userId } = principalOf(request);
        const ioc = await iocs.get(organisationId, request.params.id);
        if (ioc === undefined) throw notFound('IOC');
        const related = await normalisedItems(items);
        const names = items.map(({ relation }) => relation);
        refuseStrangeRelations(ioc, related, names);
        const isEnriching = await wantsEnrichment(request, parts, false);
        const { created, known } = await iocs.import(organisationId, related, { createdBy: userId });
        const ids = await iocs.findIds(organisationId, related);
        const kept = await relations.add(
          organisationId,
          ioc.id,
          ids.flatMap((targetId, index) => {
            const relation = names[index];
            return targetId === undefined || relation === undefined ? [] : [{ targetId, relation }];
          }),
        );
        const counts = { created: created.length, known: known.length };
        const enrichment = isEnriching ? await enrichImported(request, parts, created) : {};
        await audit.add(
          auditEntry(request, 'ioc.import-related', ioc.id, {
            value: ioc.value,
            ...counts,
            relations: kept,
            jobId: enrichment.jobId ?? null,
          }),
        );
        return { ...counts, ...enrichment };
      },
    );
  };
}

/** @throws Refusal that names the first relation that VirusTotal does not have between two such IOCs. */
function refuseStrangeRelations(ioc: Ioc, related: readonly Ioc[], names: readonly string[]): void {
  for (const [index, target] of related.entries()) {
    const name = names[index] ?? '';
    if (canRelate(ioc.type, name, target.type)) continue;
    throw invalid(
      `items/${index}/relation`,
      `"${name}" does not lead from a ${ioc.type} to a ${target.type} at VirusTotal, which knows of a ${ioc.type}: ${relationsOf(ioc.type).join(', ')}.`,
    );
  }
}
