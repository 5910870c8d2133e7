import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { systemClock, type Clock } from '../../shared/clock.js';
import { exportCsv } from '../export/csv.js';
import type { IocPages } from '../export/exported-ioc.js';
import { exportJson } from '../export/json.js';
import { exportStix } from '../export/stix.js';
import type { OrganisationRecord } from '../store/organisation-store.js';
import { allow, principalOf } from './access.js';
import { exportedPages } from './exported-pages.js';
import type { IocParts } from './ioc-parts.js';
import { filterOf, filterProperties } from './ioc-selection.js';
import type { Routes } from './library-app.js';
import { invalid, notFound } from './refusal.js';
import { exactly, Id, oneOf } from './schemas.js';

/** What fits into an address. */
const MAX_IDS = 200;

interface Format {
  readonly contentType: string;
  readonly write: (pages: IocPages, author: OrganisationRecord) => AsyncIterable<string>;
}

const FORMATS: Readonly<Record<'csv' | 'json' | 'stix', Format & { readonly extension: string }>> = {
  csv: { contentType: 'text/csv; charset=utf-8', extension: 'csv', write: exportCsv },
  json: { contentType: 'application/json; charset=utf-8', extension: 'json', write: exportJson },
  stix: {
    contentType: 'application/stix+json;version=2.1',
    extension: 'stix.json',
    write: (pages, { name, createdAt }) =>
      exportStix(pages, { author: name, authorSince: new Date(createdAt) }),
  },
};

const Text = Type.Unsafe<Readable>({ type: 'string' });

/** Exports, written as fast as whoever reads them takes them. */
export function iocExportRoutes(
  { iocs, relations, organisations }: Pick<IocParts, 'iocs' | 'relations' | 'organisations'>,
  clock: Clock = systemClock,
): Routes {
  return (app) => {
    app.get(
      '/api/iocs/export',
      {
        config: allow('viewer', 'read'),
        exposeHeadRoute: false,
        schema: {
          summary: 'IOCs as a file: those named by ids, or all that the filter lets through',
          querystring: exactly({
            format: oneOf(['csv', 'json', 'stix']),
            ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: MAX_IDS })),
            ...filterProperties,
          }),
          response: {
            200: {
              description: 'The file.',
              content: {
                'text/csv': { schema: Text },
                'application/json': { schema: Text },
                'application/stix+json': { schema: Text },
              },
            },
          },
        },
      },
      async (request, reply) => {
        const { format, ids, ...filter } = request.query;
        if (ids !== undefined && Object.keys(filter).length > 0)
          throw invalid('ids', 'Name IOCs by "ids" or by a filter, not by both.');
        const { organisationId } = principalOf(request);
        const organisation = await organisations.get(organisationId);
        if (organisation === undefined) throw notFound('organisation');
        const { contentType, extension, write } = FORMATS[format];
        const selection = ids === undefined ? { filter: filterOf(filter) } : { ids: [...new Set(ids)] };
        const pages = exportedPages(iocs, relations, organisationId, selection);
        const name = `iocs-${clock.now().toISOString().slice(0, 10)}.${extension}`;
        return reply
          .header('content-disposition', `attachment; filename="${name}"`)
          .type(contentType)
          .send(Readable.from(write(pages, organisation), { objectMode: false }));
      },
    );
  };
}
