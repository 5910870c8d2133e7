import { Type } from 'typebox';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Extraction } from '../ioc/extraction.js';
import { iocKey } from '../ioc/ioc.js';
import { previewImport } from '../ioc/preview.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import { enrichImported, wantsEnrichment } from './enrich-imported.js';
import type { IocParts } from './ioc-parts.js';
import { Imported, ImportBody } from './ioc-schemas.js';
import type { Routes } from './library-app.js';
import { normalisedItems } from './named-iocs.js';
import { invalid } from './refusal.js';
import { exactly, Id, IocTypeName, oneOf } from './schemas.js';
import { readTags } from './tags-read.js';
import { unlessBlank } from './unless-blank.js';

/** Bytes of a body: 5 MB of text, of which each character may be escaped, or 20,000 long URLs. */
const BODY_LIMIT = 12_000_000;

const Format = oneOf(['text', 'csv', 'stix']);

const Preview = Type.Object({
  format: Format,
  items: Type.Array(
    Type.Object({
      type: IocTypeName,
      value: Type.String(),
      original: Type.String(),
      state: oneOf(['new', 'known', 'duplicate']),
      line: Type.Optional(Type.Integer()),
      caveat: Type.Optional(Type.String()),
    }),
  ),
  faults: Type.Array(
    Type.Object({ line: Type.Optional(Type.Integer()), text: Type.String(), reason: Type.String() }),
  ),
  repeated: Type.Integer(),
  faultsLeftOut: Type.Integer(),
});

/** Finding IOCs in a content, and bringing them in. */
export function iocImportRoutes(parts: IocParts): Routes {
  const { iocs, audit, reader } = parts;
  return (app) => {
    app.post(
      '/api/iocs/preview',
      {
        config: allow('analyst', 'write'),
        bodyLimit: BODY_LIMIT,
        schema: {
          summary: 'The IOCs in a text, CSV or STIX bundle; nothing is imported',
          body: exactly({
            content: Type.String({ description: '5 MB at most.' }),
            format: Type.Optional(Format),
            filename: Type.Optional(Type.String({ maxLength: 300 })),
          }),
          response: { 200: Preview },
        },
      },
      async (request) => {
        const { content, ...options } = request.body;
        const extraction = await reader.read(content, options).catch(refuseContent);
        const ids = await iocs.findIds(principalOf(request).organisationId, extraction.items);
        const known = new Set(extraction.items.filter((_, index) => ids[index] !== undefined).map(iocKey));
        const { items, faults, ...counts } = previewImport(extraction, known);
        return { ...counts, items: [...items], faults: [...faults] };
      },
    );
    app.post(
      '/api/iocs/import',
      {
        config: allow('analyst', 'write'),
        bodyLimit: BODY_LIMIT,
        schema: {
          summary: 'Imports IOCs, all or none',
          body: ImportBody,
          response: { 200: Type.Object({ ...Imported, ids: Type.Array(Id) }) },
        },
      },
      async (request) => {
        const { source, note, enrich = false } = request.body;
        const tags = readTags(request.body.tags ?? []);
        const { organisationId, userId } = principalOf(request);
        const items = await normalisedItems(request.body.items);
        const isEnriching = await wantsEnrichment(request, parts, enrich);
        const origin = {
          tags,
          source: unlessBlank(source),
          note: unlessBlank(note),
          createdBy: userId,
        };
        const { ids, created, known } = await iocs.import(organisationId, items, origin);
        // Who asks means all of them; what is automatic is for what is new.
        const enrichment = isEnriching ? await enrichImported(request, parts, enrich ? ids : created) : {};
        const counts = { created: created.length, known: known.length };
        await audit.add(
          auditEntry(request, 'ioc.import', null, {
            ...counts,
            source: origin.source,
            tags,
            jobId: enrichment.jobId ?? null,
          }),
        );
        return { ...counts, ids: [...ids], ...enrichment };
      },
    );
  };
}

/** Says which field it is that cannot be read. */
function refuseContent(error: unknown): Extraction {
  if (error instanceof ConnectorError && error.kind === 'invalid') throw invalid('content', error.message);
  throw error;
}
