import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { CallbackListener, type CallbackListenerOptions } from './callback-listener.js';
import { sharedTokenVerifier } from './token-verifier.js';
import type { RefuseMessage } from './unreadable-message.js';

const TOKEN = 'obviously-fake-token';
let listener: CallbackListener | undefined;
let base = '';
let lines: LogLine[] = [];

async function start(options: Partial<CallbackListenerOptions>): Promise<CallbackListener> {
  const recorded = recordedLogger();
  lines = recorded.lines;
  listener = new CallbackListener({
    port: 0,
    host: '127.0.0.1',
    path: '/api/callback',
    verifier: sharedTokenVerifier(TOKEN),
    handler: () => Promise.resolve(),
    refuse: () => Promise.resolve(),
    concurrency: 1,
    maxQueued: 1,
    logger: recorded.logger,
    retryBackoff: { baseMs: 0, maxMs: 0 },
    ...options,
  });
  base = `http://127.0.0.1:${await listener.start()}`;
  return listener;
}

afterEach(async () => {
  await listener?.close();
  listener = undefined;
});

function messageOf(workId: string, mode?: 'manual' | 'auto'): string {
  return JSON.stringify({
    internal: { work_id: workId, mode },
    event: { entity_id: 'ipv4-addr--1', entity_type: 'IPv4-Addr' },
  });
}

async function post(
  body: string,
  { path = '/api/callback', token = TOKEN, method = 'POST' } = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(method === 'POST' ? { body } : {}),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('CallbackListener', () => {
  it('answers 202 before the work is done', async () => {
    const work = gate();
    const seen: EnrichmentRequest[] = [];
    const running = await start({
      handler: async (request) => {
        seen.push(request);
        await work.opened;
      },
    });

    expect(await post(messageOf('work_1'))).toMatchObject({
      status: 202,
      body: { message: 'request accepted' },
    });

    expect(seen.map((request) => request.workId)).toEqual(['work_1']);
    expect(running.pending).toBe(1);
    work.open();
    await running.drain(10_000);
    expect(running.pending).toBe(0);
  });

  it.each([
    ['another path', { path: '/other' }, 404],
    ['another method', { method: 'GET' }, 405],
    ['a bad credential', { token: 'guess' }, 401],
  ])('refuses %s', async (_name, options, status) => {
    const handler = vi.fn(() => Promise.resolve());
    await start({ handler });
    expect((await post(messageOf('work_1'), options)).status).toBe(status);
    expect(handler).not.toHaveBeenCalled();
  });

  it('refuses a call without a credential', async () => {
    await start({});
    const response = await fetch(`${base}/api/callback`, { method: 'POST', body: messageOf('work_1') });
    expect(response.status).toBe(401);
    await response.text();
  });

  it('answers 202 for a message that cannot be read, once it is refused, and says what is wrong', async () => {
    const refuse = vi.fn<RefuseMessage>(() => Promise.resolve());
    await start({ refuse });
    const answer = await post('{"internal":{"work_id":"work_1"},"event":{}}');
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({
      message:
        'kept as a dead letter: The message cannot be read: event.entity_id is missing; trigger the enrichment again, and report this with the version of OpenCTI if it persists.',
    });
    expect(refuse.mock.calls[0]?.[0]).toMatchObject({ workId: 'work_1', entityId: undefined });
    expect(lines.at(-1)).toMatchObject({ msg: 'callback answered', method: 'POST', status: 202 });
  });

  it('leaves a message that cannot be read with the worker when it could not be refused', async () => {
    await start({ refuse: () => Promise.reject(new Error('the platform is away')) });
    const answer = await post('{}');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10']);
  });

  it.each(['{not json', '[]', '"text"', 'null', ''])(
    'refuses the body %j, which is no JSON object, and drops it when the worker comes with it for ever',
    async (body) => {
      await start({});
      const statuses: number[] = [];
      for (let count = 0; count < 4; count += 1) statuses.push((await post(body)).status);
      expect(statuses).toEqual([400, 400, 400, 202]);
    },
  );

  it('says once a minute that credentials are refused, however many are tried', async () => {
    let nowMs = Date.parse('2026-01-02T03:04:05Z');
    await start({ clock: { now: () => new Date(nowMs) } });
    for (let count = 0; count < 20; count += 1) await post('{}', { token: 'guess' });
    nowMs += 60_000;
    await post('{}', { token: 'guess' });
    const said = lines.filter(({ level }) => level !== 'debug');
    expect(said.map(({ level, count }) => [level, count])).toEqual([
      ['warn', 1],
      ['warn', 20],
    ]);
  });

  it('receives no more than allowed at the same time', async () => {
    const running = await start({ maxBodyBytes: 1_000, maxReceivingBytes: 1_500 });
    const { port } = new URL(base);
    const slow = connect(Number(port), '127.0.0.1');
    slow.write(
      `POST /api/callback HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 1000\r\n\r\n{`,
    );
    const big = messageOf('x'.repeat(600));
    await vi.waitFor(async () => {
      expect((await post(big)).status).toBe(429);
    });
    slow.destroy();
    await vi.waitFor(async () => {
      expect((await post(big)).status).toBe(202);
    });
    await running.drain(10_000);
  });

  it('refuses a body that is larger than allowed, announced or not', async () => {
    await start({ maxBodyBytes: 100 });
    expect((await post(messageOf('x'.repeat(100)))).status).toBe(413);

    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.alloc(200, 'a'));
        controller.close();
      },
    });
    const unannounced = await fetch(`${base}/api/callback`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: stream,
      duplex: 'half',
    });
    expect(unannounced.status).toBe(413);
    await unannounced.text();
  });

  it('works on no more requests than allowed, queues some, and sends the rest back', async () => {
    const gates = [gate(), gate()];
    const seen: string[] = [];
    const running = await start({
      handler: async (request) => {
        seen.push(String(request.workId));
        await gates[seen.length - 1]?.opened;
      },
    });

    expect((await post(messageOf('work_1'))).status).toBe(202);
    expect((await post(messageOf('work_2'))).status).toBe(202);
    const third = await post(messageOf('work_3'));
    expect(third.status).toBe(429);
    expect(third.headers.get('retry-after')).toBe('10');
    expect(seen).toEqual(['work_1']);

    gates[0]?.open();
    gates[1]?.open();
    await running.drain(10_000);
    expect(seen).toEqual(['work_1', 'work_2']);
  });

  it('takes a request that comes again without doing it twice', async () => {
    const work = gate();
    const handler = vi.fn(() => work.opened);
    const running = await start({ handler });
    expect((await post(messageOf('work_1'))).status).toBe(202);
    expect((await post(messageOf('work_1'))).status).toBe(202);
    work.open();
    await running.drain(10_000);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('tries a request again that could not be settled', async () => {
    const handler = vi.fn(() => Promise.resolve()).mockRejectedValueOnce(new Error('platform is away'));
    const running = await start({ handler });
    await post(messageOf('work_1'));
    await running.drain(10_000);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('gives a request up in the end, and says so', async () => {
    const handler = vi.fn(() => Promise.reject(new Error('platform is away')));
    const running = await start({ handler });
    await post(messageOf('work_1'));
    await running.drain(10_000);
    expect(handler).toHaveBeenCalledTimes(12);
    expect(lines.filter((line) => line.level === 'error')).toEqual([
      {
        level: 'error',
        key: 'work_1 ipv4-addr--1',
        workId: 'work_1',
        entityId: 'ipv4-addr--1',
        attempt: 12,
        reason: 'platform is away',
        msg: 'request could not be settled and is given up',
      },
    ]);
  });

  it('keeps what it has while nobody is served, counts no attempt, and leaves the rest to the worker', async () => {
    let attempts = 0;
    const settled = gate();
    const running: CallbackListener = await start({
      handler: () => {
        attempts += 1;
        // Finds out what everybody has to wait for.
        if (attempts === 1) running.serve('nobody');
        if (attempts < 2) return Promise.reject(new Error('no quota'));
        if (attempts === 3) settled.open();
        return Promise.resolve();
      },
    });
    expect((await post(messageOf('work_1'))).status).toBe(202);
    expect((await post(messageOf('work_2'))).status).toBe(429);
    expect((await post(messageOf('manual_3', 'manual'))).status).toBe(429);
    // The worker comes again with what it thinks was not answered.
    expect((await post(messageOf('work_1'))).status).toBe(202);
    expect(attempts).toBe(1);
    running.serve('everyone');
    expect((await post(messageOf('work_2'))).status).toBe(202);
    await settled.opened;
    expect(attempts).toBe(3);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('takes no more when those that wait are too large together, except what can begin at once', async () => {
    const work = gate();
    const size = messageOf('work_1').length;
    const running = await start({
      handler: () => work.opened,
      maxQueued: 10,
      maxQueuedBytes: size + 1,
    });
    const statuses: number[] = [];
    for (const id of ['work_1', 'work_2', 'work_3', 'work_4'])
      statuses.push((await post(messageOf(id))).status);
    expect(statuses).toEqual([202, 202, 202, 429]);
    work.open();
    await running.drain(10_000);
  });

  it('counts no attempt for what a request has to wait for, although others of its kind are served', async () => {
    let attempts = 0;
    const running = await start({
      isPostponed: (error) => error instanceof Error && error.message === 'no quota',
      handler: () => {
        attempts += 1;
        return attempts <= 30 ? Promise.reject(new Error('no quota')) : Promise.resolve();
      },
    });
    await post(messageOf('work_1'));
    await running.drain(10_000);
    expect(attempts).toBe(31);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('works on manual requests first, takes them when it is full of automatic ones, and lets those wait in its line', async () => {
    const gates = [gate(), gate()];
    const seen: string[] = [];
    const running: CallbackListener = await start({
      maxQueued: 2,
      handler: async (request) => {
        seen.push(String(request.workId));
        if (seen.length === 1) {
          await gates[0]?.opened;
          // Found out that what is left is for manual requests.
          running.serve('manual');
          throw new Error('no quota');
        }
        if (seen.length === 2) await gates[1]?.opened;
      },
    });
    for (const workId of ['auto_1', 'auto_2', 'auto_3']) {
      expect((await post(messageOf(workId, 'auto'))).status).toBe(202);
    }
    expect((await post(messageOf('auto_4', 'auto'))).status).toBe(429);
    for (const workId of ['manual_1', 'manual_2', 'manual_3']) {
      expect((await post(messageOf(workId, 'manual'))).status).toBe(202);
    }
    expect((await post(messageOf('manual_4', 'manual'))).status).toBe(429);
    expect(seen).toEqual(['auto_1', 'manual_1']);
    for (const each of gates) each.open();
    await vi.waitFor(() => {
      expect(seen).toEqual(['auto_1', 'manual_1', 'manual_2', 'manual_3']);
    });
    expect(running.pending).toBe(3);
    running.serve('everyone');
    await running.drain(10_000);
    expect(seen.slice(4)).toEqual(['auto_1', 'auto_2', 'auto_3']);
  });

  it('names the requests that are lost when it has to stop', async () => {
    const running = await start({
      handler: () => new Promise(() => undefined),
      sleep: () => Promise.resolve(),
    });
    await post(messageOf('work_1'));
    await post(messageOf('work_2'));
    await running.drain(0);
    expect(lines.filter((line) => line.level === 'error').map((line) => line.requests)).toEqual([
      ['work_1 ipv4-addr--1', 'work_2 ipv4-addr--1'],
    ]);
  });

  it('cuts short what requests wait for when the time is over, and abandons those that are lost', async () => {
    const stop = new AbortController();
    const abandoned: string[] = [];
    const running: CallbackListener = await start({
      maxQueued: 5,
      concurrency: 2,
      abandon: ({ workId }) => {
        abandoned.push(String(workId));
        return workId === 'work_2' ? Promise.reject(new Error('platform is away')) : Promise.resolve();
      },
      handler: ({ workId }) =>
        new Promise((_resolve, reject) => {
          // The second one is at something that cannot be cut short.
          if (workId !== 'work_1') return;
          stop.signal.addEventListener('abort', () => {
            reject(new Error('the connector is stopping'));
          });
        }),
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
    });
    for (const id of ['work_1', 'work_9', 'work_2', 'work_3']) await post(messageOf(id));
    await running.drain(5_000, () => {
      stop.abort();
    });
    expect(abandoned).toEqual(['work_1', 'work_2', 'work_3']);
    expect(lines.filter(({ level }) => level === 'error').map(({ requests }) => requests)).toEqual([
      ['work_1 ipv4-addr--1', 'work_9 ipv4-addr--1', 'work_2 ipv4-addr--1', 'work_3 ipv4-addr--1'],
    ]);
    expect(lines.filter(({ level }) => level === 'warn').map(({ key }) => key)).toEqual([
      'work_2 ipv4-addr--1',
    ]);
  });

  it('does not wait for requests that nobody serves when it is drained', async () => {
    const slept: number[] = [];
    const running: CallbackListener = await start({
      handler: () => {
        running.serve('nobody');
        return Promise.reject(new Error('no quota'));
      },
      sleep: (durationMs) => {
        slept.push(durationMs);
        return Promise.resolve();
      },
    });
    await post(messageOf('work_1'));
    await running.drain(5_000);
    expect(slept).toEqual([]);
  });

  it('sends requests back while it is being drained', async () => {
    const work = gate();
    const running = await start({ handler: () => work.opened });
    await post(messageOf('work_1'));
    const drained = running.drain(10_000);
    expect((await post(messageOf('work_2'))).status).toBe(503);
    work.open();
    await drained;
  });

  it('names the option when its port is taken', async () => {
    await start({});
    const taken = new CallbackListener({
      port: Number(new URL(base).port),
      host: '127.0.0.1',
      path: '/',
      verifier: sharedTokenVerifier(TOKEN),
      handler: () => Promise.resolve(),
      refuse: () => Promise.resolve(),
      concurrency: 1,
      maxQueued: 1,
      logger: recordedLogger().logger,
    });
    await expect(taken.start()).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('CONNECTOR_LISTEN_PROTOCOL_API_PORT') as string,
    });
  });

  it('names the options when its key is none', async () => {
    await expect(
      start({
        tls: { key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', cert: '-----BEGIN' },
      }),
    ).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('LISTEN_PROTOCOL_API_SSL_KEY') as string,
    });
  });
});
