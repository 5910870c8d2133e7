import type { Static } from 'typebox';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { LookUpServer } from '../../../test/helpers/look-up-server.js';
import { settled } from '../../../test/helpers/virtual-time.js';
import { CredentialsError } from '../../virustotal/errors.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import type { Details, Ioc, Job, JobWithRows, Usage } from '../web/api.js';
import type { DetailsOnTheWire } from './ioc-schemas.js';
import type { JobOnTheWire } from './job-schemas.js';
import type { UsageOnTheWire } from './usage-routes.js';

let server: LookUpServer;

beforeEach(async () => {
  server = await LookUpServer.start();
});

afterEach(() => server.close());

const evil = { type: 'hostname', value: 'evil.example.com' } as const;

async function added(count: number, organisationId = server.world.own): Promise<readonly string[]> {
  const items = Array.from({ length: count }, (_, index) => ({ ...evil, value: `d${index}.example.com` }));
  return (await server.world.iocs.import(organisationId, items)).ids;
}

/** Look-ups wait for quota, for ever; answers those that do. */
function noTurns(): readonly string[] {
  const waiting: string[] = [];
  server.world.virusTotal().before = (path, { signal }) =>
    new Promise((_, reject) => {
      waiting.push(path);
      signal?.addEventListener('abort', () => {
        waiting.splice(waiting.indexOf(path), 1);
        reject(signal.reason as Error);
      });
    });
  return waiting;
}

/** Until so many wait, on a busy machine too. */
async function reached(waiting: readonly string[], count: number): Promise<void> {
  await vi.waitFor(
    () => {
      expect(waiting).toHaveLength(count);
    },
    { timeout: 8000, interval: 5 },
  );
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await settled();
}

it('says what the page takes it to say', () => {
  expectTypeOf<Static<typeof JobOnTheWire>>().toExtend<Job>();
  expectTypeOf<Static<typeof DetailsOnTheWire>>().toExtend<Details>();
  expectTypeOf<Static<typeof UsageOnTheWire>>().toExtend<Usage>();
});

describe('POST /api/lookup', () => {
  const lookUp = (body: object, person: 'analyst' | 'stranger' = 'analyst') =>
    server.send(person, 'POST', '/api/lookup', body);

  it('looks a value up and answers it as it is kept', async () => {
    const response = await lookUp({ type: 'domain', value: 'evil[.]example.com' });
    expect(response.statusCode).toBe(200);
    const { ioc, details } = response.json<{ ioc: Ioc; details: Details }>();
    expect(ioc).toMatchObject({ ...evil, verdict: 'suspicious', ratio: '3/10' });
    expect(details.engines).toHaveLength(10);
    expect(await server.audited()).toEqual([
      { action: 'ioc.look-up', subject: ioc.id, details: { ...evil, isPaid: true } },
    ]);
    const again = (await lookUp({ id: ioc.id })).json<{ details: Details }>();
    expect(again.details).toEqual(details);
    expect(server.world.virusTotal().asked).toHaveLength(1);
    await server.world.time.pass(1000);
    await lookUp({ id: ioc.id, fresh: true });
    expect(server.world.virusTotal().asked).toHaveLength(2);
  });

  it.each<[string, object, number, string, string | undefined]>([
    ['nothing', {}, 400, 'bad-request', 'id'],
    ['half a name', { type: 'domain' }, 400, 'bad-request', 'value'],
    ['two names', { id: '0197f000-0000-7000-8000-000000000001', value: 'x.com' }, 400, 'bad-request', 'id'],
    ['no id', { id: 'one' }, 400, 'bad-request', 'id'],
    ['what it does not know', { id: '0197f000-0000-7000-8000-000000000001' }, 404, 'missing', undefined],
    ['what is no IOC', { type: 'md5', value: 'beef' }, 400, 'invalid', 'value'],
    ['a private address', { type: 'ipv4', value: '10.0.0.1' }, 422, 'caveat', undefined],
    ['an option that means nothing', { ...evil, force: true }, 400, 'bad-request', 'force'],
  ])('refuses %s', async (_, body, status, code, field) => {
    const problem = (await lookUp(body)).json<object>();
    expect(problem).toMatchObject({ status, code, ...(field === undefined ? {} : { field }) });
    expect(server.world.virusTotal().asked).toEqual([]);
    expect(await server.audited()).toEqual([]);
  });

  it('says when to come back when the quota or the budget is spent', async () => {
    await server.world.organisations.patch(server.world.own, { budgetPerDay: 0 });
    const ofBudget = await lookUp(evil);
    expect(ofBudget.json()).toMatchObject({
      status: 429,
      code: 'budget',
      detail: expect.stringContaining('from 2026-01-03 00:00 UTC on') as string,
    });
    // From 03:04:05.678 until midnight.
    expect(ofBudget.headers['retry-after']).toBe('75355');
    await server.world.organisations.patch(server.world.own, { budgetPerDay: null });
    const renewed = new Date('2026-01-02T03:05:05.678Z');
    server.world.virusTotal().before = () => Promise.reject(new QuotaExhaustedError(renewed, 'minute'));
    expect((await lookUp(evil)).json()).toMatchObject({ status: 429, code: 'quota', retryAfterSeconds: 60 });
  });

  it('does not wait for minutes, and says when to come back', async () => {
    const waiting = noTurns();
    const asked = lookUp(evil);
    await reached(waiting, 1);
    await server.world.time.pass(20_000);
    expect((await asked).json()).toMatchObject({ status: 429, code: 'quota', retryAfterSeconds: 60 });
    expect(waiting).toEqual([]);
    expect((await server.world.usage.read(server.world.own, server.world.time.clock.now())).day.used).toBe(0);
  });

  it('refuses at once whose turn is a minute away', async () => {
    server.world.virusTotal().limits = { minute: 1 };
    const waiting = noTurns();
    const asked = [0, 1].map((index) => lookUp({ ...evil, value: `d${index}.example.com` }));
    await reached(waiting, 2);
    expect((await lookUp(evil)).json()).toMatchObject({ status: 429, code: 'quota', retryAfterSeconds: 120 });
    await server.world.time.pass(20_000);
    await Promise.all(asked);
  });

  it('keeps ten of an organisation waiting, and lets others in', async () => {
    server.world.virusTotal().limits = { minute: 8 };
    const waiting = noTurns();
    const asked = Array.from({ length: 10 }, (_, index) =>
      lookUp({ ...evil, value: `d${index}.example.com` }),
    );
    await reached(waiting, 10);
    expect((await lookUp(evil)).json()).toMatchObject({ status: 429, code: 'quota' });
    asked.push(lookUp(evil, 'stranger'));
    await reached(waiting, 11);
    await server.world.time.pass(20_000);
    await Promise.all(asked);
  });

  it('does not ask for somebody who has hung up', async () => {
    const waiting = noTurns();
    const url = await server.app.listen({ port: 0, host: '127.0.0.1' });
    const hangUp = new AbortController();
    const asked = fetch(`${url}/api/lookup`, {
      method: 'POST',
      headers: { authorization: 'Bearer analyst', 'content-type': 'application/json' },
      body: JSON.stringify(evil),
      signal: hangUp.signal,
    });
    await reached(waiting, 1);
    hangUp.abort();
    await expect(asked).rejects.toThrow();
    await reached(waiting, 0);
    expect(server.world.virusTotal().asked).toEqual([]);
  });

  it('says when somebody must see to the key', async () => {
    server.world.virusTotal().before = () => Promise.reject(new CredentialsError('no such key', {}));
    expect((await lookUp(evil)).json()).toMatchObject({ status: 503, code: 'key' });
  });

  it('knows nothing of the IOCs of others', async () => {
    const [id] = await added(1);
    expect((await lookUp({ id }, 'stranger')).json()).toMatchObject({ status: 404 });
  });
});

describe('a bulk job', () => {
  const begin = (body: object) => server.ask<{ job: Job }>('analyst', 'POST', '/api/bulk-enrich', body);

  it('is begun, followed by its rows, and listed', async () => {
    await server.world.bulk.start();
    const ids = await added(3);
    const response = await server.send('analyst', 'POST', '/api/bulk-enrich', { ids });
    expect(response.statusCode).toBe(202);
    const { job } = response.json<{ job: Job }>();
    expect(job).toMatchObject({ kind: 'enrich', state: 'running', total: 3, done: 0, failed: 0 });
    await quiet();
    const one = await server.ask<JobWithRows>('viewer', 'GET', `/api/jobs/${job.id}?pageSize=2`);
    expect(one.job).toMatchObject({ state: 'finished', done: 3, etaSeconds: null });
    expect(one).toMatchObject({ total: 3, page: 1, pageSize: 2 });
    expect(one.items).toHaveLength(2);
    expect(one.items[0]).toMatchObject({
      position: 0,
      iocId: ids[0],
      type: 'hostname',
      value: 'd0.example.com',
      state: 'done',
      verdict: 'suspicious',
      ratio: '3/10',
      message: null,
    });
    const failed = await server.ask<JobWithRows>('viewer', 'GET', `/api/jobs/${job.id}?state=failed`);
    expect(failed.total).toBe(0);
    expect(await server.ask('viewer', 'GET', '/api/jobs')).toMatchObject({ items: [one.job], total: 1 });
  });

  it('takes what a filter lets through', async () => {
    await added(3);
    expect((await begin({ filter: { search: 'd1' } })).job.total).toBe(1);
    expect((await begin({ filter: {} })).job.total).toBe(3);
  });

  it('is paused, resumed and cancelled, and that is on record once', async () => {
    const { id } = (await begin({ ids: await added(2), fresh: true })).job;
    const change = async (action: string) =>
      (await server.ask<{ job: Job }>('analyst', 'POST', `/api/jobs/${id}/${action}`)).job.state;
    expect(await change('pause')).toBe('paused');
    expect(await change('pause')).toBe('paused');
    expect(await change('resume')).toBe('running');
    expect(await change('cancel')).toBe('cancelled');
    expect(await change('cancel')).toBe('cancelled');
    const late = await server.send('analyst', 'POST', `/api/jobs/${id}/resume`);
    expect(late.json()).toMatchObject({ status: 409, detail: 'The job is cancelled already.' });
    expect(await server.audited()).toEqual([
      { action: 'job.create', subject: id, details: { total: 2, fresh: true } },
      { action: 'job.pause', subject: id, details: {} },
      { action: 'job.resume', subject: id, details: {} },
      { action: 'job.cancel', subject: id, details: {} },
    ]);
  });

  it('is nothing to strangers', async () => {
    const ids = await added(1);
    const { id } = (await begin({ ids })).job;
    expect(await server.ask('stranger', 'GET', '/api/jobs')).toMatchObject({ items: [], total: 0 });
    for (const [method, url] of [
      ['GET', `/api/jobs/${id}`],
      ['POST', `/api/jobs/${id}/pause`],
      ['POST', `/api/jobs/${id}/resume`],
      ['POST', `/api/jobs/${id}/cancel`],
    ] as const) {
      expect((await server.send('stranger', method, url)).statusCode).toBe(404);
    }
    const theirs = await server.ask<{ job: Job }>('stranger', 'POST', '/api/bulk-enrich', { ids });
    expect(theirs.job.total).toBe(0);
  });

  it.each([
    [{}, 'ids'],
    [{ ids: ['one'] }, 'ids/0'],
    [{ ids: [], filter: {} }, 'ids'],
    [{ filter: { sort: 'value' } }, 'filter/sort'],
  ])('must say of which IOCs: %j', async (body, field) => {
    const response = await server.send('analyst', 'POST', '/api/bulk-enrich', body);
    expect(response.json()).toMatchObject({ status: 400, field });
  });
});
