import { sql, type Kysely, type OrderByExpression } from 'kysely';
import type { Dialect } from './dialect.js';
import { inChunks } from './in-chunks.js';
import { iocCondition, isFiltering, type IocFilter, type IocSelection } from './ioc-filter.js';
import { asIocRecord, IOC_COLUMNS, type IocRecord } from './ioc-record.js';
import { offsetOf, type Page, type PageRequest } from './page.js';
import type { Tables } from './tables.js';

export const IOC_SORTS = ['value', 'type', 'verdict', 'malicious', 'createdAt', 'enrichedAt'] as const;

export type IocSort = (typeof IOC_SORTS)[number];

export interface IocListRequest extends PageRequest {
  readonly filter: IocFilter;
  readonly sort: IocSort;
  readonly order: 'asc' | 'desc';
}

/** By verdict means from unknown to malicious. */
const SORT_COLUMNS = {
  value: 'iocs.value',
  type: 'iocs.type',
  verdict: 'iocs.severity',
  malicious: 'iocs.malicious',
  createdAt: 'iocs.createdAt',
  enrichedAt: 'iocs.enrichedAt',
} as const satisfies Record<IocSort, string>;

/** So many that sorting them takes as long as a walk that meets a page of them. */
const FEW = 1_000;
const EXPORT_BATCH = 500;

/**
 * One page of the IOCs that a filter lets through, and how many these are. What is not enriched sorts below what is;
 * IOCs that are equal in the sorted column are in the order of their creation.
 */
export async function listIocs(
  database: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  request: IocListRequest,
): Promise<Page<IocRecord>> {
  const { filter, order } = request;
  const sorting = inOrder(dialect, request);
  const matching = database
    .selectFrom('iocs')
    .select('iocs.id')
    .where(iocCondition(dialect, organisationId, filter));
  // Few are found by the filter and then sorted; of many, those of the page are soon met on a walk in the order of an
  // index. The databases cannot tell which, as they do not know what a search will find.
  const first = isFiltering(filter) ? await matching.limit(FEW + 1).execute() : undefined;
  if (first?.length === 0) return { items: [], total: 0 };
  const areFew = first !== undefined && first.length <= FEW;
  const candidates = areFew
    ? database
        .selectFrom('iocs')
        .select('iocs.id')
        .where(
          'iocs.id',
          'in',
          first.map(({ id }) => id),
        )
    : matching;
  const page = candidates
    .orderBy(sorting)
    .orderBy('iocs.id', order)
    .limit(request.pageSize)
    .offset(offsetOf(request));
  // Rows left out before the page are not read: their ids come from the index alone.
  const rows = await database
    .selectFrom('iocs')
    .innerJoin(page.as('page'), 'page.id', 'iocs.id')
    .select(IOC_COLUMNS)
    .orderBy(sorting)
    .orderBy('iocs.id', order)
    .execute();
  return {
    items: rows.map(asIocRecord),
    total: areFew ? first.length : await countIocs(database, dialect, organisationId, filter),
  };
}

/** How many IOCs a filter lets through. */
export async function countIocs(
  database: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  filter: IocFilter,
): Promise<number> {
  const { total } = await database
    .selectFrom('iocs')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where(iocCondition(dialect, organisationId, filter))
    .executeTakeFirstOrThrow();
  return total;
}

/**
 * The selected IOCs of an organisation, in the order of their creation where a filter selects them. Reads a batch at a
 * time and holds nothing in between; what is created or deleted meanwhile may or may not be among them.
 */
export async function* iterateIocs(
  database: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  selection: IocSelection,
): AsyncGenerator<IocRecord, void, undefined> {
  if ('ids' in selection) {
    for await (const chunk of inChunks(selection.ids)) {
      const rows = await database
        .selectFrom('iocs')
        .select(IOC_COLUMNS)
        .where('organisationId', '=', organisationId)
        .where('id', 'in', chunk)
        .orderBy('id')
        .execute();
      yield* rows.map(asIocRecord);
    }
    return;
  }
  const query = database
    .selectFrom('iocs')
    .select(IOC_COLUMNS)
    .where(iocCondition(dialect, organisationId, selection.filter))
    .orderBy(inOrder(dialect, { sort: 'createdAt', order: 'asc' }))
    .orderBy('iocs.id')
    .limit(EXPORT_BATCH);
  let last: IocRecord | undefined;
  do {
    const batch: IocRecord[] = (
      await (
        last === undefined
          ? query
          : query.where(sql<boolean>`(iocs.created_at, iocs.id) > (${last.createdAt}, ${last.id})`)
      ).execute()
    ).map(asIocRecord);
    yield* batch;
    last = batch.length < EXPORT_BATCH ? undefined : batch.at(-1);
  } while (last !== undefined);
}

/** NULL as the least value: SQLite's way, and that of PostgreSQL's indexes here; they are not used otherwise. */
function inOrder(
  dialect: Dialect,
  { sort, order }: Pick<IocListRequest, 'sort' | 'order'>,
): OrderByExpression<Tables, 'iocs', unknown> {
  const column = sql.ref(SORT_COLUMNS[sort]);
  if (dialect === 'sqlite') return order === 'asc' ? sql`${column} asc` : sql`${column} desc`;
  return order === 'asc' ? sql`${column} asc nulls first` : sql`${column} desc nulls last`;
}
