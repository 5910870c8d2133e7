import { Type } from 'typebox';
import { allow, principalOf } from './access.js';
import { iocOnTheWire } from './ioc-on-the-wire.js';
import type { IocParts } from './ioc-parts.js';
import { FacetsOnTheWire } from './ioc-schemas.js';
import { filterOf, filterProperties, SortName } from './ioc-selection.js';
import type { Routes } from './library-app.js';
import { exactly, IocOnTheWire, oneOf, pageOf, pageQuery } from './schemas.js';

const Query = exactly({
  ...filterProperties,
  sort: Type.Optional(SortName),
  order: Type.Optional(oneOf(['asc', 'desc'])),
  ...pageQuery,
});

/** The list, and how many there are of each kind. */
export function iocListRoutes({ iocs }: Pick<IocParts, 'iocs'>): Routes {
  return (app) => {
    app.get(
      '/api/iocs',
      {
        config: allow('viewer', 'read'),
        schema: {
          summary: 'IOCs, the newest first unless told otherwise',
          querystring: Query,
          response: { 200: pageOf(IocOnTheWire) },
        },
      },
      async (request) => {
        const { sort = 'createdAt', order = 'desc', page, pageSize, ...filter } = request.query;
        const { items, total } = await iocs.list(principalOf(request).organisationId, {
          filter: filterOf(filter),
          sort,
          order,
          page,
          pageSize,
        });
        return { items: items.map(iocOnTheWire), total, page, pageSize };
      },
    );
    app.get(
      '/api/iocs/facets',
      {
        config: allow('viewer', 'read'),
        schema: {
          summary: 'How many IOCs there are of each type, verdict and tag',
          description: 'A facet leaves its own part of the filter out; tags count within the whole filter.',
          querystring: exactly(filterProperties),
          response: { 200: FacetsOnTheWire },
        },
      },
      async (request) => {
        const { types, verdicts, tags, enriched } = await iocs.facets(
          principalOf(request).organisationId,
          filterOf(request.query),
        );
        return { types: [...types], verdicts: [...verdicts], tags: [...tags], enriched };
      },
    );
  };
}
