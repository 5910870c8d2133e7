import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IocServer } from '../../../test/helpers/library-iocs.js';
import { stixFaults } from '../../../test/helpers/stix-validity.js';
import { principal, startTestServer } from '../../../test/helpers/library-server.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import type { Bundle } from '../../stix/objects.js';
import type { Ioc as NamedIoc } from '../ioc/ioc.js';
import { IOC_TYPES, iocKey } from '../ioc/ioc.js';
import type { IocStore } from '../store/ioc-store.js';
import type { Preview } from '../web/api.js';
import { iocExportRoutes } from './ioc-export-routes.js';

const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';
const ONE_OF_EACH: readonly NamedIoc[] = [
  { type: 'md5', value: '44d88612fea8a8f36de82e1278abb02f' },
  { type: 'sha1', value: '3395856ce81f2b7382dee72602f798b642f14140' },
  { type: 'sha256', value: SHA256 },
  { type: 'domain', value: 'evil.com' },
  { type: 'hostname', value: '-www.evil.com' },
  { type: 'url', value: 'http://evil.com/a?b=(c),d' },
  { type: 'ipv4', value: '198.51.100.3' },
  { type: 'ipv6', value: '2001:db8::1' },
];

let server: IocServer;

beforeEach(async () => {
  server = await IocServer.start();
});

afterEach(() => server.close());

const get = (query: string) => server.send('viewer', 'GET', `/api/iocs/export?${query}`);
const text = async (query: string): Promise<string> => {
  const { statusCode, body } = await get(query);
  expect([statusCode, body]).toEqual([200, expect.any(String)]);
  return body;
};

describe('GET /api/iocs/export', () => {
  it.each([
    ['csv', 'text/csv; charset=utf-8', 'iocs-2026-01-02.csv'],
    ['json', 'application/json; charset=utf-8', 'iocs-2026-01-02.json'],
    ['stix', 'application/stix+json;version=2.1', 'iocs-2026-01-02.stix.json'],
  ])('is a file: %s', async (format, contentType, name) => {
    const { headers } = await get(`format=${format}`);
    expect(headers['content-type']).toBe(contentType);
    expect(headers['content-disposition']).toBe(`attachment; filename="${name}"`);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('holds what the filter lets through, or what is named, of the own organisation', async () => {
    const { ids } = await server.iocs.import(server.own, ONE_OF_EACH, { tags: ['red'] });
    const theirs = await server.add('domain', 'theirs.com', server.other);
    const values = async (query: string): Promise<unknown> =>
      (JSON.parse(await text(`format=json&${query}`)) as NamedIoc[]).map(({ value }) => value).sort();
    expect(await values('')).toEqual(ONE_OF_EACH.map(({ value }) => value).sort());
    expect(await values('type=domain&type=ipv4&search=E')).toEqual(['evil.com']);
    expect(await values('tag=red&enriched=true')).toEqual([]);
    expect(await values(`ids=${ids[3]}&ids=${ids[6]}&ids=${ids[3]}&ids=${theirs}`)).toEqual([
      '198.51.100.3',
      'evil.com',
    ]);
  });

  it('says what the library knows, with relations', async () => {
    const file = await server.add('sha256', SHA256);
    const domain = await server.add('domain', 'evil.com');
    await server.relations.add(server.own, file, [{ targetId: domain, relation: 'contacted_domains' }]);
    await server.enrich(file);
    const [exported] = JSON.parse(await text('format=json&type=sha256')) as unknown[];
    expect(exported).toEqual({
      type: 'sha256',
      value: SHA256,
      tags: [],
      source: null,
      note: null,
      verdict: 'malicious',
      malicious: 45,
      suspicious: 0,
      engines: 72,
      threatLabel: 'trojan.x',
      enrichedAt: '2026-01-03T00:00:00.000Z',
      createdAt: '2026-01-02T03:04:05.678Z',
      updatedAt: '2026-01-02T03:04:05.678Z',
      relations: [{ relation: 'contacted_domains', target: { type: 'domain', value: 'evil.com' } }],
    });
    const bundle = JSON.parse(await text('format=stix')) as Bundle;
    expect(stixFaults(bundle)).toEqual([]);
    expect(bundle.objects.filter(({ type }) => type === 'identity')).toMatchObject([{ name: 'Blue Team' }]);
    expect(bundle.objects.filter(({ type }) => type === 'relationship').length).toBeGreaterThan(0);
  });

  it('lets no cell be a formula', async () => {
    await server.iocs.import(server.own, [{ type: 'domain', value: 'evil.com' }], {
      tags: ['=1+1', '@x'],
      source: '=HYPERLINK("http://evil.com")',
      note: '+cmd|"/C calc"!A0\n-2',
    });
    const [, row = ''] = (await text('format=csv')).split(/\r\n(?=[a-z])/);
    expect(row).toContain(`,"'=1+1, @x","'=HYPERLINK(""http://evil.com"")","'+cmd|""/C calc""!A0\n-2",`);
  });

  it.each(['csv', 'stix'] as const)('gives the same IOCs when %s is imported again', async (format) => {
    await server.iocs.import(server.own, ONE_OF_EACH);
    const content = await text(`format=${format}`);
    const { items, faults } = await server.ask<Preview>('stranger', 'POST', '/api/iocs/preview', { content });
    expect(faults).toEqual([]);
    const chosen = items.filter(({ state }) => state === 'new').map(({ type, value }) => ({ type, value }));
    await server.ask('stranger', 'POST', '/api/iocs/import', { items: chosen });
    const theirs = JSON.parse(
      (await server.send('stranger', 'GET', '/api/iocs/export?format=json')).body,
    ) as NamedIoc[];
    expect(theirs.map(iocKey).sort()).toEqual(ONE_OF_EACH.map(iocKey).sort());
    expect(new Set(theirs.map(({ type }) => type))).toEqual(new Set(IOC_TYPES));
  });

  it('holds every IOC once, over many pages', async () => {
    const many = Array.from({ length: 1_700 }, (_, index): NamedIoc => ({
      type: 'domain',
      value: `n${index}.com`,
    }));
    await server.iocs.import(server.own, many);
    const exported = JSON.parse(await text('format=json')) as NamedIoc[];
    expect(exported.map(({ value }) => value).sort()).toEqual(many.map(({ value }) => value).sort());
    expect((await text('format=csv')).split('\r\n')).toHaveLength(1_702);
  });

  it.each<[string, string]>([
    ['', 'format'],
    ['format=xlsx', 'format'],
    ['format=csv&ids=5', 'ids/0'],
    ['format=csv&ids=0197f000-0000-7000-8000-000000000000&type=url', 'ids'],
    [`format=csv&${'ids=0197f000-0000-7000-8000-000000000000&'.repeat(201)}`, 'ids'],
    ['format=csv&type=cve', 'type/0'],
    ['format=csv&page=2', 'page'],
  ])('refuses %.60s', async (query, field) => {
    expect(await server.refusal('viewer', 'GET', `/api/iocs/export?${query}`)).toMatchObject({
      status: 400,
      field,
    });
  });
});

describe('an export that nobody reads on', () => {
  it('waits for the reader, and ends quietly when they go', async () => {
    const { organisations, relations, own } = server;
    const record = (await server.iocs.get(own, await server.add('domain', 'evil.com'))) ?? expect.fail();
    let read = 0;
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    // An organisation without end.
    const iterate: IocStore['iterate'] = async function* () {
      try {
        for (;;) {
          read += 1;
          yield await Promise.resolve(record);
        }
      } finally {
        ended();
      }
    };
    const { logger, lines } = recordedLogger();
    const app = await startTestServer(
      new Map([['viewer', principal({ organisationId: own })]]),
      [
        iocExportRoutes({
          iocs: Object.assign(Object.create(server.iocs) as IocStore, { iterate }),
          relations,
          organisations,
        }),
      ],
      { logger },
    );
    await app.listen({ port: 0, host: '127.0.0.1' });
    const said = lines.length;
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      'GET /api/iocs/export?format=csv HTTP/1.1\r\nhost: library\r\nauthorization: Bearer viewer\r\n\r\n',
    );
    await once(socket, 'data');
    socket.pause();
    // It stands still once the buffers of the connection are full.
    let before = -1;
    while (read !== before) {
      before = read;
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBeLessThan(1_000_000);
    socket.destroy();
    await end;
    await app.close();
    expect(lines.slice(said)).toEqual([]);
  });
});
