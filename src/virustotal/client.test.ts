import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';

import { pino } from 'pino';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fixedClock } from '../shared/clock.js';
import { noTelemetry } from '../shared/telemetry.js';
import { type ClientOptions, VirusTotalClient } from './client.js';
import { VirusTotalError } from './errors.js';
import { QuotaExhaustedError } from './quota/quota-exhausted-error.js';
import type { Asker, VtObject } from './schema.js';
import type { Pacer } from './http/pacer.js';
import { type TransportOptions, VirusTotalTransport } from './http/transport.js';

const key = '0123456789abcdef'.repeat(4);
const md5 = '44d88612fea8a8f36de82e1278abb02f';
const sha1 = '3395856ce81f2b7382dee72602f798b642f14140';
const sha256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';
const asker: Asker = { priority: 'manual' };
const file: VtObject = { kind: 'file', hash: sha256 };
const eicar = { data: { type: 'file', id: sha256, attributes: { md5, sha1, sha256, size: 68 } } };
const notFound = { error: { code: 'NotFoundError', message: 'not found' } };

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
}
type Answer = (response: ServerResponse) => void;

let server: Server;
let baseUrl: string;
let answers: Answer[];
let received: Received[];
let dispatcher: Agent;
let sleeps: number[];
let failures: number;
let logged: string;

beforeEach(async () => {
  answers = [];
  received = [];
  sleeps = [];
  failures = 0;
  logged = '';
  dispatcher = new Agent();
  server = createServer((request, response) => {
    received.push({ method: request.method, path: request.url, headers: request.headers });
    const answer = answers.shift();
    if (answer === undefined) response.destroy();
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`;
});

afterEach(async () => {
  await dispatcher.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(answers, 'answers that nobody asked for').toEqual([]);
  expect(logged).not.toContain(key);
});

function client(overrides: Partial<TransportOptions> = {}, options: ClientOptions = {}): VirusTotalClient {
  const clock = fixedClock('2024-05-01T12:00:00Z');
  const transport = new VirusTotalTransport({
    baseUrl,
    apiKey: key,
    tool: 'Example-Product',
    userAgent: 'example/1.0',
    dispatcher,
    clock,
    logger: pino({ level: 'trace' }, { write: (line: string) => void (logged += line) }),
    telemetry: { ...noTelemetry, clientError: () => void (failures += 1) },
    timeouts: { headersMs: 5000, bodyMs: 5000, totalMs: 5000 },
    sleep: (durationMs) => {
      sleeps.push(durationMs);
      return Promise.resolve();
    },
    random: () => 0.5,
    ...overrides,
  });
  return new VirusTotalClient(transport, overrides.clock ?? clock, options);
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return raw(JSON.stringify(body), status, { 'content-type': 'application/json; charset=utf-8', ...headers });
}

function raw(body: string | Buffer, status: number, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

function html(status: number): Answer {
  return raw('<html><body>Blocked</body></html>', status, { 'content-type': 'text/html' });
}

function errorAnswer(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return json({ error: { code, message: 'words of VirusTotal' } }, status, headers);
}

/** The error of a call that must fail; it and all it carries are free of the key. */
async function failureOf(call: Promise<unknown>): Promise<VirusTotalError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(VirusTotalError);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(key);
  expect(JSON.stringify(error)).not.toContain(key);
  return error as VirusTotalError;
}

describe('a look-up', () => {
  it('gives the report and when it was fetched', async () => {
    answers = [json(eicar)];
    expect(await client().lookUp(file, asker)).toMatchObject({
      found: true,
      report: { kind: 'file', id: sha256, md5, size: 68 },
      fetchedAt: new Date('2024-05-01T12:00:00Z'),
    });
  });

  it('gives the answer as it was sent where that is wanted, and nowhere else', async () => {
    answers = [json(eicar), json(eicar)];
    expect(await client({}, { keepRaw: true }).lookUp(file, asker)).toMatchObject({
      found: true,
      raw: eicar,
    });
    expect(await client().lookUp(file, asker)).not.toHaveProperty('raw');
  });

  it('sends the key, the product and what it accepts', async () => {
    answers = [json(eicar)];
    await client().lookUp(file, asker);
    expect(received).toEqual([
      {
        method: 'GET',
        path: `/api/v3/files/${sha256}`,
        headers: expect.objectContaining({
          'x-apikey': key,
          'x-tool': 'Example-Product',
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': 'example/1.0 (gzip)',
        }),
      },
    ]);
  });

  it.each<[VtObject, string, string]>([
    [
      { kind: 'ip_address', address: '2606:4700::1111' },
      '/api/v3/ip_addresses/2606:4700::1111',
      '2606:4700:0::1111',
    ],
    [{ kind: 'ip_address', address: '1.2.3.4' }, '/api/v3/ip_addresses/1.2.3.4', '1.2.3.4'],
    [{ kind: 'domain', name: 'example.com' }, '/api/v3/domains/example.com', 'Example.com.'],
    [
      { kind: 'domain', name: 'xn--bcher-kva.example' },
      '/api/v3/domains/xn--bcher-kva.example',
      'bücher.example',
    ],
    [
      { kind: 'url', url: 'https://example.com/?q=a>b?c~~' },
      '/api/v3/urls/aHR0cHM6Ly9leGFtcGxlLmNvbS8_cT1hPmI_Y35-',
      'x',
    ],
  ])('asks for %j at its path', async (object, path, id) => {
    answers = [json({ data: { type: object.kind, id, attributes: {} } })];
    expect(await client({ baseUrl: `${baseUrl}/` }).lookUp(object, asker)).toMatchObject({
      found: true,
      report: { id },
    });
    expect(received.map((request) => request.path)).toEqual([path]);
  });

  it('reads a compressed answer', async () => {
    answers = [
      raw(gzipSync(JSON.stringify(eicar)), 200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      }),
    ];
    expect(await client().lookUp(file, asker)).toMatchObject({ found: true });
  });

  it('reads a plain answer that claims to be compressed, and the reverse', async () => {
    answers = [json(eicar, 200, { 'content-encoding': 'gzip' }), raw(gzipSync(JSON.stringify(eicar)), 200)];
    expect(await client().lookUp(file, asker)).toMatchObject({ found: true });
    expect(await client().lookUp(file, asker)).toMatchObject({ found: true });
  });

  it('takes a 404 with the NotFoundError envelope for the answer that nothing is known', async () => {
    answers = [json(notFound, 404), json({ error: { code: 'NotFound' } }, 404)];
    expect(await client().lookUp(file, asker)).toMatchObject({ found: false });
    expect(await client().lookUp(file, asker)).toMatchObject({ found: false });
    expect(failures).toBe(0);
  });

  it.each<[string, Answer]>([
    ['with HTML', html(404)],
    ['without a body', raw('', 404)],
    ['with another JSON', json({ message: 'no route' }, 404)],
    ['with HTML that holds JSON', raw(JSON.stringify(notFound), 404, { 'content-type': 'text/html' })],
  ])('never takes a 404 %s for "not found"', async (_, answer) => {
    answers = [answer];
    const error = await failureOf(client().lookUp(file, asker));
    expect(error).toMatchObject({ name: 'TransportError', kind: 'configuration', status: 404 });
    expect(error.message).toBe(
      'Something between here and VirusTotal answered in its place (HTTP 404); check proxy, firewall and base URL.',
    );
  });

  it('never takes a 404 with another code for "not found"', async () => {
    answers = [errorAnswer(404, 'SomethingElse')];
    expect(await failureOf(client().lookUp(file, asker))).toMatchObject({ kind: 'defect', status: 404 });
  });

  it.each<[string, Answer]>([
    ['HTML', html(200)],
    ['no body', raw('', 200, { 'content-type': 'application/json' })],
    ['truncated JSON', raw('{"data": {"id": "x", "attr', 200, { 'content-type': 'application/json' })],
    ['a JSON list', json([])],
    ['no data', json({})],
    ['data without an id', json({ data: { type: 'file' } })],
    ['another type of object', json({ data: { type: 'url', id: 'x' } })],
    [
      'broken gzip',
      raw(gzipSync(JSON.stringify(eicar)).subarray(0, 40), 200, { 'content-encoding': 'gzip' }),
    ],
  ])('takes a 200 with %s for a failure, after three attempts', async (_, answer) => {
    answers = [answer, answer, answer];
    expect(await failureOf(client().lookUp(file, asker))).toMatchObject({
      name: 'TransportError',
      kind: 'transient',
    });
    expect(received).toHaveLength(3);
    expect(failures).toBe(1);
  });

  it.each<[string, VtObject]>([
    ['MD5', { kind: 'file', hash: 'd41d8cd98f00b204e9800998ecf8427e' }],
    ['SHA-1', { kind: 'file', hash: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' }],
    ['SHA-256', { kind: 'file', hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }],
  ])('does not accept a report on a file with another %s', async (_, object) => {
    answers = [json(eicar)];
    const error = await failureOf(client().lookUp(object, asker));
    expect(error).toMatchObject({ name: 'TransportError', kind: 'defect' });
    expect(error.message).toBe('The answer is about another object than was asked; check the proxy.');
  });

  it.each<[VtObject, string]>([
    [{ kind: 'ip_address', address: '1.2.3.4' }, '1.2.3.5'],
    [{ kind: 'ip_address', address: '1.2.3.4' }, 'example.com'],
    [{ kind: 'ip_address', address: '2606:4700::1111' }, '2606:4700::1112'],
    [{ kind: 'domain', name: 'example.com' }, 'www.example.com'],
  ])('does not accept, for %j, a report on %j', async (object, id) => {
    answers = [json({ data: { type: object.kind, id, attributes: {} } })];
    const error = await failureOf(client().lookUp(object, asker));
    expect(error).toMatchObject({ name: 'TransportError', kind: 'defect' });
    expect(error.message).toBe('The answer is about another object than was asked; check the proxy.');
  });

  it.each([md5, sha1])('accepts the report on the file with the hash %s', async (hash) => {
    answers = [json(eicar)];
    expect(await client().lookUp({ kind: 'file', hash }, asker)).toMatchObject({
      found: true,
      report: { id: sha256 },
    });
  });

  it('does not follow a redirect, which would carry the key elsewhere', async () => {
    answers = [raw('', 302, { location: `${baseUrl}/elsewhere` })];
    expect(await failureOf(client().lookUp(file, asker))).toMatchObject({
      name: 'TransportError',
      status: 302,
    });
    expect(received).toHaveLength(1);
  });

  it('gives up on a body beyond the ceiling, also when it is small on the wire', async () => {
    const huge = Buffer.alloc(33 * 1024 * 1024, ' ');
    answers = [raw(gzipSync(huge), 200, { 'content-encoding': 'gzip' }), raw(huge, 200)];
    for (const _ of [1, 2]) {
      const error = await failureOf(client().lookUp(file, asker));
      expect(error.message).toBe(
        'The answer of VirusTotal is larger than 32 MB; nothing can be done about this object.',
      );
    }
  });
});

describe('a call that fails', () => {
  it.each([
    [400, 'InvalidArgumentError', 'InvalidArgumentError', 'invalid'],
    [401, 'WrongCredentialsError', 'CredentialsError', 'configuration'],
    [403, 'ForbiddenError', 'ForbiddenError', 'configuration'],
    // It takes a minute at least; who waits for it asks again by himself.
    [400, 'NotAvailableYet', 'VirusTotalError', 'transient'],
    [429, 'QuotaExceededError', 'QuotaExceededError', 'transient'],
  ])('is not made again after %i %s', async (status, code, name, kind) => {
    answers = [errorAnswer(status, code)];
    expect(await failureOf(client().lookUp(file, asker))).toMatchObject({ name, kind, status, code });
    expect(sleeps).toEqual([]);
    expect(failures).toBe(1);
  });

  it.each<[string, Answer]>([
    ['503 TransientError', errorAnswer(503, 'TransientError')],
    ['504 DeadlineExceededError', errorAnswer(504, 'DeadlineExceededError')],
    ['429 TooManyRequestsError', errorAnswer(429, 'TooManyRequestsError')],
    ['424 FailedDependencyError', errorAnswer(424, 'FailedDependencyError')],
    ['502 with HTML', html(502)],
    ['429 with HTML', html(429)],
    ['204', raw('', 204)],
    ['a reset connection', (response) => response.socket?.resetAndDestroy()],
    ['a connection that ends early', (response) => void response.destroy()],
    [
      'a body that ends early',
      (response): void => {
        response.writeHead(200, { 'content-length': '100' }).write('{"data"');
        response.destroy();
      },
    ],
  ])('is made again after %s, with growing delays', async (_, answer) => {
    answers = [answer, answer, json(eicar)];
    expect(await client().lookUp(file, asker)).toMatchObject({ found: true });
    expect(sleeps).toEqual([500, 1000]);
    expect(failures).toBe(0);
  });

  it('is made three times and no more', async () => {
    answers = [errorAnswer(503, 'TransientError'), html(500), errorAnswer(503, 'TransientError')];
    expect(await failureOf(client().lookUp(file, asker))).toMatchObject({
      name: 'TemporaryFailureError',
      status: 503,
      message:
        'VirusTotal could not answer at the moment (HTTP 503, TransientError: words of VirusTotal); try again later.',
    });
    expect(sleeps).toEqual([500, 1000]);
    expect(failures).toBe(1);
  });

  it.each([
    ['7', 7000],
    ['Wed, 01 May 2024 12:00:30 GMT', 30_000],
    ['Wed, 01 May 2024 11:00:00 GMT', 500],
    ['nonsense', 500],
    ['-5', 500],
  ])('waits as long as Retry-After %j says', async (header, delayMs) => {
    answers = [errorAnswer(503, 'TransientError', { 'retry-after': header }), json(eicar)];
    await client().lookUp(file, asker);
    expect(sleeps).toEqual([delayMs]);
  });

  it('does not keep anybody waiting when Retry-After says more than a minute', async () => {
    answers = [errorAnswer(429, 'TooManyRequestsError', { 'retry-after': '3600' })];
    expect(await failureOf(client().lookUp(file, asker))).toMatchObject({
      retryable: true,
      retryAfterMs: 3_600_000,
    });
    expect(sleeps).toEqual([]);
  });

  it('says what to do when nothing listens', async () => {
    const error = await failureOf(client({ baseUrl: 'http://127.0.0.1:1/api/v3' }).lookUp(file, asker));
    expect(error.message).toBe(
      'VirusTotal could not be reached (ECONNREFUSED); check network and proxy, or try again later.',
    );
    expect(sleeps).toEqual([500, 1000]);
  });

  it.each<[string, Answer]>([
    ['headers', (): void => undefined],
    ['the end of a body', (response): void => void response.writeHead(200).write('{')],
  ])('does not wait for %s without end', async (_, answer) => {
    answers = [answer, answer, answer];
    const error = await failureOf(
      client({ timeouts: { headersMs: 5000, bodyMs: 5000, totalMs: 20 } }).lookUp(file, asker),
    );
    expect(error.message).toBe(
      'VirusTotal could not be reached (time-out); check network and proxy, or try again later.',
    );
    expect(received).toHaveLength(3);
  });

  it('hands its time-outs for headers and body on to the connection', async () => {
    const limits: unknown[] = [];
    const watched = dispatcher.compose((dispatch) => (options, handler) => {
      limits.push([options.headersTimeout, options.bodyTimeout]);
      return dispatch(options, handler);
    });
    answers = [json(eicar)];
    await client({ dispatcher: watched, timeouts: { headersMs: 1234, bodyMs: 5678, totalMs: 5000 } }).lookUp(
      file,
      asker,
    );
    expect(limits).toEqual([[1234, 5678]]);
  });

  it('ends when the connector stops, running or waiting', async () => {
    const running = new AbortController();
    answers = [
      (): void => {
        running.abort();
      },
    ];
    const stopped = 'The connector stopped before VirusTotal answered; ask again.';
    expect((await failureOf(client({ signal: running.signal }).lookUp(file, asker))).message).toBe(stopped);

    const waiting = new AbortController();
    answers = [html(503)];
    const sleep = (): Promise<void> => {
      waiting.abort();
      return Promise.resolve();
    };
    expect((await failureOf(client({ signal: waiting.signal, sleep }).lookUp(file, asker))).message).toBe(
      stopped,
    );
    expect(received).toHaveLength(2);
  });
});

/** A pacer that notes what happens to it; its first units can be refused. */
function pacerOf(events: string[], refusals: readonly Error[] = []): Pacer {
  const queue = [...refusals];
  return {
    acquire: (priority) => {
      events.push(`acquire ${priority}`);
      const refusal = events.length > 1 ? queue.shift() : undefined;
      if (refusal !== undefined) return Promise.reject(refusal);
      return Promise.resolve({
        answered: () => Promise.resolve(),
        giveBack: () => {
          events.push('give back');
          return Promise.resolve();
        },
      });
    },
    blocked: ({ retryAfterMs }) => {
      events.push(`blocked ${retryAfterMs}`);
      return Promise.resolve();
    },
  };
}

describe('the quota', () => {
  it('is asked for one unit before each attempt, for whom the request is', async () => {
    const events: string[] = [];
    answers = [html(503), json(eicar)];
    await client({ pacer: pacerOf(events) }).lookUp(file, { priority: 'manual' });
    expect(events).toEqual(['acquire manual', 'acquire manual']);
  });

  it('is told since when the request is in work', async () => {
    const told: unknown[] = [];
    const pacer: Pacer = {
      ...pacerOf([]),
      acquire: (priority, signal, startedAtMs) => {
        told.push(startedAtMs);
        return pacerOf([]).acquire(priority, signal, startedAtMs);
      },
    };
    answers = [json(eicar)];
    await client({ pacer }).lookUp(file, { priority: 'auto', startedAtMs: 5000 });
    expect(told).toEqual([5000]);
  });

  it('gets a unit back when no connection came about', async () => {
    const events: string[] = [];
    await failureOf(
      client({ pacer: pacerOf(events), baseUrl: 'http://127.0.0.1:1/api/v3' }).lookUp(file, asker),
    );
    expect(events).toEqual(Array.from({ length: 3 }, () => ['acquire manual', 'give back']).flat());
  });

  it('pauses the key after a 429, and the call is made again', async () => {
    const events: string[] = [];
    answers = [errorAnswer(429, 'QuotaExceededError', { 'retry-after': '7' }), json(eicar)];
    expect(await client({ pacer: pacerOf(events) }).lookUp(file, asker)).toMatchObject({ found: true });
    expect(events).toEqual(['acquire manual', 'blocked 7000', 'acquire manual']);
    expect(failures).toBe(0);
  });

  it('tells by its own error that it is spent for a while', async () => {
    const events: string[] = [];
    const spent = new QuotaExhaustedError(new Date('2024-05-02T00:00:00Z'), 'day');
    answers = [errorAnswer(429, 'QuotaExceededError')];
    await expect(client({ pacer: pacerOf(events, [spent]) }).lookUp(file, asker)).rejects.toBe(spent);
  });
});

describe('a YARA ruleset', () => {
  it('is read with its text', async () => {
    const attributes = { name: 'eicar', source: 'https://example.com/', rules: 'rule a { condition: true }' };
    answers = [json({ data: { type: 'yara_ruleset', id: '000ec4b68e', attributes } })];
    expect(await client().yaraRuleset('000ec4b68e', asker)).toEqual({ id: '000ec4b68e', ...attributes });
    expect(received[0]?.path).toBe('/api/v3/yara_rulesets/000ec4b68e');
  });

  it.each<[string, Answer]>([
    ['gone', json(notFound, 404)],
    ['not for this key', errorAnswer(403, 'ForbiddenError')],
    ['without text', json({ data: { type: 'yara_ruleset', id: '000ec4b68e', attributes: {} } })],
  ])('is undefined when it is %s', async (_, answer) => {
    answers = [answer];
    expect(await client().yaraRuleset('000ec4b68e', asker)).toBeUndefined();
  });

  it.each(['../users/x', '..', '', 'a b', 'x'.repeat(129)])(
    'with the id %j is not even asked for',
    async (id) => {
      expect(await client().yaraRuleset(id, asker)).toBeUndefined();
      expect(received).toEqual([]);
    },
  );

  it('fails when a proxy answers', async () => {
    answers = [html(403)];
    expect(await failureOf(client().yaraRuleset('000ec4b68e', asker))).toMatchObject({
      name: 'TransportError',
      status: 403,
    });
  });
});

describe('what goes beyond a report', () => {
  const subject = { kind: 'file', id: sha256 } as const;

  it('is one page, at the cost of one look-up', async () => {
    const events: string[] = [];
    const attributes = { text: 'Seen in <b>spam</b>', date: 1_700_000_000, votes: { positive: 2 } };
    answers = [
      json({
        data: [
          {
            type: 'comment',
            id: 'f-1',
            attributes,
            relationships: { author: { data: { type: 'user', id: 'demo_user' } } },
          },
          { type: 'comment', id: 'f-2' },
        ],
      }),
    ];
    expect(await client({ pacer: pacerOf(events) }).extra('comments', subject, asker)).toEqual([
      {
        id: 'f-1',
        text: 'Seen in <b>spam</b>',
        author: 'demo_user',
        date: new Date('2023-11-14T22:13:20Z'),
        votes: { positive: 2, negative: 0, abuse: 0 },
      },
    ]);
    expect(received.map(({ path }) => path)).toEqual([
      `/api/v3/files/${sha256}/comments?limit=40&relationships=author`,
    ]);
    expect(events.filter((event) => event.startsWith('acquire'))).toHaveLength(1);
  });

  it('that the key may not see is not asked for again, for any object of the kind', async () => {
    answers = [errorAnswer(403, 'ForbiddenError'), json({ data: [] })];
    const asking = client();
    expect(await asking.extra('associations', subject, asker)).toBeUndefined();
    expect(await asking.extra('associations', { kind: 'file', id: 'ab'.repeat(32) }, asker)).toBeUndefined();
    expect(received).toHaveLength(1);
    expect(await asking.extra('comments', subject, asker)).toEqual([]);
  });

  it('is undefined when there is none', async () => {
    answers = [json(notFound, 404)];
    expect(await client().extra('behaviour_techniques', subject, asker)).toBeUndefined();
  });

  it.each([
    ['resolutions', subject],
    ['sigma_rule', { kind: 'sigma_rule', id: '..' }],
    ['comments', { kind: 'domain', id: '' }],
  ] as const)('%s of %j is not even asked for', async (name, about) => {
    expect(await client().extra(name, about, asker)).toBeUndefined();
    expect(received).toEqual([]);
  });
});

describe('relationships', () => {
  const url: VtObject = { kind: 'url', url: 'https://example.com/' };
  const id = '0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7';
  const path = '/api/v3/urls/aHR0cHM6Ly9leGFtcGxlLmNvbS8';
  const serving = { last_serving_ip_address: { data: { type: 'ip_address', id: '192.0.2.1' } } };
  const options: ClientOptions = { relationships: { url: ['last_serving_ip_address', 'network_location'] } };

  it('come inside the report', async () => {
    answers = [json({ data: { type: 'url', id, attributes: {}, relationships: serving } })];
    expect(await client({}, options).lookUp(url, asker)).toMatchObject({
      found: true,
      report: { related: { last_serving_ip_address: [{ type: 'ip_address', id: '192.0.2.1' }] } },
    });
    expect(received.map((request) => request.path)).toEqual([
      `${path}?relationships=last_serving_ip_address,network_location`,
    ]);
  });

  it('that the key may not see cost one call, once', async () => {
    const plain = json({ data: { type: 'url', id, attributes: {} } });
    answers = [errorAnswer(403, 'ForbiddenError'), plain, plain];
    const asking = client({}, options);
    for (const _ of [1, 2])
      expect(await asking.lookUp(url, asker)).toMatchObject({ found: true, report: { related: {} } });
    expect(received.map((request) => request.path)).toEqual([
      `${path}?relationships=last_serving_ip_address,network_location`,
      path,
      path,
    ]);
  });
});

describe('the quota', () => {
  it('is that of the user or of the group, whichever has less left', async () => {
    const data = {
      api_requests_hourly: { user: { allowed: 240, used: 1 } },
      api_requests_daily: { user: { allowed: 500, used: 1 }, group: { allowed: 1000, used: 990 } },
      api_requests_monthly: { user: { allowed: 15_500 }, group: { allowed: 99_000_000, used: 45_073 } },
    };
    answers = [json({ data })];
    expect(await client().quota()).toEqual({
      hourly: { used: 1, allowed: 240 },
      daily: { used: 990, allowed: 1000 },
      monthly: { used: 0, allowed: 15_500 },
    });
    expect(received[0]?.path).toBe(`/api/v3/users/${key}/overall_quotas`);
  });

  it('leaves out what VirusTotal does not say', async () => {
    answers = [json({ data: { api_requests_daily: { user: { allowed: null } }, api_requests_monthly: 7 } })];
    expect(await client().quota()).toEqual({ hourly: undefined, daily: undefined, monthly: undefined });
  });
});

describe('the quota that VirusTotal does not find', () => {
  it('is a failure, not an unlimited key', async () => {
    answers = [json(notFound, 404)];
    const error = await failureOf(client().quota());
    expect(error).toMatchObject({ kind: 'configuration', status: 404 });
    expect(error.message).toBe(
      "The key's quota cannot be read: VirusTotal knows no user of this key; check VIRUSTOTAL_TOKEN and the base URL.",
    );
  });
});

describe('the key', () => {
  it('stays out of an error whose message quotes it', async () => {
    answers = [json({ error: { code: `Bad${key}`, message: `User "${key}" is not you` } }, 400)];
    const error = await failureOf(client().quota());
    expect(error.message).toBe(
      'VirusTotal does not accept this value (Bad[key]: User "[key]" is not you); correct it.',
    );
  });

  it('stays out of the cause of a network fault that quotes it', async () => {
    const broken = new Agent().compose(() => () => {
      throw new Error(`cannot send x-apikey: ${key}`, { cause: { headers: { 'x-apikey': key } } });
    });
    const error = await failureOf(client({ dispatcher: broken }).quota());
    expect(error.cause).toMatchObject({ message: 'cannot send x-apikey: [key]' });
    expect(logged).toContain('call to VirusTotal failed');
  });

  it.each(['', 'two words', 'key\n', 'schlüssel'])('%j is refused before anything is asked', (apiKey) => {
    expect(() => client({ apiKey })).toThrow(
      'The VirusTotal API key is empty or holds characters that no key has; copy it again.',
    );
  });
});
