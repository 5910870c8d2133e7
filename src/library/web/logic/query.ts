import { IOC_TYPES, SORTS, VERDICTS, type IocFilter, type IocType, type Sort, type Verdict } from '../api.js';

export const PAGE_SIZES = [25, 50, 100, 200] as const;

/** What the list shows: a filter, an order and a page (counted from 1). */
export interface ListQuery extends IocFilter {
  readonly sort: Sort;
  readonly order: 'asc' | 'desc';
  readonly page: number;
  readonly pageSize: number;
}

export const FIRST_QUERY: ListQuery = { sort: 'createdAt', order: 'desc', page: 1, pageSize: 50 };

function known<T extends string>(values: readonly string[], allowed: readonly T[]): readonly T[] {
  return allowed.filter((one) => values.includes(one));
}

function wholeNumber(text: string | null, fallback: number): number {
  return text !== null && /^[1-9]\d{0,6}$/.test(text) ? Number(text) : fallback;
}

/** Reads the address of the list; what it does not understand is left out. */
export function parseQuery(params: URLSearchParams): ListQuery {
  const search = params.get('search') ?? '';
  const source = params.get('source') ?? '';
  const type: readonly IocType[] = known(params.getAll('type'), IOC_TYPES);
  const verdict: readonly Verdict[] = known(params.getAll('verdict'), VERDICTS);
  const tag = [...new Set(params.getAll('tag').filter((one) => one !== ''))];
  const enriched = params.get('enriched');
  const [sort = FIRST_QUERY.sort] = known([params.get('sort') ?? ''], SORTS);
  const order = params.get('order');
  const pageSize = wholeNumber(params.get('pageSize'), FIRST_QUERY.pageSize);
  return {
    ...(search === '' ? {} : { search }),
    ...(type.length === 0 ? {} : { type }),
    ...(verdict.length === 0 ? {} : { verdict }),
    ...(tag.length === 0 ? {} : { tag }),
    ...(enriched === 'true' || enriched === 'false' ? { enriched: enriched === 'true' } : {}),
    ...(source === '' ? {} : { source }),
    sort,
    order: order === 'asc' || order === 'desc' ? order : FIRST_QUERY.order,
    page: wholeNumber(params.get('page'), 1),
    pageSize: PAGE_SIZES.some((one) => one === pageSize) ? pageSize : FIRST_QUERY.pageSize,
  };
}

/** Parameters of a request or of an address; lists are repeated, defaults of the list are kept. */
export function toParams(query: IocFilter & Partial<ListQuery>): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, unknown][]) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') {
        params.append(name, String(one));
      }
    }
  }
  return params;
}

/** Address of the list: what equals the default does not stand in it. */
export function toSearch(query: ListQuery): string {
  const differing = Object.fromEntries(
    Object.entries(query).filter(([name, value]) => FIRST_QUERY[name as keyof ListQuery] !== value),
  ) as IocFilter & Partial<ListQuery>;
  return toParams(differing).toString();
}

/** The filter alone, for facets, exports and "all that match". */
export function filterOf(query: ListQuery): IocFilter {
  const { sort: _sort, order: _order, page: _page, pageSize: _pageSize, ...filter } = query;
  return filter;
}

export function isFiltered(query: ListQuery): boolean {
  return Object.keys(filterOf(query)).length > 0;
}

/** The list without this value if it is there, with it otherwise; nothing instead of an empty list. */
export function toggled<T>(list: readonly T[] | undefined, value: T): readonly T[] | undefined {
  const now = list ?? [];
  const next = now.includes(value) ? now.filter((one) => one !== value) : [...now, value];
  return next.length === 0 ? undefined : next;
}

type Change = { readonly [Name in keyof ListQuery]?: ListQuery[Name] | undefined };

/** A changed query; a change of anything but the page leads to the first page. */
export function changed(query: ListQuery, change: Change): ListQuery {
  const merged = { ...query, page: 1, ...change };
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined && value !== ''),
  ) as unknown as ListQuery;
}

/** The same column again turns the order; times and counts start with the greatest. */
export function sortedBy(query: ListQuery, sort: Sort): ListQuery {
  const startsDescending = sort !== 'value' && sort !== 'type';
  const order =
    query.sort === sort ? (query.order === 'asc' ? 'desc' : 'asc') : startsDescending ? 'desc' : 'asc';
  return changed(query, { sort, order });
}
