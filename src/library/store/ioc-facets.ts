import type { Kysely } from 'kysely';
import type { Dialect } from './dialect.js';
import { iocCondition, type IocFilter } from './ioc-filter.js';
import type { IocType, Tables, Verdict } from './tables.js';

/** How many IOCs there are of each kind. */
export interface IocFacets {
  readonly types: readonly { readonly type: IocType; readonly count: number }[];
  readonly verdicts: readonly { readonly verdict: Verdict; readonly count: number }[];
  /** The 50 most frequent. */
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
  readonly enriched: { readonly yes: number; readonly no: number };
}

const MOST_TAGS = 50;

/**
 * Counts what a filter lets through. A facet leaves its own part of the filter out: while domains are shown, the others
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
  const groups = await database
    .selectFrom('iocs')
    .select(['iocs.type', 'iocs.verdict'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(iocCondition(dialect, organisationId, rest))
    .groupBy(['iocs.type', 'iocs.verdict'])
    .execute();
  const ofType = new Map<IocType, number>();
  const ofVerdict = new Map<Verdict, number>();
  const ofEnriched = { yes: 0, no: 0 };
  for (const { type, verdict, count } of groups) {
    const hasType = types.length === 0 || types.includes(type);
    const hasVerdict = verdicts.length === 0 || (verdict !== null && verdicts.includes(verdict));
    const isChosen = enriched === undefined || enriched === (verdict !== null);
    if (hasVerdict && isChosen) ofType.set(type, (ofType.get(type) ?? 0) + count);
    if (hasType && isChosen && verdict !== null) {
      ofVerdict.set(verdict, (ofVerdict.get(verdict) ?? 0) + count);
    }
    if (hasType && hasVerdict) ofEnriched[verdict === null ? 'no' : 'yes'] += count;
  }
  return {
    types: [...ofType].map(([type, count]) => ({ type, count })).sort(mostFirst),
    verdicts: [...ofVerdict].map(([verdict, count]) => ({ verdict, count })).sort(mostFirst),
    tags: await countTags(database, dialect, organisationId, filter),
    enriched: ofEnriched,
  };
}

function countTags(
  database: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  filter: IocFilter,
): Promise<{ tag: string; count: number }[]> {
  const isFiltered = Object.values(filter).some(
    (part: IocFilter[keyof IocFilter]) =>
      part !== undefined && (typeof part === 'boolean' || part.length > 0),
  );
  return database
    .selectFrom('iocTags')
    .select('iocTags.tag')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('iocTags.organisationId', '=', organisationId)
    .$if(isFiltered, (query) =>
      query.where('iocTags.iocId', 'in', (eb) =>
        eb
          .selectFrom('iocs')
          .select('iocs.id')
          .where(iocCondition(dialect, organisationId, filter)),
      ),
    )
    .groupBy('iocTags.tag')
    .orderBy('count', 'desc')
    .orderBy('iocTags.tag')
    .limit(MOST_TAGS)
    .execute();
}

function mostFirst(one: { readonly count: number }, other: { readonly count: number }): number {
  return other.count - one.count;
}
