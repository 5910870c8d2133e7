import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { Static } from 'typebox';
import { IocServer } from '../../../test/helpers/library-iocs.js';
import { SetClock } from '../../../test/helpers/library-contract/world.js';
import type { Facets, ImportRequest, Ioc, IocDetails, Page } from '../web/api.js';
import type { FacetsOnTheWire, ImportBody, IocInDetail } from './ioc-schemas.js';
import type { IocOnTheWire } from './schemas.js';

let server: IocServer;

beforeAll(async () => {
  const clock = new SetClock();
  server = await IocServer.start(clock);
  const bring = async (type: Ioc['type'], value: string, tags: string[], source: string): Promise<string> => {
    clock.pass(1000);
    const { ids } = await server.iocs.import(server.own, [{ type, value }], { tags, source });
    return ids[0] ?? '';
  };
  await server.enrich(await bring('domain', 'alpha.com', ['red', 'blue'], 'feed'));
  await server.enrich(await bring('domain', 'beta.com', ['red'], 'report'), {
    verdict: 'suspicious',
    malicious: 2,
    fetchedAt: new Date('2026-01-04T00:00:00.000Z'),
  });
  await bring('url', 'http://alpha.com/x%25', [], 'feed');
  await server.enrich(await bring('ipv4', '198.51.100.3', ['it, and that'], 'feed'), {
    verdict: 'unknown',
    known: false,
    malicious: 0,
    engines: 0,
    threatLabel: null,
  });
  await server.add('domain', 'of-others.com', server.other);
});

afterAll(() => server.close());

const list = (query: string): Promise<Page<Ioc>> => server.ask('viewer', 'GET', `/api/iocs?${query}`);
const values = async (query: string): Promise<string[]> =>
  (await list(query)).items.map(({ value }) => value);

describe('GET /api/iocs', () => {
  it('gives whole IOCs, the newest first', async () => {
    const { items, ...counts } = await list('');
    expect(counts).toEqual({ total: 4, page: 1, pageSize: 50 });
    expect(items.map(({ value }) => value)).toEqual([
      '198.51.100.3',
      'http://alpha.com/x%25',
      'beta.com',
      'alpha.com',
    ]);
    const { id, createdAt, updatedAt, ...alpha } = items[3] ?? expect.fail();
    expect([id, createdAt, updatedAt]).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      '2026-01-02T03:04:06.678Z',
      '2026-01-02T03:04:06.678Z',
    ]);
    expect(alpha).toEqual({
      type: 'domain',
      value: 'alpha.com',
      tags: ['blue', 'red'],
      source: 'feed',
      note: null,
      verdict: 'malicious',
      malicious: 45,
      suspicious: 0,
      engines: 72,
      ratio: '45/72',
      threatLabel: 'trojan.x',
      enrichedAt: '2026-01-03T00:00:00.000Z',
    });
  });

  it.each<[string, string[]]>([
    ['search=ALPHA', ['http://alpha.com/x%25', 'alpha.com']],
    ['search=%2525', ['http://alpha.com/x%25']],
    ['search=%25', ['http://alpha.com/x%25']],
    ['search=_', []],
    ['search=%27%20or%201=1', []],
    ['type=domain', ['beta.com', 'alpha.com']],
    ['type=domain&type=url', ['http://alpha.com/x%25', 'beta.com', 'alpha.com']],
    ['verdict=malicious&verdict=suspicious', ['beta.com', 'alpha.com']],
    ['tag=red', ['beta.com', 'alpha.com']],
    ['tag=red&tag=blue', ['alpha.com']],
    ['tag=it,%20and%20that', ['198.51.100.3']],
    ['enriched=false', ['http://alpha.com/x%25']],
    ['enriched=true', ['198.51.100.3', 'beta.com', 'alpha.com']],
    ['source=report', ['beta.com']],
    ['source=feed&type=domain&search=a', ['alpha.com']],
    ['sort=value&order=asc', ['198.51.100.3', 'alpha.com', 'beta.com', 'http://alpha.com/x%25']],
    ['sort=malicious&order=desc&enriched=true', ['alpha.com', 'beta.com', '198.51.100.3']],
    ['sort=verdict&order=asc', ['http://alpha.com/x%25', '198.51.100.3', 'beta.com', 'alpha.com']],
    ['sort=enrichedAt&type=domain', ['beta.com', 'alpha.com']],
    ['page=2&pageSize=3', ['alpha.com']],
    ['page=9', []],
  ])('filters, sorts and pages by %s', async (query, expected) => {
    expect(await values(query)).toEqual(expected);
  });

  it.each<[string, string, string]>([
    ['page=0', 'page', '"page" in the query must be >= 1.'],
    ['pageSize=201', 'pageSize', '"pageSize" in the query must be <= 200.'],
    [
      'sort=id',
      'sort',
      '"sort" in the query must be equal to one of the allowed values: value, type, verdict, malicious, createdAt, enrichedAt.',
    ],
    [
      'type=domain&type=cve',
      'type/1',
      '"type/1" in the query must be equal to one of the allowed values: md5, sha1, sha256, domain, hostname, url, ipv4, ipv6.',
    ],
    ['enriched=maybe', 'enriched', '"enriched" in the query must be boolean.'],
    ['order=up', 'order', '"order" in the query must be equal to one of the allowed values: asc, desc.'],
    [
      'organisationId=1',
      'organisationId',
      'The query must not have "organisationId", which means nothing here.',
    ],
    [
      `search=${'a'.repeat(2049)}`,
      'search',
      '"search" in the query must NOT have more than 2048 characters.',
    ],
    ['search=a&search=b', 'search', '"search" in the query must be string.'],
  ])('refuses %.60s', async (query, field, detail) => {
    expect(await server.refusal('viewer', 'GET', `/api/iocs?${query}`)).toEqual({
      status: 400,
      field,
      detail,
    });
  });

  it('shows nothing of another organisation', async () => {
    const { items } = await server.ask<Page<Ioc>>('stranger', 'GET', '/api/iocs');
    expect(items.map(({ value }) => value)).toEqual(['of-others.com']);
  });
});

describe('GET /api/iocs/facets', () => {
  it('counts, each facet without its own part of the filter', async () => {
    expect(await server.ask<Facets>('viewer', 'GET', '/api/iocs/facets?type=domain')).toEqual({
      types: [
        { type: 'domain', count: 2 },
        { type: 'ipv4', count: 1 },
        { type: 'url', count: 1 },
      ],
      verdicts: [
        { verdict: 'malicious', count: 1 },
        { verdict: 'suspicious', count: 1 },
      ],
      tags: [
        { tag: 'red', count: 2 },
        { tag: 'blue', count: 1 },
      ],
      enriched: { yes: 2, no: 0 },
    });
  });

  it('takes no page', async () => {
    expect(await server.refusal('viewer', 'GET', '/api/iocs/facets?page=1')).toMatchObject({
      status: 400,
      field: 'page',
    });
  });
});

describe('what goes over the wire', () => {
  it('is what the page reads', () => {
    expectTypeOf<Static<typeof IocOnTheWire>>().toExtend<Ioc>();
    expectTypeOf<Static<typeof IocInDetail>>().toExtend<IocDetails>();
    expectTypeOf<Static<typeof FacetsOnTheWire>>().toExtend<Facets>();
    expectTypeOf<Static<typeof ImportBody>>().toExtend<ImportRequest>();
  });
});
