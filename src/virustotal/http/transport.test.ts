import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import {
  jsonAnswer,
  startScriptedHttpServer,
  type ScriptedHttpServer,
} from '../../../test/helpers/scripted-http-server.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { createDispatcher } from '../../shared/http-dispatcher.js';
import { noTelemetry } from '../../shared/telemetry.js';
import type { Call } from './call.js';
import { CircuitOpenError } from './circuit-open-error.js';
import { TemporaryFailureError, TransportError } from '../errors.js';
import { QuotaExhaustedError } from '../quota/quota-exhausted-error.js';
import type { Asker } from '../schema.js';
import type { Pacer } from './pacer.js';
import { type TransportOptions, VirusTotalTransport } from './transport.js';

const key = '0123456789abcdef'.repeat(4);
const auto: Asker = { priority: 'auto' };
const manual: Asker = { priority: 'manual' };
const quotaPath = `/users/${key}/overall_quotas`;
const found = jsonAnswer({ data: { id: 'x' } });
const quota = jsonAnswer({ data: {} });
const down = jsonAnswer({ error: { code: 'TransientError', message: 'later' } }, 503);
const busy = jsonAnswer({ error: { code: 'TooManyRequestsError', message: 'slow down' } }, 429);
const forbidden = jsonAnswer({ error: { code: 'ForbiddenError', message: 'no' } }, 403);

let server: ScriptedHttpServer;
let dispatcher: Agent;
let time: VirtualTime;
let lines: LogLine[];
let units: string[];
let transport: VirusTotalTransport;

const pacer: Pacer = {
  acquire: () => {
    units.push('taken');
    return Promise.resolve({
      answered: () => Promise.resolve(),
      giveBack: () => {
        units.push('given back');
        return Promise.resolve();
      },
    });
  },
  blocked: () => Promise.resolve(),
};

function transportWith(overrides: Partial<TransportOptions> = {}): VirusTotalTransport {
  const recorded = recordedLogger();
  lines = recorded.lines;
  return new VirusTotalTransport({
    baseUrl: server.url,
    apiKey: key,
    tool: 'Example-Product',
    userAgent: 'example/1.0',
    dispatcher,
    clock: time.clock,
    logger: recorded.logger,
    telemetry: noTelemetry,
    timeouts: { headersMs: 5000, bodyMs: 5000, totalMs: 5000 },
    // Nobody waits: the clock alone moves.
    sleep: (durationMs) => time.pass(durationMs),
    random: () => 0.5,
    pacer,
    ...overrides,
  });
}

beforeEach(async () => {
  server = await startScriptedHttpServer();
  dispatcher = new Agent();
  time = new VirtualTime('2026-03-01T12:00:00Z');
  units = [];
  transport = transportWith();
});

afterEach(async () => {
  await dispatcher.destroy();
  await server.close();
  expect(server.answers, 'answers that nobody asked for').toEqual([]);
  expect(JSON.stringify(lines)).not.toContain(key);
});

/** Says what comes of a look-up: `found`, or the name of its error. */
async function lookUp(asker: Asker, changes: Partial<Call> = {}): Promise<string> {
  try {
    await transport.call({ operation: 'look up file', path: '/files/x', asker, ...changes }, () => ({}));
    return 'found';
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return error.name;
  }
}

function paths(): string[] {
  return server.received.map(({ path }) => path);
}

function said(level: string): string[] {
  return lines.filter((line) => line.level === level).map(({ msg }) => msg);
}

describe('a unit that is there', () => {
  it('is given back, and no call made, when the answer came while it was waited for', async () => {
    const isNeeded = (): Promise<boolean> => {
      units.push('asked');
      return Promise.resolve(false);
    };
    expect(await lookUp({ priority: 'auto', isNeeded })).toBe('TransportError');
    expect(units).toEqual(['taken', 'asked', 'given back']);
    expect(paths()).toEqual([]);
  });

  it('is used for a call that is needed still', async () => {
    server.answers.push(jsonAnswer({}));
    expect(await lookUp({ priority: 'auto', isNeeded: () => Promise.resolve(true) })).toBe('found');
    expect(units).toEqual(['taken']);
  });
});

describe('while VirusTotal is down', () => {
  it('an automatic look-up comes again, once a call that is free has failed as well', async () => {
    server.always = down;
    expect(await lookUp(auto)).toBe('CircuitOpenError');
    expect(paths()).toEqual(['/files/x', '/files/x', '/files/x', quotaPath]);
    expect(transport.circuit).toBe('open');
    expect(transport.outage?.since).toEqual(new Date('2026-03-01T12:00:00Z'));
  });

  it('nothing is asked any more, and no unit is taken, until the pause is over', async () => {
    server.always = down;
    await lookUp(auto);
    const before = server.received.length;
    units = [];
    for (const asker of [auto, manual, { priority: 'playbook' } as const])
      expect(await lookUp(asker)).toBe('CircuitOpenError');
    await expect(transport.keyQuota()).rejects.toBeInstanceOf(CircuitOpenError);
    expect(server.received).toHaveLength(before);
    expect(units).toEqual([]);
  });

  it('each pause ends with one call that is free, and it costs nothing as long as that fails', async () => {
    server.always = down;
    await lookUp(auto);
    units = [];
    const before = server.received.length;
    // Twenty minutes with a request each second.
    for (let second = 0; second < 1200; second += 1) {
      await time.pass(1000);
      expect(await lookUp(auto)).toBe('CircuitOpenError');
    }
    const asked = paths().slice(before);
    expect(new Set(asked)).toEqual(new Set([quotaPath]));
    // Pauses of 3.75, 7.5, 15 and 30 seconds, then of 45.
    expect(asked).toHaveLength(29);
    expect(units.filter((event) => event === 'taken')).toHaveLength(29);
    expect(units.filter((event) => event === 'given back')).toHaveLength(29);
    expect(said('warn').filter((msg) => msg.startsWith('VirusTotal cannot be reached'))).toHaveLength(1);
  });

  it('of many that come when the pause is over, one finds out and the others wait', async () => {
    server.always = down;
    await lookUp(auto);
    await time.pass(4000);
    const before = server.received.length;
    server.always = undefined;
    server.answers = [quota, found];
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => lookUp(auto)));
    expect(outcomes.filter((outcome) => outcome === 'found')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'CircuitOpenError')).toHaveLength(19);
    expect(paths().slice(before)).toEqual([quotaPath, '/files/x']);
    expect(transport.circuit).toBe('closed');
    expect(said('info')).toEqual(['VirusTotal answers again']);
    server.answers = [found];
    expect(await lookUp(auto)).toBe('found');
  });

  it('an upload waits for the call that is free like any other, and keeps nobody waiting', async () => {
    server.always = down;
    await lookUp(auto);
    await time.pass(4000);
    server.always = undefined;
    server.answers = [quota, found, found];
    const before = server.received.length;
    const body = new Readable({ read: () => undefined });
    let opened: (() => void) | undefined;
    const isOpen = new Promise<void>((resolve) => (opened = resolve));
    const upload = transport.call(
      {
        operation: 'upload file',
        method: 'POST',
        path: '/files',
        body: () => {
          opened?.();
          return { content: body, headers: {} };
        },
      },
      () => ({}),
    );
    await isOpen;
    expect(await lookUp(manual)).toBe('found');
    body.push(null);
    await upload;
    expect(paths().slice(before)).toEqual([quotaPath, '/files/x', '/files']);
  });

  it('only the call that tells the quota needs no other to go ahead of it', async () => {
    server.always = down;
    await lookUp(auto);
    await time.pass(4000);
    server.always = undefined;
    server.answers = [quota];
    const before = server.received.length;
    await transport.keyQuota();
    expect(paths().slice(before)).toEqual([quotaPath]);
    expect(transport.circuit).toBe('closed');
  });

  it('it is left alone for as long as it asks for', async () => {
    server.always = jsonAnswer({ error: { code: 'TransientError' } }, 503, { 'retry-after': '300' });
    expect(await lookUp(auto)).toBe('CircuitOpenError');
    expect(transport.outage?.retryAt).toEqual(new Date('2026-03-01T12:05:00Z'));
  });

  it('a person is told what happened, after three tries', async () => {
    server.always = down;
    expect(await lookUp(manual)).toBe('TemporaryFailureError');
    expect(paths()).toEqual(['/files/x', '/files/x', '/files/x']);
  });

  it('a look-up waits no longer between its tries than it must', async () => {
    server.always = down;
    // Two look-ups at a time: the fifth failure is the second or third of one of them.
    const outcomes = await Promise.all([lookUp(manual), lookUp(manual)]);
    expect(outcomes).toContain('CircuitOpenError');
    expect(server.received.length).toBeLessThanOrEqual(6);
  });

  it('a connection that is refused takes no unit', async () => {
    transport = transportWith({ baseUrl: 'http://127.0.0.1:1' });
    expect(await lookUp(auto)).toBe('CircuitOpenError');
    expect(units).toEqual(['taken', 'given back', 'taken', 'given back', 'taken', 'given back']);
  });

  it.each<[string, () => void]>([
    ['a page of a proxy', () => (server.always = html(200))],
    ['a refusal by a proxy', () => (server.always = html(403))],
    ['a connection that is cut', () => (server.always = (response): void => void response.destroy())],
  ])('%s counts as well', async (_, breakIt) => {
    breakIt();
    expect(await lookUp(auto)).toBe('CircuitOpenError');
    expect(transport.circuit).toBe('open');
  });
});

describe('while VirusTotal is up', () => {
  it('a look-up that fails alone fails, after three tries', async () => {
    server.answers = [down, down, down, quota];
    expect(await lookUp(auto)).toBe('TemporaryFailureError');
    expect(transport.circuit).toBe('closed');
  });

  it('look-ups that fail each time fail, one after the other or together, and none comes for ever', async () => {
    server.always = exceptFor('/files/bad');
    for (const name of ['a', 'b', 'a', 'b'])
      expect(await lookUp(auto, { path: `/files/bad-${name}` })).toBe('TemporaryFailureError');
    const together = Array.from({ length: 6 }, (_, number) =>
      untilSettled(() => lookUp(auto, { path: `/files/bad-${number}` })),
    );
    const outcomes = await Promise.all(together);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('TemporaryFailureError'));
    expect(await lookUp(manual)).toBe('found');
    expect(transport.circuit).toBe('closed');
  });

  it('a look-up that fails each time has three tries as the first one after an outage too', async () => {
    // A person asked twice, so that nobody made sure.
    server.always = exceptFor('/files/bad');
    expect(await lookUp(manual, { path: '/files/bad' })).toBe('TemporaryFailureError');
    expect(await lookUp(manual, { path: '/files/bad' })).toBe('CircuitOpenError');
    await time.pass(4000);
    const before = server.received.length;
    expect(await lookUp(auto, { path: '/files/bad' })).toBe('TemporaryFailureError');
    expect(paths().slice(before)).toEqual([quotaPath, '/files/bad', '/files/bad', '/files/bad', quotaPath]);
    expect(transport.circuit).toBe('closed');
  });

  it('refusals and unknown objects never open the circuit', async () => {
    for (const [status, code] of [
      [400, 'InvalidArgumentError'],
      [401, 'WrongCredentialsError'],
      [403, 'ForbiddenError'],
      [404, 'NotFoundError'],
    ] as const) {
      server.always = jsonAnswer({ error: { code, message: 'no' } }, status);
      for (let time = 0; time < 6; time += 1) await lookUp(auto);
      expect(transport.circuit, code).toBe('closed');
    }
  });
});

describe('when VirusTotal asks for fewer calls', () => {
  let pauses: (number | undefined)[];
  const spent = new QuotaExhaustedError(new Date('2026-03-01T12:02:00Z'), 'blocked');

  /** A pacer with the given number of pauses for which requests are held; after the next they go back. */
  function pausing(held: number): Partial<TransportOptions> {
    return {
      pacer: {
        acquire: (priority) => (pauses.length > held ? Promise.reject(spent) : pacer.acquire(priority)),
        blocked: ({ retryAfterMs }) => {
          pauses.push(retryAfterMs);
          return Promise.resolve();
        },
      },
    };
  }

  beforeEach(() => {
    pauses = [];
  });

  it('the key pauses after three tries, and the look-up goes on from there, for one unit', async () => {
    transport = transportWith(pausing(1));
    server.answers = [busy, busy, busy, busy, found];
    expect(await lookUp(manual)).toBe('found');
    expect(pauses).toEqual([undefined]);
    expect(units.filter((event) => event === 'taken')).toHaveLength(5);
    expect(units.filter((event) => event === 'given back')).toHaveLength(4);
    expect(transport.circuit).toBe('closed');
  });

  it('the key pauses at once when that shall last longer than a request is held', async () => {
    transport = transportWith(pausing(0));
    server.answers = [jsonAnswer({ error: { code: 'TooManyRequestsError' } }, 429, { 'retry-after': '120' })];
    expect(await lookUp(auto)).toBe('QuotaExhaustedError');
    expect(pauses).toEqual([120_000]);
    expect(units).toEqual(['taken', 'given back']);
  });

  it('no request fails for it, however long it lasts: it comes again', async () => {
    transport = transportWith(pausing(2));
    // Less than a minute, and kept to in vain: how long to pause is for the pacer to say.
    server.always = jsonAnswer({ error: { code: 'TooManyRequestsError' } }, 429, { 'retry-after': '1' });
    expect(await lookUp(auto)).toBe('QuotaExhaustedError');
    expect(pauses).toEqual([undefined, undefined, undefined]);
    expect(server.received).toHaveLength(9);
  });

  it('a look-up fails after three tries where nobody counts', async () => {
    transport = transportWith({ pacer: undefined });
    server.answers = [busy, busy, busy];
    expect(await lookUp(auto)).toBe('TooManyRequestsError');
  });

  it('the call that tells the quota pauses nothing', async () => {
    transport = transportWith(pausing(0));
    server.answers = [busy, busy, busy];
    await expect(transport.keyQuota()).rejects.toThrow('VirusTotal asks for fewer calls at the moment');
    expect(pauses).toEqual([]);
  });
});

describe('an endpoint that the key may not use', () => {
  it('is asked once, and then refused without a call', async () => {
    server.answers = [forbidden];
    for (let time = 0; time < 3; time += 1)
      expect(
        await lookUp(auto, { privilege: transport.privileges.of('yara_rulesets'), path: '/yara_rulesets/a' }),
      ).toBe('ForbiddenError');
    expect(paths()).toEqual(['/yara_rulesets/a']);
    expect(units).toEqual(['taken']);
  });

  it('is asked by one of many calls at once, and the units of the others are given back', async () => {
    server.answers = [forbidden];
    const privilege = transport.privileges.of('files/associations');
    const calls = [auto, auto, manual, auto].map((asker) => lookUp(asker, { privilege }));
    expect(await Promise.all(calls)).toEqual(Array(4).fill('ForbiddenError'));
    expect(paths()).toEqual(['/files/x']);
    expect(units.filter((unit) => unit === 'taken')).toHaveLength(4);
    expect(units.filter((unit) => unit === 'given back')).toHaveLength(3);
  });

  it('is asked by all at once when the key may use it, or when one call could not tell', async () => {
    server.answers = [found, found, found];
    const privilege = transport.privileges.of('files/associations');
    expect(await Promise.all([auto, auto, auto].map((asker) => lookUp(asker, { privilege })))).toEqual(
      Array(3).fill('found'),
    );
    const gone = jsonAnswer({ error: { code: 'NotFoundError', message: 'no' } }, 404);
    server.answers = [jsonAnswer({ error: { code: 'BadRequestError', message: 'no' } }, 400), gone, found];
    const other = transport.privileges.of('urls/associations');
    const ends = await Promise.all([auto, auto, auto].map((asker) => lookUp(asker, { privilege: other })));
    expect(ends.toSorted()).toEqual(['InvalidArgumentError', 'found', 'found']);
  });

  it('is not waited for by a request that goes back', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const leaving = new AbortController();
    server.answers = [
      (response) => {
        leaving.abort(new Error('it goes back'));
        void released.then(() => {
          forbidden(response);
        });
      },
    ];
    const privilege = transport.privileges.of('files/associations');
    const first = lookUp(auto, { privilege });
    expect(await lookUp({ ...auto, signal: leaving.signal }, { privilege })).toBe('TransportError');
    expect(units).toEqual(['taken', 'taken', 'given back']);
    release();
    expect(await first).toBe('ForbiddenError');
  });

  it('is not one that a proxy keeps from us', async () => {
    server.answers = [html(403), found];
    const rulesets = { privilege: transport.privileges.of('yara_rulesets'), path: '/yara_rulesets/a' };
    expect(await lookUp(manual, rulesets)).toBe('TransportError');
    expect(await lookUp(manual, rulesets)).toBe('found');
  });

  it('is never an ordinary look-up', async () => {
    server.answers = [forbidden, found];
    expect(await lookUp(auto)).toBe('ForbiddenError');
    expect(await lookUp(auto)).toBe('found');
  });
});

describe('a POST', () => {
  const post = (changes: Partial<Call> = {}): Call => ({
    operation: 'submit URL',
    path: '/urls',
    method: 'POST',
    asker: auto,
    body: () => ({ content: 'url=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ...changes,
  });
  const send = (changes: Partial<Call> = {}): Promise<unknown> =>
    transport.call(post(changes), ({ data }) => ({ data }));
  const failure = async (changes: Partial<Call> = {}): Promise<ConnectorError> => {
    const error: unknown = await send(changes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConnectorError);
    return error as ConnectorError;
  };

  it('sends its body and headers beside those of the key', async () => {
    server.answers = [found];
    expect(await send()).toEqual({ data: { id: 'x' } });
    expect(server.received).toMatchObject([
      {
        method: 'POST',
        path: '/urls',
        body: 'url=x',
        headers: {
          'x-apikey': key,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': '5',
        },
      },
    ]);
  });

  it('goes to another origin when the call names one', async () => {
    const other = await startScriptedHttpServer();
    other.answers = [found];
    await send({ baseUrl: `${other.url}/`, path: '/_ah/upload/x/' });
    expect(other.received.map(({ path }) => path)).toEqual(['/_ah/upload/x/']);
    expect(server.received).toEqual([]);
    await other.close();
  });

  it.each<[string, () => void]>([
    ['the connection broke', () => (server.answers = [(response): void => void response.destroy()])],
    ['VirusTotal had a fault', () => (server.answers = [down])],
    ['a page came back', () => (server.answers = [html(200)])],
  ])('is not made again when %s, since it may have been taken', async (_, breakIt) => {
    breakIt();
    const error = await failure();
    expect(error).toMatchObject({ uncertain: true, untouched: false });
    expect(error instanceof TransportError || error instanceof TemporaryFailureError).toBe(true);
    expect(server.received).toHaveLength(1);
    expect(units).toEqual(['taken']);
  });

  it('is made again when it never arrived', async () => {
    expect(await failure({ baseUrl: 'http://127.0.0.1:1' })).toMatchObject({ untouched: true });
    expect(units.filter((event) => event === 'taken')).toHaveLength(3);
    expect(units.filter((event) => event === 'given back')).toHaveLength(3);
  });

  it('is made again when VirusTotal asked for patience', async () => {
    server.answers = [jsonAnswer({ error: { code: 'TooManyRequestsError' } }, 429), found];
    await send();
    expect(server.received).toHaveLength(2);
  });

  it('is made again like any other when the call says that this does no harm', async () => {
    server.answers = [down, found];
    await send({ repeatable: true });
    expect(server.received).toHaveLength(2);
  });

  it('streams a body of known length, and another for each attempt', async () => {
    let opened = 0;
    server.answers = [down, found];
    await send({
      repeatable: true,
      body: () => {
        opened += 1;
        const content = Readable.from([Buffer.from('abc'), Buffer.from('def')]);
        return { content, headers: { 'content-type': 'text/plain' }, contentLength: 6 };
      },
    });
    expect(opened).toBe(2);
    expect(server.received.map(({ body, headers }) => [body, headers['content-length']])).toEqual([
      ['abcdef', '6'],
      ['abcdef', '6'],
    ]);
  });

  it('passes on what its source says, gives the unit back, and blames nobody else', async () => {
    const gone = new ConnectorError('the artifact is gone.', 'invalid');
    const sources: NonNullable<Call['body']>[] = [
      () => Promise.reject(gone),
      () => ({ content: Readable.from(brokenAfter('abc', gone)), headers: {} }),
    ];
    for (const body of sources) {
      units = [];
      expect(await failure({ body })).toBe(gone);
      expect(units).toEqual(['taken', 'given back']);
    }
    const error = await failure({
      body: () => ({ content: Readable.from(brokenAfter('abc', new Error(`no ${key}`))), headers: {} }),
    });
    expect(error).toMatchObject({ kind: 'transient', untouched: true });
    expect(error.cause).toMatchObject({ message: 'no [key]' });
    expect(transport.circuit).toBe('closed');
  });

  it('ends when its body stands still, and closes the source', async () => {
    let closed = false;
    const stalled = new Readable({
      read: () => undefined,
      destroy: (error, done) => {
        closed = true;
        done(error);
      },
    });
    stalled.push('abc');
    const error = await failure({
      body: () => ({ content: stalled, headers: {} }),
      timeouts: { idleMs: 30 },
    });
    expect(error.message).toBe(
      'VirusTotal could not be reached (time-out); check network and proxy, or try again later.',
    );
    expect(closed).toBe(true);
  });

  it('may take longer than any other call while its body moves', async () => {
    server.answers = [found];
    transport = transportWith({ timeouts: { headersMs: 5000, bodyMs: 5000, totalMs: 1 } });
    let chunks = 0;
    const content = new Readable({
      read(): void {
        chunks += 1;
        // Not all in one turn of the event loop, which takes longer than the total of other calls.
        if (chunks <= 50) setImmediate(() => this.push('x'.repeat(1000)));
        else this.push(null);
      },
    });
    await send({ body: () => ({ content, headers: {} }), timeouts: { idleMs: 5000 } });
    expect(server.received.at(-1)?.body).toHaveLength(50_000);
  });
});

describe('connections', () => {
  it('are kept and used again', async () => {
    const pool = createDispatcher({ verify: true, connectTimeoutMs: 5000, connections: 4 });
    transport = transportWith({ dispatcher: pool });
    server.always = found;
    for (let call = 0; call < 20; call += 1) await lookUp(auto);
    expect(server.received).toHaveLength(20);
    // A connection is free again a moment after its answer was read.
    expect(server.connections).toBeLessThanOrEqual(2);
    await pool.close();
  });

  it('that a proxy refuses take no unit, and the message names the refusal', async () => {
    const proxy = createServer();
    proxy.on('connect', (_request, socket) => {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const pool = createDispatcher({
      verify: true,
      connectTimeoutMs: 5000,
      proxies: { http: url, https: url, none: '' },
    });
    transport = transportWith({ dispatcher: pool, baseUrl: 'https://virustotal.invalid' });
    await expect(
      transport.call({ operation: 'look up file', path: '/files/x', asker: manual }, () => ({})),
    ).rejects.toThrow(
      /^VirusTotal could not be reached: the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY answered HTTP 407;/,
    );
    expect(units.filter((event) => event === 'given back')).toHaveLength(3);
    await pool.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });
});

describe('waiting for quota', () => {
  it('ends when the answer came from elsewhere', async () => {
    const elsewhere = new AbortController();
    const answered = new ConnectorError('Another request has got the answer already.', 'transient');
    transport = transportWith({
      pacer: {
        ...pacer,
        acquire: (_priority, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
            elsewhere.abort(answered);
          }),
      },
    });
    await expect(
      transport.call(
        { operation: 'look up file', path: '/files/x', asker: { ...auto, signal: elsewhere.signal } },
        () => ({}),
      ),
    ).rejects.toBe(answered);
  });
});

/** A VirusTotal that has a fault with certain objects, and answers for all others. */
function exceptFor(prefix: string): ScriptedHttpServer['always'] {
  return (response) => {
    (response.req.url?.startsWith(prefix) === true ? down : found)(response);
  };
}

/** Makes a look-up come again as long as it is told to, though not for ever. */
async function untilSettled(look: () => Promise<string>): Promise<{ outcome: string }> {
  let outcome = await look();
  for (let again = 0; again < 50 && outcome === 'CircuitOpenError'; again += 1) {
    await time.pass(1000);
    outcome = await look();
  }
  return { outcome };
}

function html(status: number): ScriptedHttpServer['answers'][number] {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body>Blocked</body></html>');
  };
}

async function* brokenAfter(text: string, error: Error): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
  throw error;
}
