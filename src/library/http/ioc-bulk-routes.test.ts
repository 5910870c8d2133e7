import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IocServer } from '../../../test/helpers/library-iocs.js';
import type { Ioc, Page } from '../web/api.js';

let server: IocServer;
let ids: readonly string[];

beforeEach(async () => {
  server = await IocServer.start();
  const items = ['a.com', 'b.com', 'c.net'].map((value) => ({ type: 'domain', value }) as const);
  ({ ids } = await server.iocs.import(server.own, items, { tags: ['old'] }));
  await server.iocs.import(server.other, items, { tags: ['old'] });
});

afterEach(() => server.close());

const bulk = (body: unknown): Promise<{ changed: number }> =>
  server.ask('analyst', 'POST', '/api/iocs/bulk', body);
const tags = async (person: 'viewer' | 'stranger' = 'viewer'): Promise<Record<string, readonly string[]>> => {
  const { items } = await server.ask<Page<Ioc>>(person, 'GET', '/api/iocs?sort=value&order=asc');
  return Object.fromEntries(items.map((ioc) => [ioc.value, ioc.tags]));
};

describe('POST /api/iocs/bulk', () => {
  it('tags and untags those that are named, and says how many changed', async () => {
    const some = ids.slice(0, 2);
    expect(await bulk({ ids: some, action: 'tag', tag: ' New ' })).toEqual({ changed: 2 });
    expect(await bulk({ ids, action: 'tag', tag: 'new' })).toEqual({ changed: 1 });
    expect(await bulk({ ids: some, action: 'untag', tag: 'old' })).toEqual({ changed: 2 });
    expect(await tags()).toEqual({ 'a.com': ['new'], 'b.com': ['new'], 'c.net': ['new', 'old'] });
    expect(await tags('stranger')).toEqual({ 'a.com': ['old'], 'b.com': ['old'], 'c.net': ['old'] });
  });

  it('changes all that a filter lets through, of the own organisation', async () => {
    expect(await bulk({ filter: { search: '.com' }, action: 'tag', tag: 'new' })).toEqual({ changed: 2 });
    expect(await bulk({ filter: { tag: ['new'] }, action: 'delete' })).toEqual({ changed: 2 });
    expect(await tags()).toEqual({ 'c.net': ['old'] });
    expect(await bulk({ filter: {}, action: 'delete' })).toEqual({ changed: 1 });
    expect(await tags()).toEqual({});
    expect(Object.keys(await tags('stranger'))).toHaveLength(3);
    expect(await server.audited()).toMatchObject([
      { action: 'ioc.bulk-tag', details: { filter: { search: '.com' }, tags: ['new'], changed: 2 } },
      { action: 'ioc.bulk-delete', details: { filter: { tag: ['new'] }, tags: [], changed: 2 } },
      { action: 'ioc.bulk-delete', details: { filter: {}, changed: 1 } },
    ]);
  });

  it('keeps in the audit log what was deleted', async () => {
    await bulk({ ids: ids.slice(0, 2), action: 'delete' });
    await bulk({ filter: { search: '.net' }, action: 'delete' });
    await server.ask('stranger', 'POST', '/api/iocs/bulk', { ids, action: 'delete' });
    const many = Array.from({ length: 501 }, (_, n) => ({ type: 'domain', value: `m${n}.com` }) as const);
    await server.iocs.import(server.own, many);
    await bulk({ filter: {}, action: 'delete' });
    const long = Array.from(
      { length: 30 },
      (_, n) => ({ type: 'url', value: `http://a.com/${'x'.repeat(1987)}${n + 10}` }) as const,
    );
    await server.iocs.import(server.own, long);
    await bulk({ filter: {}, action: 'delete' });
    const details = (await server.audited()).map((entry) => entry.details);
    expect(details).toEqual([
      { ids: 2, tags: [], changed: 2, values: ['a.com', 'b.com'] },
      { filter: { search: '.net' }, tags: [], changed: 1, values: ['c.net'] },
      { ids: 3, tags: [], changed: 0, values: [] },
      { filter: {}, tags: [], changed: 501, values: many.slice(0, 500).map(({ value }) => value) },
      { filter: {}, tags: [], changed: 30, values: long.slice(0, 24).map(({ value }) => value) },
    ]);
  });

  it('takes several tags at once, also when the filter asks for one of them', async () => {
    const filter = { tag: ['OLD'] };
    expect(await bulk({ filter, action: 'tag', tags: ['two', 'One', 'one'] })).toEqual({ changed: 3 });
    expect((await tags())['a.com']).toEqual(['old', 'one', 'two']);
    expect(await bulk({ filter, action: 'untag', tags: ['old', 'TWO'] })).toEqual({ changed: 3 });
    expect(await tags()).toEqual({ 'a.com': ['one'], 'b.com': ['one'], 'c.net': ['one'] });
    expect(await server.audited()).toMatchObject([
      { action: 'ioc.bulk-tag', details: { tags: ['one', 'two'] } },
      { action: 'ioc.bulk-untag', details: { tags: ['old', 'two'], changed: 3 } },
    ]);
  });

  it('does not see IOCs of another organisation', async () => {
    expect(await server.ask('stranger', 'POST', '/api/iocs/bulk', { ids, action: 'delete' })).toEqual({
      changed: 0,
    });
    expect(Object.keys(await tags())).toHaveLength(3);
  });

  it.each<[string, (ids: readonly string[]) => object, string]>([
    ['neither ids nor a filter', () => ({ action: 'delete' }), 'ids'],
    ['both', () => ({ ids, filter: {}, action: 'delete' }), 'filter'],
    ['no ids', () => ({ ids: [], action: 'delete' }), 'ids'],
    ['a malformed id', () => ({ ids: [...ids, '5'], action: 'delete' }), 'ids/3'],
    [
      'a misspelt filter, which would mean all',
      () => ({ filter: { tags: ['x'] }, action: 'delete' }),
      'filter/tags',
    ],
    [
      'a filter with a single value for a list',
      () => ({ filter: { tag: 'x' }, action: 'delete' }),
      'filter/tag',
    ],
    ...(['type', 'verdict', 'tag'] as const).map((name): [string, () => object, string] => [
      `an empty list for ${name}, which would mean all`,
      () => ({ filter: { [name]: [] }, action: 'delete' }),
      `filter/${name}`,
    ]),
    ...(['search', 'source'] as const).map((name): [string, () => object, string] => [
      `an empty text for ${name}, which would mean all`,
      () => ({ filter: { [name]: '' }, action: 'delete' }),
      `filter/${name}`,
    ]),
    ['an empty tag', () => ({ filter: { tag: [''] }, action: 'delete' }), 'filter/tag/0'],
    ['another action', () => ({ ids, action: 'purge' }), 'action'],
    ['no tag', () => ({ ids, action: 'tag' }), 'tag'],
    ['a blank tag', () => ({ ids, action: 'untag', tag: '\n' }), 'tag'],
    ['a tag with a comma', () => ({ ids, action: 'tag', tag: 'a,b' }), 'tag'],
    ['tags with a line feed', () => ({ ids, action: 'tag', tags: ['a', 'b\nc'] }), 'tags/1'],
    ['no tags', () => ({ ids, action: 'tag', tags: [] }), 'tags'],
    ['too many tags', () => ({ ids, action: 'tag', tags: Array(21).fill('a') }), 'tags'],
    ['one tag and several', () => ({ ids, action: 'tag', tag: 'a', tags: ['b'] }), 'tags'],
    ['tags to delete', () => ({ ids, action: 'delete', tags: ['old'] }), 'tags'],
    ['a tag to delete', () => ({ ids, action: 'delete', tag: 'old' }), 'tag'],
    ['too many ids', () => ({ ids: Array(20_001).fill(ids[0]), action: 'delete' }), 'ids'],
  ])('refuses %s, and changes nothing', async (_, body, field) => {
    expect(await server.refusal('analyst', 'POST', '/api/iocs/bulk', body(ids))).toMatchObject({
      status: 400,
      field,
    });
    expect(await tags()).toEqual({ 'a.com': ['old'], 'b.com': ['old'], 'c.net': ['old'] });
    expect(await server.audited()).toEqual([]);
  });

  it.each(['viewer', 'reading'] as const)('is not for a %s', async (person) => {
    expect((await server.refusal(person, 'POST', '/api/iocs/bulk', { ids, action: 'delete' })).status).toBe(
      403,
    );
  });
});
