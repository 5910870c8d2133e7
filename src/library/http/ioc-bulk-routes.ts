import { Type } from 'typebox';
import type { IocSelection } from '../store/ioc-filter.js';
import type { IocStore } from '../store/ioc-store.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import type { IocParts } from './ioc-parts.js';
import { Tag } from './ioc-schemas.js';
import { CHOICE_BODY_LIMIT, choiceProperties, selectionOf } from './ioc-selection.js';
import type { Routes } from './library-app.js';
import { invalid } from './refusal.js';
import { exactly, oneOf } from './schemas.js';

const ACTIONS = ['tag', 'untag', 'delete'] as const;

/** Changes of many IOCs at once. */
export function iocBulkRoutes({ iocs, audit }: Pick<IocParts, 'iocs' | 'audit'>): Routes {
  return (app) => {
    app.post(
      '/api/iocs/bulk',
      {
        config: allow('analyst', 'write'),
        bodyLimit: CHOICE_BODY_LIMIT,
        schema: {
          summary: 'Tags, untags or deletes IOCs: those named by ids, or all that a filter lets through',
          body: exactly({ ...choiceProperties, action: oneOf(ACTIONS), tag: Type.Optional(Tag) }),
          response: { 200: Type.Object({ changed: Type.Integer() }) },
        },
      },
      async (request) => {
        const { ids, filter, action, tag } = request.body;
        const selection = selectionOf(request.body);
        const changed = await change(iocs, principalOf(request).organisationId, selection, action, tag);
        const which = ids === undefined ? { filter: { ...filter } } : { ids: ids.length };
        await audit.add(
          auditEntry(request, `ioc.bulk-${action}`, null, { ...which, tag: tag ?? null, changed }),
        );
        return { changed };
      },
    );
  };
}

async function change(
  iocs: IocStore,
  organisationId: string,
  selection: IocSelection,
  action: (typeof ACTIONS)[number],
  tag: string | undefined,
): Promise<number> {
  if (action === 'delete') {
    if (tag !== undefined)
      throw invalid('tag', 'A deletion has no tag; choose IOCs with a tag by the filter: {"tag": ["…"]}.');
    return iocs.delete(organisationId, selection);
  }
  if (tag === undefined) throw invalid('tag', `"tag" is missing in the body: which tag to ${action}.`);
  return action === 'tag'
    ? iocs.tag(organisationId, selection, tag)
    : iocs.untag(organisationId, selection, tag);
}
