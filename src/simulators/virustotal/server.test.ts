import { gunzipSync } from 'node:zlib';
import { request as undiciRequest } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../shared/clock.js';
import { Catalog } from './catalog.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
  type VirusTotalSimulatorOptions,
} from './server.js';

// oxlint-disable-next-line typescript/no-explicit-any -- read member by member; a wrong guess fails the test
type Body = any;

const publicKey = 'a'.repeat(64);
const gtiKey = 'b'.repeat(64);
const premiumKey = 'c'.repeat(64);
const inactiveKey = 'd'.repeat(64);
const keys = {
  [publicKey]: { kind: 'public' },
  [gtiKey]: { kind: 'gti' },
  [premiumKey]: { kind: 'premium' },
  [inactiveKey]: { kind: 'inactive' },
} as const;

const eicarMd5 = '44d88612fea8a8f36de82e1278abb02f';
const eicarSha256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

const catalog = new Catalog();
catalog.addFile({
  md5: eicarMd5,
  sha256: eicarSha256,
  size: 68,
  last_analysis_results: {},
  downloadable: true,
  threat_severity: { version: 5 },
  gti_assessment: { threat_score: { value: 80 } },
  mandiant_ic_score: 80,
});
catalog.addDomain('evil.example.com', { reputation: -3 });
catalog.addUrl('http://evil.example.com/payload?a=1', { title: 'x' });
catalog.addIp('8.8.8.8', { asn: 15169 });

let running: VirusTotalSimulator | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: VirusTotalSimulatorOptions = {}): Promise<VirusTotalSimulator> {
  running = await startVirusTotalSimulator({
    keys,
    catalog,
    clock: fixedClock('2025-06-01T12:00:00Z'),
    ...options,
  });
  return running;
}

async function get(
  simulator: VirusTotalSimulator,
  path: string,
  headers: Record<string, string> = { 'x-apikey': publicKey },
): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${simulator.url}${path}`, { headers });
  return { status: response.status, body: await response.json() };
}

describe('authentication', () => {
  it('refuses a request without a key', async () => {
    expect(await get(await start(), `/files/${eicarMd5}`, {})).toEqual({
      status: 401,
      body: { error: { code: 'AuthenticationRequiredError', message: 'X-Apikey header is missing' } },
    });
  });

  it.each([
    ['a malformed key', 'short', 'WrongCredentialsError'],
    ['an unknown key', 'e'.repeat(64), 'WrongCredentialsError'],
    ['the key of a suspended account', inactiveKey, 'UserNotActiveError'],
  ])('refuses %s', async (_, key, code) => {
    const { status, body } = await get(await start(), `/files/${eicarMd5}`, { 'x-apikey': key });
    expect([status, body.error.code]).toEqual([401, code]);
  });

  it('takes every well-formed key for a public one when no keys are configured', async () => {
    running = await startVirusTotalSimulator({ catalog });
    const { status, body } = await get(running, `/files/${eicarMd5}`, { 'x-apikey': 'f'.repeat(64) });
    expect(status).toBe(200);
    expect(body.data.attributes).not.toHaveProperty('downloadable');
  });
});

describe('look-ups', () => {
  it('finds a file by MD5 in upper case and answers with its SHA-256', async () => {
    const simulator = await start();
    const { status, body } = await get(simulator, `/files/${eicarMd5.toUpperCase()}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        type: 'file',
        id: eicarSha256,
        links: { self: `${simulator.url}/files/${eicarSha256}` },
        attributes: { md5: eicarMd5, sha256: eicarSha256, size: 68, last_analysis_results: {} },
      },
    });
  });

  it.each([
    ['/files/' + '0'.repeat(64), 404, 'NotFoundError', `File "${'0'.repeat(64)}" not found`],
    ['/files/not-a-hash', 404, 'NotFoundError', 'File "not-a-hash" not found'],
    ['/domains/unknown.example.com', 404, 'NotFoundError', 'Domain "unknown.example.com" not found'],
    ['/domains/host.invalid', 400, 'InvalidArgumentError', '"host.invalid" is not a valid domain pattern'],
    ['/ip_addresses/8.8.8', 400, 'InvalidArgumentError', 'IP "8.8.8" is not a valid IP address pattern'],
    ['/urls/' + 'aHR0cDovLw', 400, 'InvalidArgumentError', 'Unable to canonicalize url'],
    ['/urls/aHR0cHM6Ly93d3cuZXhhbXBsZS5jb20vYQ%3D%3D', 404, 'NotFoundError', undefined],
    ['/urls/aHR0cHM6Ly9leGFtcGxlLmNvbS8%2FcT1hPmI%2FY35%2B', 404, 'NotFoundError', undefined],
    ['/files/', 404, 'NotFoundError', 'Resource not found.'],
    ['/nothing/here', 404, 'NotFoundError', 'Resource not found.'],
    ['/intelligence/search?query=x', 403, 'ForbiddenError', undefined],
  ])('answers %s with %i %s', async (path, status, code, message) => {
    const answer = await get(await start(), path);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    if (message !== undefined) expect(answer.body.error.message).toBe(message);
  });

  it('refuses a file id that is no hash with 400 when told so', async () => {
    const answer = await get(await start({ behaviour: { invalidFileHash: 'invalid' } }), '/files/not-a-hash');
    expect([answer.status, answer.body.error.code]).toEqual([400, 'InvalidArgumentError']);
  });

  it('finds a URL by unpadded base64url of another spelling, and by its id', async () => {
    const simulator = await start();
    const spelled = Buffer.from('HTTP://evil.example.com:80/payload?a=1#x').toString('base64url');
    const byUrl = await get(simulator, `/urls/${spelled}`);
    const byId = await get(simulator, `/urls/${String(byUrl.body.data.id)}`);
    expect(byUrl.body.data.attributes.url).toBe('http://evil.example.com/payload?a=1');
    expect(byId.body).toEqual(byUrl.body);
  });

  it('answers a never-seen public address without verdicts', async () => {
    const { status, body } = await get(await start(), '/ip_addresses/2001:4860:0:0:0:0:0:1');
    expect([status, body.data.id]).toEqual([200, '2001:4860::1']);
    expect(body.data.attributes).toEqual({
      tags: [],
      reputation: 0,
      total_votes: { harmless: 0, malicious: 0 },
      last_modification_date: 1748779200,
    });
  });

  it('answers a private address with verdicts but without AS', async () => {
    const { status, body } = await get(await start(), '/ip_addresses/192.168.0.1');
    expect([status, body.data.attributes.last_analysis_stats.harmless]).toEqual([200, 60]);
    expect(body.data.attributes).not.toHaveProperty('asn');
  });

  it('shows premium attributes to premium keys and assessments only to GTI keys that name their product', async () => {
    const simulator = await start();
    const attributesFor = async (headers: Record<string, string>): Promise<string[]> =>
      Object.keys((await get(simulator, `/files/${eicarMd5}`, headers)).body.data.attributes as object);
    const base = ['md5', 'sha256', 'size', 'last_analysis_results'];
    const premium = [...base, 'downloadable', 'threat_severity'];
    expect(await attributesFor({ 'x-apikey': publicKey, 'x-tool': 'demo' })).toEqual(base);
    expect(await attributesFor({ 'x-apikey': premiumKey, 'x-tool': 'demo' })).toEqual(premium);
    expect(await attributesFor({ 'x-apikey': gtiKey })).toEqual(premium);
    expect(await attributesFor({ 'x-apikey': gtiKey, 'x-tool': 'demo' })).toEqual([
      ...premium,
      'gti_assessment',
      'mandiant_ic_score',
    ]);
  });

  it('honours or ignores projections as told', async () => {
    const simulator = await start();
    const names = async (query: string): Promise<string[]> =>
      Object.keys((await get(simulator, `/files/${eicarMd5}?${query}`)).body.data.attributes as object);
    expect(await names('attributes=size,md5')).toEqual(['md5', 'size']);
    expect(await names('exclude_attributes=last_analysis_results,md5')).toEqual(['sha256', 'size']);
    simulator.behaviour.projection = 'ignored';
    expect(await names('attributes=size')).toEqual(['md5', 'sha256', 'size', 'last_analysis_results']);
  });

  it('finds one object or none by search', async () => {
    const simulator = await start();
    const search = async (query: string): Promise<string[]> => {
      const { body } = await get(simulator, `/search?query=${encodeURIComponent(query)}`);
      return (body.data as { type: string }[]).map(({ type }) => type);
    };
    expect(await search(eicarMd5)).toEqual(['file']);
    expect(await search('evil.example.com')).toEqual(['domain']);
    expect(await search('http://evil.example.com/payload?a=1')).toEqual(['url']);
    expect(await search('8.8.8.8')).toEqual(['ip_address']);
    expect(await search('unknown.example.com')).toEqual([]);
  });

  it('compresses only for clients that name gzip in their User-Agent, and never an error', async () => {
    const simulator = await start();
    const ask = (path: string, agent: string): ReturnType<typeof undiciRequest> =>
      undiciRequest(`${simulator.url}${path}`, {
        headers: { 'x-apikey': publicKey, 'accept-encoding': 'gzip', 'user-agent': agent },
      });
    const compressed = await ask(`/files/${eicarMd5}`, 'demo; gzip');
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(await compressed.body.bytes()).toString())).toHaveProperty('data');
    for (const plain of [await ask(`/files/${eicarMd5}`, 'demo'), await ask('/files/x', 'demo; gzip')]) {
      expect(plain.headers['content-encoding']).toBeUndefined();
      await plain.body.dump();
    }
  });
});

describe('rulesets', () => {
  it('answers a ruleset, 404 for one that is gone and 403 for one that became private', async () => {
    const simulator = await start();
    simulator.catalog.addRuleset('00dec00001', { name: 'demo', rules: 'rule demo { condition: true }' });
    simulator.catalog.addRuleset('00dec00403', { rules: '' });
    simulator.catalog.forbid({ type: 'yara_ruleset', id: '00dec00403' });
    const found = await get(simulator, '/yara_rulesets/00dec00001');
    expect(found.body.data).toEqual({
      type: 'yara_ruleset',
      id: '00dec00001',
      links: { self: `${simulator.url}/yara_rulesets/00dec00001` },
      attributes: { name: 'demo', rules: 'rule demo { condition: true }' },
    });
    expect((await get(simulator, '/yara_rulesets/00dec00404')).status).toBe(404);
    expect((await get(simulator, '/yara_rulesets/00dec00403')).status).toBe(403);
  });
});

describe('the request log', () => {
  it('records what was asked and never a key', async () => {
    const simulator = await start();
    await get(simulator, '/ip_addresses/8.8.8.8?relationships=comments', {
      'x-apikey': publicKey,
      'x-tool': 'demo',
    });
    await get(simulator, `/users/${publicKey}/overall_quotas`);
    await get(simulator, `/users/${gtiKey}?key=${publicKey}`);
    const [lookUp, quotas, other] = simulator.log.entries;
    expect(lookUp).toMatchObject({
      method: 'GET',
      path: '/ip_addresses/8.8.8.8',
      query: { relationships: 'comments' },
      headers: { 'x-apikey': '[redacted]', 'x-tool': 'demo' },
      status: 200,
      quotaUnits: 1,
    });
    expect(quotas).toMatchObject({ path: '/users/[redacted]/overall_quotas', quotaUnits: 0 });
    expect(other).toMatchObject({ path: '/users/[redacted]', query: { key: '[redacted]' }, status: 403 });
    expect(JSON.stringify(simulator.log.entries)).not.toMatch(/[0-9a-f]{64}/);
  });

  it('tells look-ups, unexpected requests and used units', async () => {
    const simulator = await start();
    await get(simulator, `/files/${eicarMd5}`);
    await get(simulator, '/files/upload_url');
    await get(simulator, '/no/such/endpoint');
    expect(simulator.log.lookUps().map(({ path }) => path)).toEqual([`/files/${eicarMd5}`]);
    expect(simulator.log.unexpected().map(({ path }) => path)).toEqual(['/no/such/endpoint']);
    expect(simulator.log.quotaUnits).toBe(2);
  });

  it('wakes those who wait for requests', async () => {
    const simulator = await start();
    const second = simulator.log.waitFor(2);
    await get(simulator, '/ip_addresses/8.8.8.8');
    await get(simulator, '/ip_addresses/8.8.8.8');
    await second;
    expect(simulator.log.intervalsMs()).toEqual([0]);
  });
});

describe('reset', () => {
  it('brings back the state of the start', async () => {
    const simulator = await start({ quota: { perDay: 1 } });
    simulator.catalog.remove({ type: 'file', id: eicarSha256 });
    simulator.behaviour.projection = 'ignored';
    simulator.faults.add('*', { kind: 'html', status: 502 });
    expect((await fetch(`${simulator.url}/files/${eicarMd5}`)).status).toBe(502);
    expect((await get(simulator, `/files/${eicarMd5}`)).status).toBe(404);
    expect((await get(simulator, `/files/${eicarMd5}`)).status).toBe(429);
    simulator.reset();
    expect(simulator.log.entries).toEqual([]);
    expect(simulator.behaviour.projection).toBe('honoured');
    expect((await get(simulator, `/files/${eicarMd5}`)).status).toBe(200);
  });
});
