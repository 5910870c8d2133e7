import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { CallbackListener, type CallbackListenerOptions } from './callback-listener.js';
import type { CallbackStore, KeptCallback } from './callback-store.js';
import { sharedTokenVerifier } from './token-verifier.js';
import { UnreadableMessage } from './unreadable-message.js';

const TOKEN = 'obviously-fake-token';

/** A state that can be made to fail, or to take its time. */
class FakeStore implements CallbackStore {
  readonly kept = new Map<string, KeptCallback>();
  isAway = false;
  isElsewhere = false;
  written: Promise<void> = Promise.resolve();

  async keep(callback: KeptCallback): Promise<'kept' | 'elsewhere'> {
    await this.written;
    if (this.isAway) throw new Error('the disk is full');
    if (this.isElsewhere) return 'elsewhere';
    this.kept.set(callback.key, callback);
    return 'kept';
  }

  forget(key: string): Promise<void> {
    if (this.isAway) return Promise.reject(new Error('the disk is full'));
    this.kept.delete(key);
    return Promise.resolve();
  }
}

let store: FakeStore;
let listener: CallbackListener | undefined;
let base = '';
let lines: LogLine[] = [];

beforeEach(() => {
  store = new FakeStore();
});

afterEach(async () => {
  await listener?.close();
  listener = undefined;
});

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
    maxQueued: 10,
    logger: recorded.logger,
    retryBackoff: { baseMs: 0, maxMs: 0 },
    store,
    ...options,
  });
  base = `http://127.0.0.1:${await listener.start()}`;
  return listener;
}

function messageOf(workId: string): string {
  return JSON.stringify({
    internal: { work_id: workId, mode: 'auto' },
    event: { entity_id: 'ipv4-addr--1', entity_type: 'IPv4-Addr' },
  });
}

const keyOf = (workId: string): string => `${workId} ipv4-addr--1`;

async function post(workId: string): Promise<number> {
  const response = await fetch(`${base}/api/callback`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: messageOf(workId),
  });
  await response.text();
  return response.status;
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const leftover = (workId: string): KeptCallback => ({
  key: keyOf(workId),
  body: Buffer.from(messageOf(workId)),
  receivedAt: new Date('2026-01-02T03:04:05Z'),
});

describe('a callback', () => {
  it('is in the state, as it was received, before it is answered and before its work begins', async () => {
    const written = gate();
    store.written = written.opened;
    const seen: boolean[] = [];
    const running = await start({
      handler: ({ key }) => {
        seen.push(store.kept.has(key));
        return Promise.resolve();
      },
    });
    let status: number | undefined;
    const posted = post('work_1').then((answer) => (status = answer));
    await vi.waitFor(() => {
      expect(running.pending).toBe(1);
    });
    expect([status, seen]).toEqual([undefined, []]);
    written.open();
    await posted;
    expect(status).toBe(202);
    await vi.waitFor(() => {
      expect(running.pending).toBe(0);
    });
    expect(seen).toEqual([true]);
    expect([...store.kept.keys()]).toEqual([]);
  });

  it('stays in the state as it came until it is settled', async () => {
    const work = gate();
    const running = await start({ handler: () => work.opened });
    await post('work_1');
    expect(store.kept.get(keyOf('work_1'))?.body.toString()).toBe(messageOf('work_1'));
    work.open();
    await running.drain(10_000);
    expect(store.kept.size).toBe(0);
  });

  it('is refused while the state is away, which is said once, and taken when it is back', async () => {
    const handler = vi.fn(() => Promise.resolve());
    await start({ handler });
    store.isAway = true;
    expect([await post('work_1'), await post('work_1'), await post('work_2')]).toEqual([503, 503, 503]);
    expect(handler).not.toHaveBeenCalled();
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    store.isAway = false;
    expect(await post('work_1')).toBe(202);
    expect(handler).toHaveBeenCalledTimes(1);
    expect(lines.findLast(({ level }) => level !== 'debug')).toMatchObject({ level: 'info' });
  });

  it('that comes several times at once is kept and done once', async () => {
    const written = gate();
    store.written = written.opened;
    const handler = vi.fn(() => Promise.resolve());
    const running = await start({ handler });
    const posted = [post('work_1'), post('work_1'), post('work_1')];
    written.open();
    expect(await Promise.all(posted)).toEqual([202, 202, 202]);
    // The worker lost the answer, and comes again when everything is done.
    await vi.waitFor(() => {
      expect(running.pending).toBe(0);
    });
    expect(await post('work_1')).toBe(202);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('that another replica has is answered, and left to it', async () => {
    store.isElsewhere = true;
    const handler = vi.fn(() => Promise.resolve());
    const running = await start({ handler });
    expect(await post('work_1')).toBe(202);
    expect(running.pending).toBe(0);
    expect(handler).not.toHaveBeenCalled();
  });

  it('has a place of the bounded queue while it is being kept', async () => {
    const written = gate();
    store.written = written.opened;
    await start({ maxQueued: 1, handler: () => new Promise(() => undefined) });
    const posted = ['work_1', 'work_2', 'work_3', 'work_4'].map((workId) => post(workId));
    expect(await Promise.race(posted)).toBe(429);
    written.open();
    const statuses = await Promise.all(posted);
    expect(statuses.toSorted()).toEqual([202, 202, 429, 429]);
  });

  it('is never given up because it cannot be settled', async () => {
    const handler = vi.fn<() => Promise<void>>();
    for (let count = 0; count < 40; count += 1) handler.mockRejectedValueOnce(new Error('platform is away'));
    const done = gate();
    handler.mockImplementation(() => {
      done.open();
      return Promise.resolve();
    });
    const running = await start({ handler });
    await post('work_1');
    await done.opened;
    await running.drain(10_000);
    expect(handler).toHaveBeenCalledTimes(41);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(store.kept.size).toBe(0);
  });

  it('that cannot be settled for minutes lets the others have its place', async () => {
    const seen: string[] = [];
    const others = gate();
    const running = await start({
      handler: ({ workId }: EnrichmentRequest) => {
        seen.push(String(workId));
        if (workId === 'work_1') return Promise.reject(new Error('never'));
        others.open();
        return Promise.resolve();
      },
    });
    await post('work_1');
    await post('work_2');
    await others.opened;
    await running.drain(0);
    expect(seen.slice(0, 13)).toEqual([...Array<string>(12).fill('work_1'), 'work_2']);
    expect([...store.kept.keys()]).toEqual([keyOf('work_1')]);
  });

  it('that is not settled at a stop stays in the state, and is reported to nobody', async () => {
    const abandon = vi.fn(() => Promise.resolve());
    const stop = new AbortController();
    const handler = vi.fn(
      () =>
        new Promise<void>((_resolve, reject) => {
          stop.signal.addEventListener('abort', () => {
            reject(new Error('the connector is stopping'));
          });
        }),
    );
    const running = await start({ handler, abandon });
    await post('work_1');
    await post('work_2');
    await running.drain(0, () => {
      stop.abort();
    });
    expect([...store.kept.keys()]).toEqual(['work_1', 'work_2'].map(keyOf));
    expect(handler).toHaveBeenCalledTimes(1);
    expect(abandon).not.toHaveBeenCalled();
    expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });

  it('that is settled while the state is away costs a line in the log and nothing else', async () => {
    const work = gate();
    const running = await start({ handler: () => work.opened });
    await post('work_1');
    store.isAway = true;
    work.open();
    await running.drain(10_000);
    expect(running.pending).toBe(0);
    expect(lines.map(({ level }) => level).filter((level) => level !== 'debug')).toEqual(['warn']);
  });
});

describe('callbacks that an earlier process has left behind', () => {
  it('are worked on in their order, however many may wait, and forgotten', async () => {
    const seen: string[] = [];
    const running = await start({
      maxQueued: 1,
      handler: ({ workId, receivedAt }) => {
        seen.push(`${workId} ${receivedAt.toISOString()}`);
        return Promise.resolve();
      },
    });
    const left = ['work_1', 'work_2', 'work_3'].map(leftover);
    for (const callback of left) store.kept.set(callback.key, callback);
    running.takeUp(left);
    await vi.waitFor(() => {
      expect(running.pending).toBe(0);
    });
    expect(seen).toEqual(
      ['work_1', 'work_2', 'work_3'].map((workId) => `${workId} 2026-01-02T03:04:05.000Z`),
    );
    expect(store.kept.size).toBe(0);
  });

  it('are not worked on twice when the worker comes with them again', async () => {
    const work = gate();
    const handler = vi.fn(() => work.opened);
    const running = await start({ handler });
    running.takeUp([leftover('work_1')]);
    expect(await post('work_1')).toBe(202);
    running.takeUp([leftover('work_1')]);
    work.open();
    await running.drain(10_000);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('come to the handler as requests that came before, so that it counts the deaths of processes', async () => {
    const handled: EnrichmentRequest[] = [];
    const running = await start({
      handler: (request) => {
        handled.push(request);
        return Promise.resolve();
      },
    });
    running.takeUp([leftover('work_1')]);
    await vi.waitFor(() => {
      expect(running.pending).toBe(0);
    });
    expect(handled.map(({ redelivered }) => redelivered)).toEqual([true]);
  });

  it('are worked on although the state is away, and dropped when they cannot be read', async () => {
    const handler = vi.fn(() => Promise.resolve());
    const refuse = vi.fn(() => Promise.resolve());
    const running = await start({ handler, refuse });
    store.kept.set('damaged', { ...leftover('work_2'), key: 'damaged' });
    running.takeUp([{ ...leftover('work_2'), key: 'damaged', body: Buffer.from('{') }]);
    await vi.waitFor(() => {
      expect(store.kept.has('damaged')).toBe(false);
    });
    expect(refuse.mock.calls).toEqual([[expect.any(UnreadableMessage), undefined, true]]);
    store.isAway = true;
    running.takeUp([leftover('work_1')]);
    await vi.waitFor(() => {
      expect(running.pending).toBe(0);
    });
    expect(handler).toHaveBeenCalledTimes(1);
  });
});
