import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IocServer } from '../../../test/helpers/library-iocs.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { readImport } from '../ioc/read-import.js';
import type { ImportResult, Ioc, IocType, Page, Preview } from '../web/api.js';
import { Refusal } from './refusal.js';

let server: IocServer;

beforeEach(async () => {
  server = await IocServer.start();
});

afterEach(() => server.close());

const preview = (body: unknown): Promise<Preview> => server.ask('analyst', 'POST', '/api/iocs/preview', body);
const bringIn = (body: unknown): Promise<ImportResult> =>
  server.ask('analyst', 'POST', '/api/iocs/import', body);
const listed = async (): Promise<readonly Ioc[]> =>
  (await server.ask<Page<Ioc>>('viewer', 'GET', '/api/iocs?sort=value&order=asc')).items;
const items = (...values: [IocType, string][]): { items: { type: IocType; value: string }[] } => ({
  items: values.map(([type, value]) => ({ type, value })),
});

describe('POST /api/iocs/preview', () => {
  it('says what an import would do, and does nothing', async () => {
    await server.add('domain', 'known.com');
    await server.add('domain', 'new.com', server.other);
    expect(
      await preview({ content: 'known[.]com, hxxp://new[.]com/a\nnew.com new.com\n10.0.0.1 10.0.0.0/8' }),
    ).toEqual({
      format: 'text',
      items: [
        { type: 'domain', value: 'known.com', original: 'known[.]com', state: 'known', line: 1 },
        { type: 'url', value: 'http://new.com/a', original: 'hxxp://new[.]com/a', state: 'new', line: 1 },
        { type: 'domain', value: 'new.com', original: 'new.com', state: 'new', line: 2 },
        { type: 'domain', value: 'new.com', original: 'new.com', state: 'duplicate', line: 2 },
        {
          type: 'ipv4',
          value: '10.0.0.1',
          original: '10.0.0.1',
          state: 'new',
          line: 3,
          caveat: '"10.0.0.1" is a private address.',
        },
      ],
      faults: [{ line: 3, text: '10.0.0.0/8', reason: 'is a network, not one address' }],
      repeated: 1,
      faultsLeftOut: 0,
    });
    expect((await listed()).map(({ value }) => value)).toEqual(['known.com']);
    expect(await server.audited()).toEqual([]);
  });

  it('takes format and file name into account', async () => {
    const content = 'domain,x\nsetup.zip,1\n';
    expect((await preview({ content, filename: 'list.csv' })).items).toHaveLength(1);
    expect((await preview({ content, format: 'text' })).items).toHaveLength(0);
  });

  it('reads a large content on a thread', async () => {
    const content = Array.from({ length: 5000 }, (_, index) => `hxxp://n${index}[.]com/"\\`).join('\n');
    const found = await preview({ content });
    expect(found.items.map(({ type, value }) => ({ type, value }))).toEqual(
      readImport(content).items.map(({ type, value }) => ({ type, value })),
    );
  });

  it.each<[string, object, number, string | undefined, string]>([
    [
      'more than 5 MB',
      { content: 'a'.repeat(5_000_001) },
      400,
      'content',
      'content has 5.0 MB; 5 MB at most are read at once. Split it.',
    ],
    [
      'far more',
      { content: 'a'.repeat(12_000_000) },
      413,
      undefined,
      'The request is larger than this route takes; send less at once.',
    ],
    ['no content', {}, 400, 'content', '"content" is missing in the body.'],
    ['another content', { content: 5 }, 400, 'content', '"content" in the body must be string.'],
    [
      'an unknown format',
      { content: '', format: 'pdf' },
      400,
      'format',
      '"format" in the body must be equal to one of the allowed values: text, csv, stix.',
    ],
  ])('refuses %s', async (_, body, status, field, detail) => {
    expect(await server.refusal('analyst', 'POST', '/api/iocs/preview', body)).toEqual({
      status,
      ...(field === undefined ? {} : { field }),
      detail,
    });
  });

  it.each(['viewer', 'reading'] as const)('is not for a %s', async (person) => {
    expect((await server.refusal(person, 'POST', '/api/iocs/preview', { content: '' })).status).toBe(403);
  });
});

describe('POST /api/iocs/import', () => {
  it('brings IOCs in by their normal form, with tags, source and note', async () => {
    const result = await bringIn({
      ...items(['domain', 'EVIL[.]com'], ['hostname', 'evil.com'], ['url', 'hxxp://evil[.]com']),
      tags: ['red', ' Blue ', 'RED'],
      source: ' Report 7 ',
      note: '  ',
    });
    expect(result).toMatchObject({ created: 2, known: 0 });
    const all = await listed();
    expect(all.map(({ type, value, tags, source, note }) => ({ type, value, tags, source, note }))).toEqual(
      [
        ['domain', 'evil.com'],
        ['url', 'http://evil.com/'],
      ].map(([type, value]) => ({ type, value, tags: ['blue', 'red'], source: 'Report 7', note: null })),
    );
    expect(result.ids).toEqual(all.map(({ id }) => id));
    expect(await server.audited()).toMatchObject([
      {
        organisationId: server.own,
        actor: 'ada@example.com',
        action: 'ioc.import',
        subject: null,
        details: { created: 2, known: 0, source: 'Report 7', tags: ['blue', 'red'] },
        address: '127.0.0.1',
      },
    ]);
  });

  it('changes nothing when it is done again, and has both organisations keep their own', async () => {
    const body = items(['domain', 'evil.com'], ['md5', '44D88612FEA8A8F36DE82E1278ABB02F']);
    const first = await bringIn(body);
    const before = await listed();
    expect(await bringIn(body)).toEqual({ created: 0, known: 2, ids: first.ids });
    expect(await listed()).toEqual(before);
    const theirs = await server.ask<ImportResult>('stranger', 'POST', '/api/iocs/import', body);
    expect(theirs.created).toBe(2);
    expect(await listed()).toEqual(before);
  });

  it.each<[string, IocType, string, string]>([
    ['no IOC', 'domain', 'not a name', '"not a name" is not a domain name.'],
    [
      'another type',
      'sha256',
      '44d88612fea8a8f36de82e1278abb02f',
      '"44d88612fea8a8f36de82e1278abb02f" is not a SHA-256 hash, which has 64 hexadecimal digits.',
    ],
    ['a network', 'ipv4', '10.0.0.0/8', '"10.0.0.0/8" is a network, not one address.'],
    ['blanks', 'url', '   ', '"   " is empty.'],
    [
      'too long a URL',
      'url',
      `http://evil.com/${'a'.repeat(3000)}`,
      `"http://evil.com/${'a'.repeat(83)}…" is longer than 2048 characters.`,
    ],
  ])('refuses %s, names the item, and imports none', async (_, type, value, detail) => {
    const body = items(['domain', 'a.com'], ['domain', 'b.com'], ['domain', 'c.com'], [type, value]);
    expect(await server.refusal('analyst', 'POST', '/api/iocs/import', body)).toEqual({
      status: 400,
      field: 'items/3/value',
      detail,
    });
    expect(await listed()).toEqual([]);
    expect(await server.audited()).toEqual([]);
  });

  it.each<[string, object, number, string | undefined]>([
    ['nothing', { items: [] }, 400, 'items'],
    ['too many', { items: Array(20_001).fill({ type: 'domain', value: 'a.com' }) }, 400, 'items'],
    ['an unknown type', { items: [{ type: 'cve', value: 'CVE-2026-1' }] }, 400, 'items/0/type'],
    ['an item with more', { items: [{ type: 'domain', value: 'a.com', id: 1 }] }, 400, 'items/0/id'],
    ['a blank tag', { ...items(['domain', 'a.com']), tags: ['a', ' \t'] }, 400, 'tags/1'],
    ['a tag with a comma', { ...items(['domain', 'a.com']), tags: ['a,b'] }, 400, 'tags/0'],
    ['a tag with a line feed', { ...items(['domain', 'a.com']), tags: ['a\nb'] }, 400, 'tags/0'],
    ['a long tag', { ...items(['domain', 'a.com']), tags: ['a'.repeat(101)] }, 400, 'tags/0'],
    ['a long source', { ...items(['domain', 'a.com']), source: 'a'.repeat(201) }, 400, 'source'],
    ['a long note', { ...items(['domain', 'a.com']), note: 'a'.repeat(10_001) }, 400, 'note'],
    ['a large body', { ...items(['domain', 'a.com']), note: 'a'.repeat(12_000_000) }, 413, undefined],
  ])('refuses %s', async (_, body, status, field) => {
    const refusal = await server.refusal('analyst', 'POST', '/api/iocs/import', body);
    expect([refusal.status, refusal.field]).toEqual([status, field]);
    expect(await listed()).toEqual([]);
  });

  it('takes 20,000 at once', async () => {
    const many = Array.from({ length: 20_000 }, (_, index): [IocType, string] => ['domain', `n${index}.com`]);
    expect(await bringIn(items(...many))).toMatchObject({ created: 20_000, known: 0 });
  });

  it.each(['viewer', 'reading'] as const)('is not for a %s', async (person) => {
    const body = items(['domain', 'a.com']);
    expect((await server.refusal(person, 'POST', '/api/iocs/import', body)).status).toBe(403);
  });
});

describe('the look-ups of an import', () => {
  const two = items(['domain', 'known.com'], ['domain', 'new.com']);

  it('are not started unless they are wanted', async () => {
    expect(await bringIn({ ...two, enrich: false })).not.toHaveProperty('jobId');
    expect(server.started).toEqual([]);
  });

  it('are of all IOCs when somebody asks for them, and the log knows the job', async () => {
    await server.add('domain', 'known.com');
    const { ids, jobId } = await bringIn({ ...two, enrich: true });
    expect(ids).toHaveLength(2);
    expect(server.started).toEqual([ids]);
    expect(await server.audited()).toMatchObject([{ details: { jobId } }]);
  });

  it('are of what is new where they are automatic', async () => {
    await server.organisations.patch(server.own, { autoEnrich: true });
    const known = await server.add('domain', 'known.com');
    const { ids, jobId } = await bringIn(two);
    expect(jobId).toMatch(/^[0-9a-f-]{36}$/);
    expect(server.started).toEqual([ids.filter((id) => id !== known)]);
    expect(await bringIn(two)).not.toHaveProperty('jobId');
    expect(server.started).toHaveLength(1);
  });

  it('need the scope of a token', async () => {
    await server.organisations.patch(server.own, { autoEnrich: true });
    const path = '/api/iocs/import';
    expect(await server.refusal('writing', 'POST', path, { ...two, enrich: true })).toEqual({
      status: 403,
      detail: 'The API token lacks the scope lookup; make another one, or leave "enrich" out.',
    });
    expect(await listed()).toEqual([]);
    expect(await server.ask('writing', 'POST', path, two)).not.toHaveProperty('jobId');
    expect(await server.ask('looking-up', 'POST', path, { ...two, enrich: true })).toHaveProperty('jobId');
  });

  it.each<[string, Error, string]>([
    ['a refusal', new Refusal(429, 'The budget of today is spent.'), 'The budget of today is spent.'],
    ['a fault', new ConnectorError('VirusTotal is away.', 'transient'), 'VirusTotal is away.'],
    ['a defect', new Error('swordfish'), 'The look-ups could not be started; start them from the list.'],
  ])('that cannot be started do not undo the import: %s', async (_, error, notice) => {
    server.startBulk = () => Promise.reject(error);
    expect(await bringIn({ ...two, enrich: true })).toMatchObject({ created: 2, notice });
    expect(await listed()).toHaveLength(2);
  });
});
