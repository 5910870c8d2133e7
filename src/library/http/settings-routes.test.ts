import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LookUpServer } from '../../../test/helpers/look-up-server.js';
import { CredentialsError } from '../../virustotal/errors.js';
import type { KeyState, Settings, Usage } from '../web/api.js';

const key = '0123456789abcdef'.repeat(4);
let server: LookUpServer;

beforeEach(async () => {
  server = await LookUpServer.start();
});

afterEach(() => server.close());

describe('settings of the organisation', () => {
  const change = (body: object) => server.send('admin', 'PATCH', '/api/settings', body);

  it('are read and changed, what is absent stays', async () => {
    expect(await server.ask<Settings>('admin', 'GET', '/api/settings')).toEqual({
      autoEnrich: false,
      suspiciousFrom: 1,
      maliciousFrom: 6,
    });
    expect((await change({ autoEnrich: true })).json()).toEqual({
      autoEnrich: true,
      suspiciousFrom: 1,
      maliciousFrom: 6,
    });
    expect(await server.audited()).toEqual([
      { action: 'settings.change', subject: null, details: { autoEnrich: true, judged: 0 } },
    ]);
  });

  it('judge IOCs anew by other thresholds, their own alone', async () => {
    const { ioc } = await server.world.lookUps.lookUp({
      organisationId: server.world.own,
      subject: { type: 'domain', value: 'evil.example.com' },
      priority: 'manual',
    });
    expect(ioc.verdict).toBe('suspicious');
    const theirs = await server.send('stranger', 'PATCH', '/api/settings', { maliciousFrom: 2 });
    expect(theirs.statusCode).toBe(200);
    expect((await server.world.iocs.get(server.world.own, ioc.id))?.verdict).toBe('suspicious');
    await change({ maliciousFrom: 3 });
    expect((await server.world.iocs.get(server.world.own, ioc.id))?.verdict).toBe('malicious');
  });

  it.each([
    [{ suspiciousFrom: 0 }, 'suspiciousFrom'],
    [{ suspiciousFrom: 7 }, 'maliciousFrom'],
    [{ maliciousFrom: 1.5 }, 'maliciousFrom'],
    [{ maliciousFrom: '6' }, 'maliciousFrom'],
    [{ name: 'Blue' }, 'name'],
    [{}, 'body'],
  ])('make sense: %j', async (body, field) => {
    expect((await change(body)).json()).toMatchObject({ status: 400, field });
    expect(await server.audited()).toEqual([]);
  });
});

describe('the VirusTotal key', () => {
  const url = '/api/settings/virustotal-key';
  const ask = (method: 'GET' | 'PUT' | 'DELETE', body?: object) =>
    server.ask<KeyState>('super_admin', method, url, body);

  it('is set and removed, and never goes out', async () => {
    expect(await ask('GET')).toEqual({ isSet: true, masked: '••••eeee', source: 'environment' });
    const set = await server.send('super_admin', 'PUT', url, { key: ` ${key.toUpperCase()} ` });
    expect(set.json()).toEqual({ isSet: true, masked: '••••cdef', source: 'settings' });
    expect(set.body).not.toContain(key.slice(0, 20));
    expect(await ask('GET')).toEqual({ isSet: true, masked: '••••cdef', source: 'settings' });
    expect(await ask('DELETE')).toMatchObject({ source: 'environment' });
    const audited = await server.audited();
    expect(audited).toEqual([
      { action: 'virustotal-key.set', subject: null, details: { masked: '••••cdef' } },
      { action: 'virustotal-key.remove', subject: null, details: { masked: '••••cdef' } },
    ]);
  });

  it('that is another lets go on what was paused as the one before was refused', async () => {
    const { bulk, iocs, jobStore, own } = server.world;
    const { ids } = await iocs.import(own, [{ type: 'domain', value: 'evil.example.com' }]);
    const { id } = (await bulk.create(own, { selection: { ids }, userId: null })).job;
    for (const send of [() => ask('PUT', { key }), () => ask('DELETE')]) {
      await jobStore.pause(own, id, 'VirusTotal does not take the API key.');
      await send();
      expect(await jobStore.get(own, id)).toMatchObject({ state: 'running', reason: null });
    }
  });

  it('of the environment is removed there', async () => {
    expect((await server.send('super_admin', 'DELETE', url)).json()).toMatchObject({
      status: 409,
      detail: 'The key is in the environment (VIRUSTOTAL_TOKEN); remove it there.',
    });
  });

  it('that is none is refused, and not shown', async () => {
    const response = await server.send('super_admin', 'PUT', url, { key: 'hunter2' });
    expect(response.json()).toMatchObject({ status: 400, field: 'key' });
    expect(response.body).not.toContain('hunter2');
  });

  it('is tested, that which is set or another', async () => {
    const test = (body: object) => server.ask('super_admin', 'POST', `${url}/test`, body);
    expect(await test({})).toMatchObject({ ok: true });
    server.world.virusTotal(key).allowed = () => Promise.reject(new CredentialsError('unknown', {}));
    expect(await test({ key })).toMatchObject({ ok: false });
    expect(await test({ key: 'hunter2' })).toMatchObject({ ok: false });
    expect(await ask('GET')).toMatchObject({ source: 'environment' });
  });
});

describe('GET /api/usage', () => {
  it('says what is used of the key, and of the budget', async () => {
    await server.world.organisations.patch(server.world.own, { budgetPerDay: 10 });
    server.world.virusTotal().limits = { minute: 4, day: 500 };
    await server.world.lookUps.lookUp({
      organisationId: server.world.own,
      subject: { type: 'domain', value: 'evil.example.com' },
      priority: 'manual',
    });
    expect(await server.ask<Usage>('viewer', 'GET', '/api/usage')).toEqual({
      key: {
        perMinute: { used: 0, limit: 4, resetsAt: null },
        perDay: { used: 1, limit: 500, resetsAt: '2026-01-03T00:00:00.000Z' },
        perMonth: { used: 1, limit: null, resetsAt: '2026-02-01T00:00:00.000Z' },
      },
      organisation: {
        day: { used: 1, limit: 10, resetsAt: '2026-01-03T00:00:00.000Z' },
        month: { used: 1, limit: null, resetsAt: '2026-02-01T00:00:00.000Z' },
      },
    });
    expect(await server.ask<Usage>('stranger', 'GET', '/api/usage')).toMatchObject({
      organisation: { day: { used: 0, limit: null } },
    });
  });
});
