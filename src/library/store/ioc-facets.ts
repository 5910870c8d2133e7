import type { Kysely } from 'kysely';
import type { IocType } from '../ioc/ioc.js';
import type { LibraryVerdict } from '../verdict/badge.js';
import type { Dialect } from './dialect.js';
import { iocCondition, type IocFilter } from './ioc-filter.js';
import type { Tables } from './tables.js';
import { splitTags } from './tag-list.js';

/** How many IOCs there are of each kind. */
export interface IocFacets {
  readonly types: readonly { readonly type: IocType; readonly count: number }[];
  readonly verdicts: readonly { readonly verdict: LibraryVerdict; readonly count: number }[];
  /** The 50 most frequent. */
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
  readonly enriched: { readonly yes: number; readonly no: number };
}

const MOST_TAGS = 50;

/**
 * Counts what a filter lets through. A facet leaves its own part of the filter out: while domains are shown, the other
 * types' counts say what choosing them would show. The tags alone count within the whole filter, as several of them
 * are chosen together.
 */
export async function countFacets(
  database: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  filter: IocFilter,
): Promise<IocFacets> {
  const { types = [], verdicts = [], enriched, ...rest } = filter;
  // One scan answers all: there are many IOCs, but few combinations of type, verdict and tags.
  const groups = await database
    .selectFrom('iocs')
    .select(['iocs.type', 'iocs.verdict', 'iocs.tags'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(iocCondition(dialect, organisationId, rest))
    .groupBy(['iocs.type', 'iocs.verdict', 'iocs.tags'])
    .execute();
  const ofType = new Map<IocType, number>();
  const ofVerdict = new Map<LibraryVerdict, number>();
  const ofTag = new Map<string, number>();
  const ofEnriched = { yes: 0, no: 0 };
  for (const { type, verdict, tags, count } of groups) {
    const hasType = types.length === 0 || types.includes(type);
    const hasVerdict = verdicts.length === 0 || (verdict !== null && verdicts.includes(verdict));
    const isChosen = enriched === undefined || enriched === (verdict !== null);
    if (hasVerdict && isChosen) add(ofType, type, count);
    if (hasType && isChosen && verdict !== null) add(ofVerdict, verdict, count);
    if (hasType && hasVerdict) ofEnriched[verdict === null ? 'no' : 'yes'] += count;
    if (hasType && hasVerdict && isChosen) for (const tag of splitTags(tags)) add(ofTag, tag, count);
  }
  return {
    types: mostFirst(ofType).map(([type, count]) => ({ type, count })),
    verdicts: mostFirst(ofVerdict).map(([verdict, count]) => ({ verdict, count })),
    tags: mostFirst(ofTag)
      .slice(0, MOST_TAGS)
      .map(([tag, count]) => ({ tag, count })),
    enriched: ofEnriched,
  };
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** What is as frequent is in the order of its name. */
function mostFirst<K extends string>(counts: ReadonlyMap<K, number>): [K, number][] {
  return [...counts].sort(([one, ofOne], [other, ofOther]) => ofOther - ofOne || (one < other ? -1 : 1));
}
