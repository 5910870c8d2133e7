import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IocServer } from '../../../test/helpers/library-iocs.js';
import type { IocDetails } from '../web/api.js';

const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

let server: IocServer;
let id: string;

beforeEach(async () => {
  server = await IocServer.start();
  id = await server.add('sha256', SHA256);
});

afterEach(() => server.close());

const relate = (...items: [type: string, value: string, relation: string][]): object => ({
  items: items.map(([type, value, relation]) => ({ type, value, relation })),
});
const send = (body: object): Promise<unknown> =>
  server.ask('analyst', 'POST', `/api/iocs/${id}/related`, body);
const related = async (): Promise<string[]> =>
  (await server.ask<IocDetails>('viewer', 'GET', `/api/iocs/${id}`)).relations.map(
    ({ relation, direction, ioc }) => `${relation} ${direction} ${ioc.type} ${ioc.value}`,
  );

describe('POST /api/iocs/:id/related', () => {
  it('brings IOCs in and keeps how they are related, once', async () => {
    await server.add('ipv4', '198.51.100.3');
    const body = relate(
      ['domain', 'www.Evil[.]com', 'contacted_domains'],
      ['ipv4', '198.51.100.3', 'contacted_ips'],
      ['sha256', 'a'.repeat(63) + 'b', 'dropped_files'],
      ['sha256', 'a'.repeat(63) + 'b', 'bundled_files'],
    );
    expect(await send(body)).toEqual({ created: 2, known: 1 });
    const expected = [
      'contacted_domains to hostname www.evil.com',
      'contacted_ips to ipv4 198.51.100.3',
      `dropped_files to sha256 ${'a'.repeat(63)}b`,
      `bundled_files to sha256 ${'a'.repeat(63)}b`,
    ];
    expect(await related()).toEqual(expected);
    expect(await send(body)).toEqual({ created: 0, known: 3 });
    expect(await related()).toEqual(expected);
    expect(await server.audited()).toMatchObject([
      {
        action: 'ioc.import-related',
        subject: id,
        details: { value: SHA256, created: 2, known: 1, relations: 4 },
      },
      { details: { created: 0, known: 3, relations: 0 } },
    ]);
  });

  it.each<[string, object, string, string]>([
    [
      'a relation that VirusTotal does not have',
      relate(['domain', 'a.com', 'contacted_domains'], ['domain', 'b.com', 'made_up']),
      'items/1/relation',
      '"made_up" does not lead from a sha256 to a domain at VirusTotal, which knows of a sha256: contacted_domains, contacted_ips, contacted_urls, dropped_files, bundled_files, execution_parents.',
    ],
    [
      'a name of JavaScript',
      relate(['domain', 'a.com', 'constructor']),
      'items/0/relation',
      '"constructor" does not lead',
    ],
    [
      'a relation of another kind of object',
      relate(['domain', 'a.com', 'subdomains']),
      'items/0/relation',
      '"subdomains" does not lead',
    ],
    [
      'a relation to another type',
      relate(['url', 'http://a.com/', 'contacted_domains']),
      'items/0/relation',
      '"contacted_domains" does not lead from a sha256 to a url',
    ],
    ['no IOC', relate(['domain', 'a.com/', 'contacted_domains']), 'items/0/value', '"a.com/" is not'],
    ['nothing', { items: [] }, 'items', 'items'],
    ['no relation', { items: [{ type: 'domain', value: 'a.com' }] }, 'items/0/relation', 'is missing'],
    [
      'too many',
      relate(...Array<[string, string, string]>(1001).fill(['domain', 'a.com', 'contacted_domains'])),
      'items',
      'items',
    ],
  ])('refuses %s, and imports nothing', async (_, body, field, detail) => {
    expect(await server.refusal('analyst', 'POST', `/api/iocs/${id}/related`, body)).toEqual({
      status: 400,
      field,
      detail: expect.stringContaining(detail) as string,
    });
    expect(await server.iocs.count(server.own, {})).toBe(1);
    expect(await server.audited()).toEqual([]);
  });

  it('knows the two ways of resolutions', async () => {
    const domain = await server.add('hostname', 'www.evil.com');
    const address = await server.add('ipv6', '2001:db8::1');
    const resolution = (type: string, value: string): object => relate([type, value, 'resolutions']);
    const to = (source: string, body: object): Promise<unknown> =>
      server.ask('analyst', 'POST', `/api/iocs/${source}/related`, body);
    expect(await to(domain, resolution('ipv4', '198.51.100.3'))).toEqual({ created: 1, known: 0 });
    expect(await to(address, resolution('domain', 'evil.com'))).toEqual({ created: 1, known: 0 });
    await expect(to(domain, resolution('domain', 'evil.com'))).rejects.toThrow('does not lead');
    await expect(to(address, resolution('ipv4', '198.51.100.3'))).rejects.toThrow('does not lead');
  });

  it('keeps no relation of an IOC with itself', async () => {
    expect(await send(relate(['sha256', SHA256, 'dropped_files']))).toEqual({ created: 0, known: 1 });
    expect(await related()).toEqual([]);
  });

  it('looks up what is new where that is automatic', async () => {
    await server.organisations.patch(server.own, { autoEnrich: true });
    const body = relate(['domain', 'a.com', 'contacted_domains']);
    expect(await send(body)).toEqual({
      created: 1,
      known: 0,
      jobId: '0197f000-0000-7000-8000-00000000010b',
    });
    expect(server.started).toHaveLength(1);
    expect(await send(body)).toEqual({ created: 0, known: 1 });
    expect(server.started).toHaveLength(1);
    expect(await server.audited()).toMatchObject([
      { action: 'ioc.import-related', details: { jobId: '0197f000-0000-7000-8000-00000000010b' } },
      { action: 'ioc.import-related', details: { jobId: null } },
    ]);
  });
});
