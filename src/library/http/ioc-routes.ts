import { Type, type Static } from 'typebox';
import type { EnrichmentRecord } from '../store/enrichment-store.js';
import type { RelatedIoc } from '../store/relation-store.js';
import { detectionRatio } from '../verdict/badge.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import { detailsOnTheWire } from './details-on-the-wire.js';
import { iocOnTheWire } from './ioc-on-the-wire.js';
import type { IocParts } from './ioc-parts.js';
import { IocInDetail, PatchBody, type HistoryEntry, type RelationOnTheWire } from './ioc-schemas.js';
import type { Routes } from './library-app.js';
import { notFound, Refusal } from './refusal.js';
import { IdParams, IocOnTheWire } from './schemas.js';
import { readTags } from './tags-read.js';
import { unlessBlank } from './unless-blank.js';

/** One IOC: what is known of it, and what people write about it. */
export function iocRoutes({ iocs, enrichments, relations, details, audit }: IocParts): Routes {
  return (app) => {
    app.get(
      '/api/iocs/:id',
      {
        config: allow('viewer', 'read'),
        schema: {
          summary: 'One IOC, with what VirusTotal says of it',
          params: IdParams,
          response: { 200: IocInDetail },
        },
      },
      async (request) => {
        const { organisationId } = principalOf(request);
        const ioc = await iocs.get(organisationId, request.params.id);
        if (ioc === undefined) throw notFound('IOC');
        const kept = await details.of(organisationId, ioc);
        return {
          ...iocOnTheWire(ioc),
          details: kept && detailsOnTheWire(kept),
          history: (await enrichments.history(organisationId, ioc.id)).map(historyEntry),
          relations: (await relations.of(organisationId, ioc.id)).map(relationOnTheWire),
        };
      },
    );
    app.get(
      '/api/iocs/:id/report',
      {
        config: allow('viewer', 'read'),
        schema: {
          summary: 'The last answer of VirusTotal as it came',
          params: IdParams,
          response: { 200: Type.Unknown() },
        },
      },
      async (request) => {
        const { organisationId } = principalOf(request);
        const ioc = await iocs.get(organisationId, request.params.id);
        if (ioc === undefined) throw notFound('IOC');
        const latest = await enrichments.latest(organisationId, ioc.id);
        if (latest === undefined)
          throw new Refusal(404, 'There is no report: this IOC was never looked up. Look it up first.');
        if (latest.report === null)
          throw new Refusal(404, 'There is no report: VirusTotal did not know this IOC.');
        return latest.report;
      },
    );
    app.patch(
      '/api/iocs/:id',
      {
        config: allow('analyst', 'write'),
        schema: {
          summary: 'Changes note, source and tags; what is absent stays',
          params: IdParams,
          body: PatchBody,
          response: { 200: IocOnTheWire },
        },
      },
      async (request) => {
        const { note, source, tags } = request.body;
        const patch = {
          note: note === undefined ? undefined : unlessBlank(note),
          source: source === undefined ? undefined : unlessBlank(source),
          tags: tags === undefined ? undefined : readTags(tags),
        };
        const ioc = await iocs.patch(principalOf(request).organisationId, request.params.id, patch);
        if (ioc === undefined) throw notFound('IOC');
        const { type, value } = ioc;
        const fields = Object.keys(request.body);
        await audit.add(auditEntry(request, 'ioc.change', ioc.id, { type, value, fields }));
        return iocOnTheWire(ioc);
      },
    );
    app.delete(
      '/api/iocs/:id',
      {
        config: allow('analyst', 'write'),
        schema: {
          summary: 'Deletes an IOC with its enrichments and relations',
          params: IdParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { organisationId } = principalOf(request);
        const { id } = request.params;
        const ioc = await iocs.get(organisationId, id);
        const deleted = await iocs.delete(organisationId, { ids: [id] });
        if (ioc === undefined || deleted === 0) throw notFound('IOC');
        await audit.add(auditEntry(request, 'ioc.delete', id, { type: ioc.type, value: ioc.value }));
        return reply.status(204).send(null);
      },
    );
  };
}

function historyEntry({
  id,
  fetchedAt,
  known,
  verdict,
  ...rest
}: EnrichmentRecord): Static<typeof HistoryEntry> {
  const { malicious, engines, changes } = rest;
  return {
    id,
    fetchedAt,
    known,
    verdict,
    ratio: detectionRatio({ malicious, engines }),
    changes: changes as Static<typeof HistoryEntry>['changes'],
  };
}

function relationOnTheWire({ id, relation, direction, ioc }: RelatedIoc): Static<typeof RelationOnTheWire> {
  const { type, value, verdict } = ioc;
  return { id, relation, direction, ioc: { id: ioc.id, type, value, verdict, ratio: detectionRatio(ioc) } };
}
