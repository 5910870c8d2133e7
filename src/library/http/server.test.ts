import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Type } from 'typebox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  InjectedBrowser,
  memorySessions,
  principal,
  startTestServer,
} from '../../../test/helpers/library-server.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { allow, allowAnyone } from './access.js';
import type { LibraryApp, Routes } from './library-app.js';
import { Refusal } from './refusal.js';
import { exactly } from './schemas.js';

const analyst = principal();
const people = new Map([
  ['analyst', analyst],
  ['viewer', principal({ userId: 'viewer', role: 'viewer' })],
  ['reading-token', principal({ scopes: ['read'] })],
  ['writing-token', principal({ scopes: ['read', 'write'] })],
]);

const routes: Routes = (app) => {
  app.get(
    '/api/things',
    {
      config: allow('viewer', 'read'),
      schema: {
        querystring: exactly({
          page: Type.Integer({ default: 1 }),
          tag: Type.Optional(Type.Array(Type.String())),
        }),
      },
    },
    ({ query }) => query,
  );
  app.post(
    '/api/things',
    {
      config: allow('analyst', 'write'),
      schema: {
        body: exactly({ name: Type.String({ minLength: 1 }), count: Type.Optional(Type.Integer()) }),
      },
    },
    ({ body }) => body,
  );
  app.delete('/api/things', { config: allow('analyst') }, () => ({}));
  app.get('/api/defect', { config: allow('viewer', 'read') }, () => {
    throw new Error('the password is swordfish');
  });
  app.get('/api/away', { config: allow('viewer', 'read') }, () => {
    throw new ConnectorError('The database is away; try again.', 'transient');
  });
  app.get('/api/refused', { config: allow('viewer', 'read') }, () => {
    throw new Refusal(503, 'VirusTotal cannot be reached.', { code: 'outage' });
  });
};

let app: LibraryApp;
let browser: InjectedBrowser;

beforeEach(async () => {
  app = await startTestServer(people, [routes]);
  browser = new InjectedBrowser(app);
});

afterEach(() => app.close());

const thing = { method: 'POST', url: '/api/things', payload: { name: 'a' } } as const;
const bearer = (token: string): { headers: { authorization: string } } => ({
  headers: { authorization: `Bearer ${token}` },
});

describe('who may use a route', () => {
  it('is said by the route, or the route is not added', async () => {
    const forgetful: Routes = (one) => {
      one.get('/api/open', () => ({}));
    };
    await expect(startTestServer(people, [forgetful])).rejects.toThrow(
      '/api/open does not say who may use it',
    );
  });

  it('is nobody without a session or a token', async () => {
    const { statusCode, headers, body } = await browser.send({ url: '/api/things' });
    expect(statusCode).toBe(401);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'Log in first, or send an API token (Authorization: Bearer …).',
      code: 'unauthorized',
    });
  });

  it.each([
    ['viewer', 403, 'This needs the role analyst; yours is viewer.'],
    ['analyst', 200, undefined],
  ])('follows from the role: %s', async (userId, status, detail) => {
    await browser.enter(userId);
    const response = await browser.send(thing);
    expect(response.statusCode).toBe(status);
    expect(response.json<{ detail?: string }>().detail).toBe(detail);
  });

  it.each([
    ['writing-token', thing, 200, undefined],
    ['reading-token', { url: '/api/things' }, 200, undefined],
    ['reading-token', thing, 403, 'The API token lacks the scope write; make another one that has it.'],
    [
      'writing-token',
      { method: 'DELETE', url: '/api/things' },
      403,
      'This cannot be done with an API token; log in to the page.',
    ],
    [
      'no-token',
      thing,
      401,
      'The API token is unknown or has expired; make another one under Settings, API tokens.',
    ],
  ] as const)('follows from the scopes of a token: %s', async (token, request, status, detail) => {
    const response = await browser.send({ ...request, ...bearer(token) });
    expect(response.statusCode).toBe(status);
    expect(response.json<{ detail?: string }>().detail).toBe(detail);
  });

  it('is asked before the body is read', async () => {
    const response = await browser.send({
      ...thing,
      payload: 'x'.repeat(200_000),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.statusCode).toBe(401);
    expect(
      (await browser.send({ ...thing, payload: 'x'.repeat(200_000), ...bearer('no-token') })).statusCode,
    ).toBe(401);
  });
});

describe('a change by a session', () => {
  it.each([
    ['no token', { 'x-csrf-token': '' }],
    ['a token that was made up', { 'x-csrf-token': 'abc-def' }],
  ])('is refused with %s', async (_name, headers) => {
    await browser.enter('analyst');
    const response = await browser.send({ ...thing, headers });
    expect(response.statusCode).toBe(403);
    expect(response.json<{ detail: string }>().detail).toContain('x-csrf-token');
  });

  it('is refused with the token from before the log-in', async () => {
    const before = (await browser.send({ url: '/api/test-csrf' })).json<{ csrfToken: string }>().csrfToken;
    await browser.enter('analyst');
    expect((await browser.send({ ...thing, headers: { 'x-csrf-token': before } })).statusCode).toBe(403);
    expect((await browser.send(thing)).statusCode).toBe(200);
  });

  it('is refused with the token of another browser', async () => {
    const other = new InjectedBrowser(app);
    await other.enter('analyst');
    await browser.enter('analyst');
    const { csrfToken } = other;
    expect((await browser.send({ ...thing, headers: { 'x-csrf-token': csrfToken } })).statusCode).toBe(403);
  });
});

describe('what comes in', () => {
  it.each([
    [{}, 'name', '"name" is missing in the body.'],
    [{ name: '' }, 'name', '"name" in the body must NOT have fewer than 1 characters.'],
    [{ name: 'a', count: '5' }, 'count', '"count" in the body must be integer.'],
    [{ name: 'a', size: 1 }, 'size', 'The body must not have "size", which means nothing here.'],
    [[], 'body', '"body" in the body must be object.'],
  ])('is refused with the field that is wrong: %j', async (payload, field, detail) => {
    await browser.enter('analyst');
    const response = await browser.send({ ...thing, payload });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ field, detail, code: 'bad-request' });
  });

  it.each([
    ['{"name":', 'application/json', 400, 'The body is no valid JSON.'],
    ['', 'application/json', 400, 'The body is empty; send a JSON object.'],
    ['name=a', 'text/csv', 415, 'The body must be JSON (content-type: application/json).'],
    [
      JSON.stringify({ name: 'x'.repeat(70_000) }),
      'application/json',
      413,
      'The request is larger than this route takes; send less at once.',
    ],
    ['{"name":"a","__proto__":{"x":1}}', 'application/json', 400, 'The body is no valid JSON.'],
  ])('is refused when it cannot be read: case %#', async (payload, type, status, detail) => {
    await browser.enter('analyst');
    const response = await browser.send({ ...thing, payload, headers: { 'content-type': type } });
    expect(response.statusCode).toBe(status);
    expect(response.json<{ detail: string }>().detail).toBe(detail);
  });

  it('is read in an address as the schema means it', async () => {
    await browser.enter('viewer');
    const ask = async (query: string): Promise<unknown> =>
      (await browser.send({ url: `/api/things?${query}` })).json();
    expect(await ask('tag=a')).toEqual({ page: 1, tag: ['a'] });
    expect(await ask('page=2&tag=a&tag=b')).toEqual({ page: 2, tag: ['a', 'b'] });
    expect(await ask('page=two')).toMatchObject({
      status: 400,
      field: 'page',
      detail: '"page" in the query must be integer.',
    });
  });
});

describe('what goes wrong', () => {
  it.each([
    ['/api/defect', 500, 'Something went wrong in the library; its log says more. Try again later.'],
    ['/api/away', 503, 'The database is away; try again.'],
    ['/api/nothing', 404, 'There is no GET /api/nothing; see /api/openapi.json.'],
  ])('is told without what is inside: %s', async (url, status, detail) => {
    await browser.enter('viewer');
    const response = await browser.send({ url });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ status, detail });
    expect(response.body).not.toContain('swordfish');
  });

  it.each(['session', 'answer', 'token'] as const)(
    'is told to come back while the database is away, by one line in the log: %s',
    async (where) => {
      const away = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:5432'), { code: 'ECONNREFUSED' });
      const { logger, lines } = recordedLogger();
      const store = memorySessions();
      const noStore: typeof store = {
        ...store,
        get: (_id, done) => {
          done(away);
        },
      };
      const failing = await startTestServer(
        people,
        [
          (one) => {
            one.get('/api/rows', { config: allowAnyone }, () => {
              throw away;
            });
          },
        ],
        {
          logger,
          sessions: {
            store: where === 'session' ? noStore : store,
            secret: Buffer.alloc(32, 7),
            secure: false,
            idleMs: 60_000,
          },
          authentication: {
            ofSession: () => Promise.reject(away),
            ofToken: () => Promise.reject(away),
          },
        },
      );
      const client = new InjectedBrowser(failing);
      if (where === 'session') await client.enter('viewer');
      const response = await client.send({
        url: '/api/rows',
        headers: where === 'token' ? { authorization: 'Bearer some-token' } : {},
      });
      expect(response.statusCode).toBe(503);
      expect(response.headers['retry-after']).toBe('5');
      expect(response.json()).toMatchObject({
        status: 503,
        code: 'database-away',
        retryAfterSeconds: 5,
        detail: 'The database of the library does not answer; try again in a few seconds.',
      });
      expect(lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([
        {
          level: 'error',
          msg: 'the database does not answer',
          reqId: expect.any(String),
          route: '/api/rows',
          reason: away.message,
        },
      ]);
      await failing.close();
    },
  );

  it('is told to who is refused too often, whoever they say they are', async () => {
    const busy = await startTestServer(people, [routes], { requestsPerMinute: 3, trustedProxies: 'nearest' });
    const guess = (number: number) =>
      busy.inject({
        url: '/api/things',
        remoteAddress: '127.0.0.1',
        headers: {
          authorization: `Bearer guess-${number}`,
          // What the client sent, and what the proxy before us added to it.
          'x-forwarded-for': `198.51.100.${number}, 10.0.0.5`,
        },
      });
    const answers = [await guess(1), await guess(2), await guess(3), await guess(4)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 429]);
    expect(answers[3]?.headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
    await busy.close();
  });

  it.each([
    ['/api/away', { level: 50, msg: 'failed', err: { stack: expect.any(String) as string } }],
    ['/api/refused', { level: 40, msg: 'refused', reason: 'VirusTotal cannot be reached.' }],
  ])('is in the log, with a stack only when nobody refused it on purpose: %s', async (url, line) => {
    const lines: string[] = [];
    const logger = pino({ serializers: pino.stdSerializers }, { write: (text) => void lines.push(text) });
    const heard = await startTestServer(people, [routes], { logger });
    await heard.inject({ url, ...bearer('reading-token') });
    await heard.close();
    const told = lines.map((text) => JSON.parse(text) as { level: number }).filter(({ level }) => level > 30);
    expect(told).toMatchObject([line]);
    expect('err' in told[0]!).toBe('err' in line);
  });

  it('is told when there are too many requests', async () => {
    const busy = await startTestServer(people, [routes], { requestsPerMinute: 2 });
    const send = () => busy.inject({ url: '/api/things', ...bearer('reading-token') });
    expect([await send(), await send()].map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const refused = await send();
    expect(refused.statusCode).toBe(429);
    expect(refused.json<{ retryAfterSeconds: number }>().retryAfterSeconds).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await busy.close();
  });
});

describe('every answer', () => {
  it('has the policy, and is kept by nobody on the way', async () => {
    const { headers } = await browser.send({ url: '/api/things' });
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('cookies', () => {
  it('are for this site alone and not for scripts', async () => {
    await browser.send({ url: '/api/test-csrf' });
    const response = await app.inject({ url: '/api/test-csrf' });
    expect(response.headers['set-cookie']).toMatch(/^csrf=.*; Path=\/; HttpOnly; SameSite=Strict$/);
  });

  it('travel by https alone where the page does', async () => {
    const sessions = { secret: Buffer.alloc(32, 7), secure: true, idleMs: 60_000 };
    const secure = await startTestServer(people, [], {
      sessions: { ...sessions, store: memorySessions() },
      trustedProxies: ['127.0.0.1'],
    });
    const response = await secure.inject({
      url: '/api/test-csrf',
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect(response.headers['set-cookie']).toMatch(
      /^__Host-csrf=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(response.headers['strict-transport-security']).toBe('max-age=31536000');
    await secure.close();
  });

  it('are not made for who only looks', async () => {
    expect((await app.inject({ url: '/api/things' })).headers['set-cookie']).toBeUndefined();
  });
});

describe('the page', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>page</title>');
    await writeFile(join(folder, 'assets', 'index-abc.js'), 'export {};');
    await app.close();
    app = await startTestServer(people, [routes], { page: folder });
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['/', 200, 'no-cache'],
    ['/iocs/0197', 200, 'no-cache'],
    ['/invitations/a-secret', 200, 'no-cache'],
    ['/assets/index-abc.js', 200, 'public, max-age=31536000, immutable'],
    ['/assets/index-old.js', 404, undefined],
    ['/api/nothing', 404, 'no-store'],
    ['/healthy', 200, 'no-cache'],
    ['/../../etc/passwd', 200, 'no-cache'],
    ['/%2e%2e/%2e%2e/etc/passwd', 200, 'no-cache'],
  ])('answers %s with %i', async (url, status, cacheControl) => {
    const { statusCode, headers, body } = await app.inject({ url });
    expect(statusCode).toBe(status);
    expect(headers['cache-control']).toBe(cacheControl);
    expect(body).not.toContain('root:');
  });
});

describe('the description of the API', () => {
  it('says of every route who may use it', async () => {
    const { paths, info } = (await app.inject({ url: '/api/openapi.json' })).json<{
      paths: Record<string, Record<string, object>>;
      info: { version: string };
    }>();
    expect(info.version).toBe('1.2.3');
    expect(paths['/api/things']?.get).toMatchObject({
      'x-role': 'viewer',
      'x-scope': 'read',
      security: [{ session: [] }, { token: [] }],
      responses: { '4XX': { description: 'Why the request was refused (RFC 9457).' } },
    });
    expect(paths['/api/things']?.delete).toMatchObject({ 'x-role': 'analyst', security: [{ session: [] }] });
    expect(paths['/api/openapi.json']?.get).toMatchObject({ 'x-role': 'anyone', security: [] });
  });
});

describe('health', () => {
  it.each([
    [true, 200],
    [false, 503],
  ])('is that of the database: %s', async (ready, status) => {
    const server = await startTestServer(people, [], { isReady: () => Promise.resolve(ready) });
    expect((await server.inject({ url: '/health/live' })).statusCode).toBe(200);
    expect((await server.inject({ url: '/health/ready' })).statusCode).toBe(status);
    await server.close();
  });
});
