import { Type, type Static } from 'typebox';
import type { IocFilter, IocSelection } from '../store/ioc-filter.js';
import { IOC_SORTS } from '../store/ioc-list.js';
import { invalid } from './refusal.js';
import { exactly, Id, IocTypeName, oneOf, VerdictName } from './schemas.js';

/** IOCs that a request may name one by one. */
export const MAX_IDS = 20_000;

/** Which IOCs: of any of the types and of any of the verdicts, with all of the tags; in a query and in a body. */
export const filterProperties = {
  search: Type.Optional(Type.String({ maxLength: 2048, description: 'Part of the value.' })),
  type: Type.Optional(Type.Array(IocTypeName, { maxItems: 20 })),
  verdict: Type.Optional(Type.Array(VerdictName, { maxItems: 20 })),
  tag: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 })),
  enriched: Type.Optional(Type.Boolean()),
  source: Type.Optional(Type.String({ maxLength: 200 })),
};

/**
 * In a body. What is empty restricts nothing, and a program whose list of tags came out empty does not mean to delete the
 * whole library: only `{}` does.
 */
const ChoosingFilter = exactly({
  search: Type.Optional(Type.String({ minLength: 1, maxLength: 2048, description: 'Part of the value.' })),
  type: Type.Optional(Type.Array(IocTypeName, { minItems: 1, maxItems: 20 })),
  verdict: Type.Optional(Type.Array(VerdictName, { minItems: 1, maxItems: 20 })),
  tag: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 50 }),
  ),
  enriched: Type.Optional(Type.Boolean()),
  source: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
});

/** Properties of a body that says which IOCs: by their ids, or all that a filter lets through. */
export const choiceProperties = {
  ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: MAX_IDS })),
  filter: Type.Optional(ChoosingFilter),
};

/** Bytes of a body with as many ids as it may have. */
export const CHOICE_BODY_LIMIT = 1_000_000;

export const SortName = oneOf(IOC_SORTS);

/** A filter as it came in, for the store. */
export function filterOf({
  search,
  type,
  verdict,
  tag,
  enriched,
  source,
}: Static<typeof ChoosingFilter>): IocFilter {
  return { search, types: type, verdicts: verdict, tags: tag, enriched, source };
}

/** @throws Refusal when it says neither, or both. */
export function selectionOf({
  ids,
  filter,
}: {
  readonly ids?: readonly string[];
  readonly filter?: Static<typeof ChoosingFilter>;
}): IocSelection {
  if (ids !== undefined && filter !== undefined)
    throw invalid('filter', 'Name IOCs by "ids" or by a "filter", not by both.');
  if (ids !== undefined) return { ids };
  if (filter !== undefined) return { filter: filterOf(filter) };
  throw invalid('ids', 'Say which IOCs: by "ids", or by a "filter" ({} for all).');
}
