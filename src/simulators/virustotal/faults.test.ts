import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { Catalog } from './catalog.js';
import { type Fault, Faults } from './faults.js';
import { startVirusTotalSimulator, type VirusTotalSimulator } from './server.js';

// oxlint-disable-next-line typescript/no-explicit-any -- read member by member; a wrong guess fails the test
type Body = any;

const headers = { 'x-apikey': 'a'.repeat(64) };
const path = '/ip_addresses/1.2.3.4';

let running: VirusTotalSimulator | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function startWith(fault: Fault, times?: number): Promise<VirusTotalSimulator> {
  const catalog = new Catalog();
  const ip = { type: 'ip_address', id: '1.2.3.4' };
  catalog.addIp(ip.id, { asn: 64496 });
  catalog.relate(
    ip,
    'comments',
    Array.from({ length: 3 }, (_, index) => ({ type: 'comment', id: `i-${index}`, attributes: {} })),
  );
  running = await startVirusTotalSimulator({ catalog });
  running.faults.add('GET /ip_addresses/*', fault, times);
  return running;
}

describe('faults', () => {
  it('strike as often as planned, then let the answer through', async () => {
    const { url } = await startWith({ kind: 'error', status: 503, code: 'TransientError' }, 2);
    const statuses: number[] = [];
    for (let call = 0; call < 3; call += 1) {
      const response = await fetch(`${url}${path}`, { headers });
      statuses.push(response.status);
      await response.arrayBuffer();
    }
    expect(statuses).toEqual([503, 503, 200]);
  });

  it.each<[string, Fault, number, string, string]>([
    [
      'an error envelope with an unknown code',
      { kind: 'error', status: 500, code: 'BrandNewError', message: 'x' },
      500,
      'application/json; charset=UTF-8',
      '{"error":{"code":"BrandNewError","message":"x"}}',
    ],
    [
      'a page with status 200',
      { kind: 'html', status: 200, body: '<html>blocked</html>' },
      200,
      'text/html; charset=UTF-8',
      '<html>blocked</html>',
    ],
    ['an empty body', { kind: 'empty' }, 200, 'application/json', ''],
    [
      'any body',
      { kind: 'raw', status: 204, headers: { 'content-type': 'text/plain' }, body: '' },
      204,
      'text/plain',
      '',
    ],
    [
      'a JSON text that ends in the middle',
      { kind: 'truncated-json' },
      200,
      'application/json; charset=UTF-8',
      '{"data":{"type":"ip_address","id":"1.2.3.4","links":{"self":"http',
    ],
  ])('send %s', async (_, fault, status, type, text) => {
    const { url } = await startWith(fault);
    const response = await fetch(`${url}${path}`, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    const body = await response.text();
    expect(text === '' ? body : body.slice(0, text.length)).toBe(text);
    if (fault.kind === 'truncated-json') expect(() => JSON.parse(body) as unknown).toThrow();
  });

  it('do not charge when they replace the answer, and do when they spoil it', async () => {
    const { url, log, faults } = await startWith({ kind: 'html', status: 502 });
    faults.add('*', { kind: 'truncated-json' });
    for (let call = 0; call < 2; call += 1) await (await fetch(`${url}${path}`, { headers })).text();
    expect(log.entries.map(({ fault, quotaUnits }) => [fault, quotaUnits])).toEqual([
      ['html', 0],
      ['truncated-json', 1],
    ]);
  });

  it.each<Fault>([{ kind: 'reset' }, { kind: 'reset', when: 'in-body' }])(
    'reset the connection: %j',
    async (fault) => {
      const { url, log } = await startWith(fault);
      await expect(fetch(`${url}${path}`, { headers }).then((response) => response.text())).rejects.toThrow();
      expect(log.entries[0]?.status).toBeUndefined();
    },
  );

  it('keep silent until the client gives up', async () => {
    const { url } = await startWith({ kind: 'silence' });
    const signal = AbortSignal.timeout(20);
    await expect(fetch(`${url}${path}`, { headers, signal })).rejects.toThrow('timeout');
  });

  it('keep silent for a while only, and then reset the connection', async () => {
    const { url, log } = await startWith({ kind: 'silence', forMs: 1 });
    await expect(fetch(`${url}${path}`, { headers })).rejects.toThrow();
    expect(log.entries[0]?.status).toBeUndefined();
  });

  it('are left to a function where none is planned', async () => {
    const { url, faults } = await startWith({ kind: 'html', status: 502 });
    faults.leaveTo((target) =>
      target.path === path ? { kind: 'error', status: 503, code: 'TransientError' } : undefined,
    );
    const statuses: number[] = [];
    for (let call = 0; call < 2; call += 1) {
      statuses.push((await fetch(`${url}${path}`, { headers })).status);
    }
    faults.clear();
    statuses.push((await fetch(`${url}${path}`, { headers })).status);
    expect(statuses).toEqual([502, 503, 200]);
  });

  it.each<Fault>([
    { kind: 'slow-headers', delayMs: 60_000 },
    { kind: 'slow-body', delayMs: 60_000 },
  ])('hold back $kind, and closing ends the wait', async (fault) => {
    const simulator = await startWith(fault);
    const answer = fetch(`${simulator.url}${path}`, { headers }).then((response) => response.text());
    const outcome = answer.then(
      () => 'answered',
      () => 'cut',
    );
    await simulator.log.waitFor(1);
    await simulator.close();
    expect(await outcome).toBe('cut');
  });

  it('send the whole body after the delay', async () => {
    const { url } = await startWith({ kind: 'slow-body', delayMs: 1 });
    expect(await (await fetch(`${url}${path}`, { headers })).json()).toHaveProperty('data.id', '1.2.3.4');
  });

  it('declare compression that is not there, and compress without declaring it', async () => {
    const { url, faults } = await startWith({ kind: 'gzip-mismatch', sends: 'plain-declared-gzip' });
    const declared = await request(`${url}${path}`, { headers });
    expect(declared.headers['content-encoding']).toBe('gzip');
    expect(await declared.body.json()).toHaveProperty('data');
    faults.add('*', { kind: 'gzip-mismatch', sends: 'undeclared-gzip' });
    const undeclared = await request(`${url}${path}`, { headers });
    expect(undeclared.headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(gunzipSync(await undeclared.body.bytes()).toString())).toHaveProperty('data');
  });

  it('lead a cursor back to its own page', async () => {
    const { url } = await startWith({ kind: 'duplicate-cursor' }, 2);
    const first = (await (await fetch(`${url}${path}/comments?limit=2`, { headers })).json()) as Body;
    const again = (await (await fetch(String(first.links.next), { headers })).json()) as Body;
    expect(again.data).toEqual(first.data);
    expect(again.meta.cursor).toBe(first.meta.cursor);
  });

  it('send an empty page whose cursor leads to the real one', async () => {
    const { url } = await startWith({ kind: 'empty-page' });
    const empty = (await (await fetch(`${url}${path}/comments`, { headers })).json()) as Body;
    expect(empty.data).toEqual([]);
    const real = (await (await fetch(String(empty.links.next), { headers })).json()) as Body;
    expect(real.data).toHaveLength(3);
  });

  it('change the answer as the test wishes', async () => {
    const { url } = await startWith({ kind: 'rewrite', rewrite: () => ({ data: null }) });
    expect(await (await fetch(`${url}${path}`, { headers })).json()).toEqual({ data: null });
  });
});

describe('fault patterns', () => {
  it('take dots literally, stars for anything, and predicates', () => {
    const faults = new Faults();
    const fault: Fault = { kind: 'empty' };
    faults.add('GET /ip_addresses/1.2.3.4', fault);
    faults.add(({ method }) => method === 'POST', fault);
    expect(faults.take({ method: 'GET', path: '/ip_addresses/1x2x3x4' })).toBeUndefined();
    expect(faults.take({ method: 'GET', path: '/ip_addresses/1.2.3.4/urls' })).toBeUndefined();
    expect(faults.take({ method: 'GET', path: '/ip_addresses/1.2.3.4' })).toBe(fault);
    expect(faults.take({ method: 'POST', path: '/files' })).toBe(fault);
  });

  it('tell which faults struck nothing', () => {
    const faults = new Faults();
    faults.add('GET /files/*', { kind: 'empty' });
    faults.add('*', { kind: 'empty' });
    faults.take({ method: 'GET', path: '/domains/example.com' });
    expect(faults.unused()).toEqual(['GET /files/*']);
  });
});
