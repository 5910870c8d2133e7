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
import { readTag, readTags } from './tags-read.js';

const ACTIONS = ['tag', 'untag', 'delete'] as const;
type Action = (typeof ACTIONS)[number];

/** More at once would make a statement without bounds. */
const MAX_TAGS = 20;

/** Of what was deleted, an entry of the audit log keeps as many values, of as many characters together. */
const MAX_VALUES = 500;
const MAX_CHARACTERS = 50_000;

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
          body: exactly({
            ...choiceProperties,
            action: oneOf(ACTIONS),
            tag: Type.Optional(Tag),
            tags: Type.Optional(Type.Array(Tag, { minItems: 1, maxItems: MAX_TAGS })),
          }),
          response: { 200: Type.Object({ changed: Type.Integer() }) },
        },
      },
      async (request) => {
        const { ids, filter, action } = request.body;
        const selection = selectionOf(request.body);
        const tags = tagsOf(request.body);
        const { organisationId } = principalOf(request);
        const gone = action === 'delete' ? { values: await someValues(iocs, organisationId, selection) } : {};
        const changed = await change(iocs, organisationId, selection, action, tags);
        const which = ids === undefined ? { filter: { ...filter } } : { ids: ids.length };
        await audit.add(
          auditEntry(request, `ioc.bulk-${action}`, null, { ...which, tags, changed, ...gone }),
        );
        return { changed };
      },
    );
  };
}

/** What is about to be deleted, for the audit log: nobody can look it up later. Of very many the first of them. */
async function someValues(
  iocs: IocStore,
  organisationId: string,
  selection: IocSelection,
): Promise<string[]> {
  const values: string[] = [];
  let characters = 0;
  const each = 'ids' in selection ? { ids: [...new Set(selection.ids)] } : selection;
  for await (const { value } of iocs.iterate(organisationId, each)) {
    characters += value.length;
    if (values.length === MAX_VALUES || characters > MAX_CHARACTERS) break;
    values.push(value);
  }
  return values;
}

/** @throws Refusal when an action has no tags that needs some, or the other way round. */
function tagsOf({
  action,
  tag,
  tags,
}: {
  readonly action: Action;
  readonly tag?: string;
  readonly tags?: readonly string[];
}): string[] {
  const field = tags === undefined ? 'tag' : 'tags';
  if (tag !== undefined && tags !== undefined)
    throw invalid('tags', 'Name one tag by "tag" or several by "tags", not by both.');
  const read = tag === undefined ? readTags(tags ?? []) : [readTag(tag, 'tag')];
  if (action === 'delete' && read.length > 0)
    throw invalid(field, 'A deletion has no tag; choose IOCs with a tag by the filter: {"tag": ["…"]}.');
  if (action !== 'delete' && read.length === 0)
    throw invalid('tag', `"tag" or "tags" is missing in the body: what to ${action}.`);
  return read;
}

async function change(
  iocs: IocStore,
  organisationId: string,
  selection: IocSelection,
  action: Action,
  tags: readonly string[],
): Promise<number> {
  if (action === 'delete') return iocs.delete(organisationId, selection);
  return action === 'tag'
    ? iocs.tag(organisationId, selection, tags)
    : iocs.untag(organisationId, selection, tags);
}
