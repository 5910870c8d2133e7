import type { FastifyInstance } from 'fastify';
import {
  IOC_TYPES,
  VERDICTS,
  type Choice,
  type ImportRequest,
  type Ioc,
  type IocFilter,
  type IocType,
  type PreviewItem,
} from '../../src/library/web/api.js';
import { parseQuery, type ListQuery } from '../../src/library/web/logic/query.js';
import type { FakeLibrary, FakeState } from './fake-library-state.js';
import { detailsOf, enrichedIoc, historyOf, rawIoc, type FakeIoc } from './fake-library-rows.js';

type Send = FakeLibrary['send'];

function matches(ioc: Ioc, filter: IocFilter, besides?: keyof IocFilter): boolean {
  const asks = (name: keyof IocFilter): boolean => filter[name] !== undefined && name !== besides;
  return (
    (!asks('search') || ioc.value.includes(filter.search!.toLowerCase())) &&
    (!asks('type') || filter.type!.includes(ioc.type)) &&
    (!asks('verdict') || (ioc.verdict !== null && filter.verdict!.includes(ioc.verdict))) &&
    (!asks('tag') || filter.tag!.every((one) => ioc.tags.includes(one))) &&
    (!asks('enriched') || (ioc.enrichedAt !== null) === filter.enriched) &&
    (!asks('source') || ioc.source === filter.source)
  );
}

/** The rows that ids or a filter mean. */
export function rowsOf(state: FakeState, choice: Choice): FakeIoc[] {
  return state.rows.filter((one) =>
    'ids' in choice ? choice.ids.includes(one.ioc.id) : matches(one.ioc, choice.filter),
  );
}

function sorted(rows: FakeIoc[], { sort, order }: ListQuery): FakeIoc[] {
  const key = (one: FakeIoc): string | number => one.ioc[sort] ?? (sort === 'malicious' ? -1 : '');
  const sign = order === 'asc' ? 1 : -1;
  return rows.toSorted((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
}

function queryOf(url: string): ListQuery {
  return parseQuery(new URL(url, 'http://fake').searchParams);
}

const TYPE_RULES: readonly (readonly [IocType, RegExp])[] = [
  ['url', /^https?:\/\/\S+$/],
  ['sha256', /^[a-f\d]{64}$/],
  ['sha1', /^[a-f\d]{40}$/],
  ['md5', /^[a-f\d]{32}$/],
  ['ipv4', /^\d+\.\d+\.\d+\.\d+$/],
  ['ipv6', /^[a-f\d]*:[a-f\d:]+$/],
  ['hostname', /^([\w-]+\.){2,}[a-z]+$/],
  ['domain', /^[\w-]+\.[a-z]+$/],
];

function previewOf(state: FakeState, content: string): unknown {
  const seen = new Set<string>();
  const items: PreviewItem[] = [];
  const faults: unknown[] = [];
  content.split('\n').forEach((original, at) => {
    for (const word of original.split(/[\s,]+/)) {
      const value = word.replaceAll('[.]', '.').replaceAll('[:]', ':').replace(/^hxxp/, 'http').toLowerCase();
      const type = TYPE_RULES.find(([, rule]) => rule.test(value))?.[0];
      const line = at + 1;
      if (value.startsWith('999.'))
        faults.push({ line, text: word, reason: 'is no IPv4 address: 999 is above 255' });
      else if (type !== undefined) {
        const isKnown = state.rows.some((one) => one.ioc.value === value);
        const stands = seen.has(value) ? 'duplicate' : isKnown ? 'known' : 'new';
        seen.add(value);
        items.push({ type, value, original: word, state: stands, line });
      }
    }
  });
  const repeated = items.filter(({ state: stands }) => stands === 'duplicate').length;
  return { format: 'text', items, faults, repeated, faultsLeftOut: 0 };
}

/** Tags as the server keeps them. */
function normalTags(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.trim().toLowerCase()))].sort();
}

/** Brings values in; those that are there stay as they are. */
function bringIn(
  state: FakeState,
  items: readonly { readonly type: IocType; readonly value: string }[],
  more: Partial<Ioc> = {},
): { created: Ioc[]; known: Ioc[] } {
  const created: Ioc[] = [];
  const known: Ioc[] = [];
  for (const { type, value } of items) {
    const there = state.rows.find((one) => one.ioc.value === value);
    if (there !== undefined) {
      known.push(there.ioc);
      continue;
    }
    const ioc = { ...rawIoc(`new-${state.rows.length}`, type, value, new Date().toISOString()), ...more };
    state.rows.unshift({ ioc, details: null, history: [], relations: [] });
    created.push(ioc);
  }
  return { created, known };
}

/** Enriches a row; how bad it is depends on its value alone. */
export function enrich(row: FakeIoc): FakeIoc {
  const bad = row.ioc.value.length % 3 === 0 ? 0 : row.ioc.value.length % 60;
  row.ioc = enrichedIoc(row.ioc, bad, new Date().toISOString(), 'trojan.emotet/heodo');
  row.details = detailsOf(row.ioc);
  row.history = historyOf(row.ioc);
  return row;
}

interface Id {
  Params: { id: string };
}

/** List, facets, import, details, look-up. */
export function addIocs(app: FastifyInstance, state: FakeState, send: Send): void {
  const rowOf = (id: string): FakeIoc => state.rows.find((one) => one.ioc.id === id)!;
  app.get('/api/iocs', (request) => {
    const query = queryOf(request.url);
    const found = state.rows.filter((one) => matches(one.ioc, query));
    const from = (query.page - 1) * query.pageSize;
    const items = sorted(found, query)
      .slice(from, from + query.pageSize)
      .map((one) => one.ioc);
    return { items, total: found.length, page: query.page, pageSize: query.pageSize };
  });
  app.get('/api/iocs/facets', (request) => {
    const query = queryOf(request.url);
    const under = (name: keyof IocFilter | undefined, is: (ioc: Ioc) => boolean): number =>
      state.rows.filter((one) => matches(one.ioc, query, name) && is(one.ioc)).length;
    const tags = [...new Set(state.rows.flatMap((one) => one.ioc.tags))];
    return {
      types: IOC_TYPES.map((type) => ({ type, count: under('type', (ioc) => ioc.type === type) })),
      verdicts: VERDICTS.map((verdict) => ({
        verdict,
        count: under('verdict', (ioc) => ioc.verdict === verdict),
      })),
      tags: tags.map((tag) => ({ tag, count: under(undefined, (ioc) => ioc.tags.includes(tag)) })),
      enriched: {
        yes: under('enriched', (ioc) => ioc.enrichedAt !== null),
        no: under('enriched', (ioc) => ioc.enrichedAt === null),
      },
    };
  });
  app.get('/api/iocs/export', (request, reply) => {
    const rows = state.rows.filter((one) => matches(one.ioc, queryOf(request.url)));
    return reply
      .header('content-disposition', 'attachment; filename="iocs.csv"')
      .type('text/csv')
      .send(rows.map((one) => `${one.ioc.type},${one.ioc.value}\n`).join(''));
  });
  app.post<{ Body: { content: string } }>('/api/iocs/preview', (request) =>
    previewOf(state, request.body.content),
  );
  app.post<{ Body: ImportRequest }>('/api/iocs/import', (request) => {
    const { items, tags = [], source = null } = request.body;
    const { created, known } = bringIn(state, items, { tags: normalTags(tags), source });
    return { created: created.length, known: known.length, ids: [...created, ...known].map((one) => one.id) };
  });
  app.post<{ Body: Choice & { action: string; tags?: string[] } }>('/api/iocs/bulk', (request) => {
    const { action } = request.body;
    const tags = normalTags(request.body.tags ?? []);
    const rows = rowsOf(state, request.body);
    if (action === 'delete') state.rows = state.rows.filter((one) => !rows.includes(one));
    for (const one of rows) {
      const others = one.ioc.tags.filter((two) => !tags.includes(two));
      if (action !== 'delete')
        one.ioc = { ...one.ioc, tags: action === 'tag' ? [...others, ...tags] : others };
    }
    return { changed: rows.length };
  });
  app.post<{ Body: Choice }>('/api/iocs/send', (request, reply) =>
    reply.status(202).send({ sent: rowsOf(state, request.body).length, bundles: 1 }),
  );
  app.get<Id>('/api/iocs/:id', (request) => {
    const row = rowOf(request.params.id);
    row.details ??= row.ioc.enrichedAt === null ? null : detailsOf(row.ioc);
    return { ...row.ioc, details: row.details, history: row.history, relations: row.relations };
  });
  app.get<Id>('/api/iocs/:id/report', (request) => ({
    data: {
      id: rowOf(request.params.id).ioc.value,
      type: 'file',
      attributes: { note: '</pre><script>1</script>' },
    },
  }));
  app.patch<Id & { Body: Partial<Ioc> }>('/api/iocs/:id', (request) => {
    const row = rowOf(request.params.id);
    const { tags = row.ioc.tags } = request.body;
    row.ioc = { ...row.ioc, ...request.body, tags: normalTags(tags) };
    return row.ioc;
  });
  app.delete<Id>('/api/iocs/:id', (request, reply) => {
    state.rows = state.rows.filter((one) => one.ioc.id !== request.params.id);
    return reply.status(204).send();
  });
  app.post<Id & { Body: { items: { type: IocType; value: string; relation: string }[] } }>(
    '/api/iocs/:id/related',
    (request) => {
      const row = rowOf(request.params.id);
      const { created, known } = bringIn(state, request.body.items);
      for (const ioc of [...created, ...known]) {
        const relation = request.body.items.find((one) => one.value === ioc.value)!.relation;
        row.relations.push({ id: `relation-${ioc.id}`, relation, direction: 'to', ioc });
      }
      const idOf = (value: string): string | null =>
        state.rows.find((one) => one.ioc.value === value)?.ioc.id ?? null;
      row.details = {
        ...row.details!,
        related: row.details!.related.map((group) => ({
          ...group,
          items: group.items.map((one) => ({ ...one, iocId: idOf(one.value) })),
        })),
      };
      return { created: created.length, known: known.length, ...state.started };
    },
  );
  app.post<{ Body: { id: string } }>('/api/lookup', async (request) => {
    await state.gate;
    const row = enrich(rowOf(request.body.id));
    send('ioc', { ioc: row.ioc });
    return { ioc: row.ioc, details: row.details };
  });
}
