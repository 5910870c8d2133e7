import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IocServer, type Person } from '../../../test/helpers/library-iocs.js';
import type { Ioc, IocDetails } from '../web/api.js';

const RELATED = '198.51.100.77';
const REPORT = {
  data: {
    id: 'evil.com',
    type: 'domain',
    attributes: {
      registrar: 'Example Registrar',
      last_analysis_stats: { malicious: 2, suspicious: 0, undetected: 3, harmless: 1, timeout: 0 },
      last_analysis_results: {
        Engine: { category: 'malicious', result: '<script>', engine_name: 'Engine' },
      },
      something_new: { of: ['tomorrow'] },
    },
    relationships: {
      resolutions: {
        data: [
          {
            type: 'resolution',
            id: '8.8.4.4evil.com',
            attributes: { ip_address: '8.8.4.4', host_name: 'evil.com' },
          },
          {
            type: 'resolution',
            id: '8.8.8.8evil.com',
            attributes: { ip_address: '8.8.8.8', host_name: 'evil.com' },
          },
        ],
      },
    },
  },
};

let server: IocServer;
let id: string;

beforeEach(async () => {
  server = await IocServer.start();
  id = await server.add('domain', 'evil.com');
});

afterEach(() => server.close());

const one = (): Promise<IocDetails> => server.ask('viewer', 'GET', `/api/iocs/${id}`);

describe('GET /api/iocs/:id', () => {
  it('has no details before the first look-up', async () => {
    expect(await one()).toMatchObject({ id, value: 'evil.com', details: null, history: [], relations: [] });
  });

  it('reads the kept report anew, and says which related IOCs the library has', async () => {
    const related = await server.add('ipv4', '8.8.8.8');
    await server.add('ipv4', '8.8.4.4', server.other);
    await server.enrich(id, { report: REPORT, verdict: 'suspicious', malicious: 2, engines: 6 });
    const { details, ratio } = await one();
    expect(ratio).toBe('2/6');
    expect(details).toMatchObject({
      known: true,
      fetchedAt: '2026-01-03T00:00:00.000Z',
      link: 'https://www.virustotal.com/gui/domain/evil.com',
      engines: [{ engine: 'Engine', category: 'malicious', result: '<script>', updated: null }],
      related: [
        {
          relation: 'resolutions',
          label: 'Resolutions',
          items: [
            { type: 'ipv4', value: '8.8.4.4', iocId: null },
            { type: 'ipv4', value: '8.8.8.8', iocId: related },
          ],
        },
      ],
    });
    expect(details?.network).toContainEqual({ label: 'Registrar', value: 'Example Registrar' });
  });

  it('says so when VirusTotal does not know the IOC, and when the report was lost', async () => {
    await server.enrich(id, { known: false, verdict: 'unknown', malicious: 0, engines: 0, report: null });
    expect((await one()).details).toMatchObject({ known: false, engines: [], related: [] });
    const fetchedAt = new Date('2026-01-04T00:00:00.000Z');
    await server.enrich(id, { fetchedAt, known: true, report: null });
    expect((await one()).details).toMatchObject({ known: true, engines: [], related: [] });
  });

  it('shows the history, the newest first, and relations from both ends', async () => {
    const target = await server.add('ipv4', RELATED);
    await server.enrich(target, { malicious: 1, engines: 70, verdict: 'suspicious' });
    await server.relations.add(server.own, id, [{ targetId: target, relation: 'resolutions' }]);
    const changes = [{ what: 'verdict', text: 'Verdict: unknown → malicious' }];
    await server.enrich(id, { known: false, verdict: 'unknown', malicious: 0, engines: 0 });
    await server.enrich(id, { fetchedAt: new Date('2026-02-01T00:00:00.000Z'), changes });
    const { history, relations } = await one();
    expect(history).toEqual([
      {
        id: expect.any(String) as string,
        fetchedAt: '2026-02-01T00:00:00.000Z',
        known: true,
        verdict: 'malicious',
        ratio: '45/72',
        changes,
      },
      {
        id: expect.any(String) as string,
        fetchedAt: '2026-01-03T00:00:00.000Z',
        known: false,
        verdict: 'unknown',
        ratio: null,
        changes: [],
      },
    ]);
    const ends = { id: expect.any(String) as string, relation: 'resolutions' };
    expect(relations).toEqual([
      {
        ...ends,
        direction: 'to',
        ioc: { id: target, type: 'ipv4', value: RELATED, verdict: 'suspicious', ratio: '1/70' },
      },
    ]);
    expect((await server.ask<IocDetails>('viewer', 'GET', `/api/iocs/${target}`)).relations).toEqual([
      {
        ...ends,
        direction: 'from',
        ioc: { id, type: 'domain', value: 'evil.com', verdict: 'malicious', ratio: '45/72' },
      },
    ]);
  });
});

describe('GET /api/iocs/:id/report', () => {
  it('is what VirusTotal answered, also what nobody reads', async () => {
    await server.enrich(id, { report: REPORT });
    const response = await server.send('viewer', 'GET', `/api/iocs/${id}/report`);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.json()).toEqual(REPORT);
  });

  it('is not there before the first look-up, nor where VirusTotal knew nothing', async () => {
    const path = `/api/iocs/${id}/report`;
    expect(await server.refusal('viewer', 'GET', path)).toEqual({
      status: 404,
      detail: 'There is no report: this IOC was never looked up. Look it up first.',
    });
    await server.enrich(id, { known: false, report: null });
    expect(await server.refusal('viewer', 'GET', path)).toEqual({
      status: 404,
      detail: 'There is no report: VirusTotal did not know this IOC.',
    });
  });
});

describe('PATCH /api/iocs/:id', () => {
  const patch = (body: unknown): Promise<Ioc> => server.ask('analyst', 'PATCH', `/api/iocs/${id}`, body);

  it('changes what is given alone', async () => {
    expect(await patch({ note: ' seen twice ', source: 'mail', tags: ['B ', 'a', 'b'] })).toMatchObject({
      note: 'seen twice',
      source: 'mail',
      tags: ['a', 'b'],
    });
    expect(await patch({ tags: [] })).toMatchObject({ note: 'seen twice', source: 'mail', tags: [] });
    expect(await patch({ note: null, source: ' ' })).toMatchObject({ note: null, source: null });
    expect(await server.audited()).toMatchObject([
      {
        action: 'ioc.change',
        subject: id,
        details: { type: 'domain', value: 'evil.com', fields: ['note', 'source', 'tags'] },
      },
      { details: { fields: ['tags'] } },
      { details: { fields: ['note', 'source'] } },
    ]);
  });

  it.each<[string, object, string]>([
    ['nothing', {}, 'body'],
    ['a value, which is what makes the IOC', { value: 'other.com' }, 'value'],
    ['a verdict, which VirusTotal gives', { verdict: 'clean' }, 'verdict'],
    ['no text', { note: 5 }, 'note'],
    ['a long note', { note: 'a'.repeat(10_001) }, 'note'],
    ['a tag with a comma', { tags: ['a', 'b,c'] }, 'tags/1'],
    ['too many tags', { tags: Array.from({ length: 51 }, (_, index) => `t${index}`) }, 'tags'],
  ])('refuses %s', async (_, body, field) => {
    expect(await server.refusal('analyst', 'PATCH', `/api/iocs/${id}`, body)).toMatchObject({
      status: 400,
      field,
    });
    expect(await server.audited()).toEqual([]);
  });
});

describe('DELETE /api/iocs/:id', () => {
  it('removes the IOC with its enrichments and relations, once', async () => {
    const target = await server.add('ipv4', RELATED);
    await server.relations.add(server.own, id, [{ targetId: target, relation: 'resolutions' }]);
    await server.enrich(id, { report: REPORT });
    expect((await server.send('analyst', 'DELETE', `/api/iocs/${id}`)).statusCode).toBe(204);
    expect(await server.refusal('analyst', 'DELETE', `/api/iocs/${id}`)).toEqual({
      status: 404,
      detail: 'There is no such IOC; it may have been deleted.',
    });
    expect((await server.ask<IocDetails>('viewer', 'GET', `/api/iocs/${target}`)).relations).toEqual([]);
    expect(await server.audited()).toMatchObject([
      { action: 'ioc.delete', subject: id, details: { type: 'domain', value: 'evil.com' } },
    ]);
  });
});

const routes: readonly (readonly ['GET' | 'POST' | 'PATCH' | 'DELETE', string, object | undefined])[] = [
  ['GET', '', undefined],
  ['GET', '/report', undefined],
  ['PATCH', '', { note: 'mine' }],
  ['DELETE', '', undefined],
  ['POST', '/related', { items: [{ type: 'ipv4', value: RELATED, relation: 'resolutions' }] }],
];

describe.each(routes)('%s /api/iocs/:id%s', (method, path, body) => {
  it('finds nothing of another organisation, as if there were nothing', async () => {
    const absent = await server.refusal(
      'stranger',
      method,
      `/api/iocs/0197f000-0000-7000-8000-000000000000${path}`,
      body,
    );
    expect(absent).toEqual({ status: 404, detail: 'There is no such IOC; it may have been deleted.' });
    expect(await server.refusal('stranger', method, `/api/iocs/${id}${path}`, body)).toEqual(absent);
    expect(await one()).toMatchObject({ note: null, relations: [] });
    expect(await server.audited()).toEqual([]);
  });

  it.each(['1', 'null', '%27or%201=1', '0197f000-0000-7000-8000-00000000000g', '%00', 'a'.repeat(150)])(
    'refuses the id %s',
    async (wrong) => {
      expect(await server.refusal('analyst', method, `/api/iocs/${wrong}${path}`, body)).toEqual({
        status: 400,
        field: 'id',
        detail: '"id" in the address must match format "uuid".',
      });
    },
  );

  it('is for those whose role, or token, allows it', async () => {
    const refused: readonly Person[] = method === 'GET' ? [] : ['viewer', 'reading'];
    for (const person of refused)
      expect((await server.refusal(person, method, `/api/iocs/${id}${path}`, body)).status).toBe(403);
    expect(
      (await server.app.inject({ method, url: `/api/iocs/${id}${path}`, payload: body ?? {} })).statusCode,
    ).toBe(401);
  });
});
