import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger, type LogLine } from '../../test/helpers/recorded-logger.js';
import type { FailureKind } from '../shared/connector-error.js';
import { noTelemetry } from '../shared/telemetry.js';
import type { PlatformClient } from './graphql/client.js';
import { PlatformError } from './graphql/errors.js';
import { PING, PING_WITH_INFO, type Operation } from './graphql/operations.js';
import { Heartbeat } from './heartbeat.js';

const failed = (code: string, kind: FailureKind = 'transient') => new PlatformError('no', { kind, code });

let pings: { operation: Operation; variables: Record<string, unknown> }[];
let answers: (Error | 'never' | 'ok')[];
let counts: boolean[];
let lines: LogLine[];
let heartbeat: Heartbeat | undefined;
let told: string[];
const answered = vi.fn<() => Promise<void>>();
const reregister = vi.fn<() => Promise<void>>();

/** Answers pings with the queued failures, then with success. */
const client = {
  execute: (operation: Operation, variables: Record<string, unknown>, context: { signal: AbortSignal }) => {
    pings.push({ operation, variables });
    const answer = answers.shift();
    if (answer === 'never') {
      return new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => {
          reject(failed('ABORT_ERR'));
        });
      });
    }
    return answer === undefined || answer === 'ok' ? Promise.resolve({}) : Promise.reject(answer);
  },
} as unknown as PlatformClient;

function start(connectorInfo = true): Heartbeat {
  const recorded = recordedLogger();
  lines = recorded.lines;
  heartbeat = new Heartbeat({
    client,
    connectorId: 'virustotal--1',
    connectorInfo: () => connectorInfo,
    backoff: { baseMs: 1_000, maxMs: 1_000 },
    logger: recorded.logger,
    telemetry: { ...noTelemetry, ping: (ok) => counts.push(ok) },
    onUnknownConnector: reregister,
    onAnswered: answered,
    onPlatformAway: () => told.push('away'),
    onPlatformBack: () => told.push('back'),
  });
  heartbeat.start();
  return heartbeat;
}

beforeEach(() => {
  vi.useFakeTimers();
  pings = [];
  answers = [];
  counts = [];
  told = [];
  answered.mockReset().mockResolvedValue(undefined);
  reregister.mockReset().mockResolvedValue(undefined);
});
afterEach(async () => {
  await heartbeat?.close();
  vi.useRealTimers();
});

describe('Heartbeat', () => {
  it('pings at once and then every 40 seconds', async () => {
    start();
    await vi.advanceTimersByTimeAsync(0);
    expect(pings).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(39_999);
    expect(pings).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(pings).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(80_000);
    expect(pings).toHaveLength(4);
  });

  it('says that it keeps no state, with the details that 6.2.12 and later want', async () => {
    start(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(pings).toEqual([
      {
        operation: PING_WITH_INFO,
        variables: {
          id: 'virustotal--1',
          state: 'null',
          connectorInfo: {
            run_and_terminate: false,
            buffering: false,
            queue_threshold: 500,
            queue_messages_size: 0,
            next_run_datetime: null,
            last_run_datetime: null,
          },
        },
      },
    ]);
  });

  it('sends no details to older platforms', async () => {
    start(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(pings).toEqual([{ operation: PING, variables: { id: 'virustotal--1', state: 'null' } }]);
  });

  it('leaves the details out for good when the platform does not know them', async () => {
    answers = [failed('GRAPHQL_VALIDATION_FAILED')];
    start(true);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(pings.map((ping) => ping.operation)).toEqual([PING_WITH_INFO, PING, PING]);
    expect(counts).toEqual([true, true]);
  });

  const said = (): unknown[] =>
    lines.filter(({ level }) => level !== 'debug').map(({ level, msg }) => [level, msg]);
  const AWAY = ['warn', 'OpenCTI cannot be reached; requests wait until it answers again'];
  const BACK = ['info', 'OpenCTI answers again'];

  it('says when the platform goes away and when it is back, and pings more often in between', async () => {
    answers = Array.from({ length: 10 }, () => failed('ECONNREFUSED'));
    const beat = start();
    await vi.advanceTimersByTimeAsync(0);
    expect([beat.healthy, told]).toEqual([true, []]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([beat.healthy, told, beat.silence?.reason]).toEqual([false, ['away'], 'no']);
    expect(await beat.isPlatformThere()).toBe(false);
    await vi.advanceTimersByTimeAsync(9_000);

    expect([beat.healthy, told]).toEqual([true, ['away', 'back']]);
    expect(answered).toHaveBeenCalledTimes(1);
    expect(counts).toEqual([...Array.from({ length: 10 }, () => false), true]);
    expect(said()).toEqual([AWAY, BACK]);
    expect(lines.find(({ level }) => level === 'warn')).toMatchObject({
      since: expect.any(String) as string,
      reason: 'no',
      remedy: expect.stringContaining('OPENCTI_URL') as string,
    });
  });

  it('makes nothing of a single ping that fails', async () => {
    answers = [failed('HTTP_502')];
    const beat = start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([beat.healthy, told, said()]).toEqual([true, [], []]);
    expect(counts).toEqual([false, true]);
    expect(answered).not.toHaveBeenCalled();
  });

  it('finds out at once when another call fails, and lets those wait who want to know', async () => {
    const beat = start();
    await vi.advanceTimersByTimeAsync(0);
    beat.suspect();
    expect(await beat.isPlatformThere()).toBe(true);
    expect(pings).toHaveLength(2);
    answers = [failed('AUTH_REQUIRED', 'configuration')];
    for (let call = 0; call < 5; call += 1) beat.suspect();
    expect(await beat.isPlatformThere()).toBe(false);
    expect([pings.length, told]).toEqual([3, ['away']]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual(['away', 'back']);
  });

  it('waits until the connector is registered again with a platform that is back', async () => {
    answers = [failed('ECONNRESET'), failed('ECONNRESET')];
    answered.mockRejectedValueOnce(failed('HTTP_502'));
    start();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([told, answered.mock.calls.length]).toEqual([['away'], 1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([told, said()]).toEqual([
      ['away', 'back'],
      [AWAY, BACK],
    ]);
  });

  it('takes a platform that refuses only pings for being there', async () => {
    answers = Array.from({ length: 4 }, () => failed('GRAPHQL_VALIDATION_FAILED', 'defect'));
    const beat = start(false);
    await vi.advanceTimersByTimeAsync(3_000);
    expect([beat.healthy, await beat.isPlatformThere(), told]).toEqual([false, true, []]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(said()).toEqual([
      ['warn', 'heartbeat failed and is tried again'],
      ['info', 'heartbeat is answered again'],
    ]);
  });

  it('ends the pause when the platform is back and refuses only the ping', async () => {
    const refused = () => failed('GRAPHQL_VALIDATION_FAILED', 'defect');
    answers = [failed('ECONNRESET'), failed('ECONNRESET'), refused(), refused()];
    const beat = start(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([told, beat.healthy, await beat.isPlatformThere()]).toEqual([['away', 'back'], false, true]);
    expect(answered).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toEqual(['away', 'back']);
    expect(said()).toEqual([
      AWAY,
      BACK,
      ['warn', 'heartbeat failed and is tried again'],
      ['info', 'heartbeat is answered again'],
    ]);
  });

  it('ends the pause when the platform is back and does not know the connector, even registered again', async () => {
    answers = [
      failed('ECONNRESET'),
      failed('ECONNRESET'),
      ...Array.from({ length: 10 }, () => failed('FUNCTIONAL_ERROR')),
    ];
    const beat = start();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([told, beat.healthy, await beat.isPlatformThere()]).toEqual([['away', 'back'], false, true]);
  });

  it('stays away while a platform that refuses the ping cannot be registered with', async () => {
    answers = [
      failed('ECONNRESET'),
      failed('ECONNRESET'),
      ...Array.from({ length: 10 }, () => failed('FUNCTIONAL_ERROR')),
    ];
    reregister.mockRejectedValue(failed('HTTP_502'));
    start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual(['away']);
  });

  it('takes a platform for away that falls silent right after it was registered with', async () => {
    answers = [failed('FUNCTIONAL_ERROR'), failed('ECONNRESET'), failed('ECONNRESET')];
    const beat = start();
    beat.suspect();
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['away']);
  });

  it('puts off no registration that failed because the platform was away', async () => {
    answers = Array.from({ length: 20 }, () => failed('FUNCTIONAL_ERROR'));
    reregister.mockRejectedValueOnce(failed('HTTP_502'));
    reregister.mockRejectedValueOnce(failed('HTTP_502'));
    reregister.mockRejectedValueOnce(failed('HTTP_502'));
    start();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(reregister).toHaveBeenCalledTimes(4);
  });

  it('registers again when the platform does not know the connector', async () => {
    answers = [failed('FUNCTIONAL_ERROR')];
    start();
    await vi.advanceTimersByTimeAsync(0);
    expect(reregister).toHaveBeenCalledTimes(1);
    expect(pings).toHaveLength(2);
    expect(counts).toEqual([true]);
  });

  it('registers ever more rarely while that does not help, and says so once', async () => {
    answers = Array.from({ length: 1_000 }, () => failed('FUNCTIONAL_ERROR'));
    const registeredAt: number[] = [];
    reregister.mockImplementation(() => {
      registeredAt.push(counts.length);
      return Promise.resolve();
    });
    const beat = start();
    await vi.advanceTimersByTimeAsync(40 * 40_000);
    expect(registeredAt).toEqual([0, 1, 3, 7, 15, 30]);
    expect(beat.healthy).toBe(false);

    answers = [];
    await vi.advanceTimersByTimeAsync(40_000);
    expect(beat.healthy).toBe(true);
    expect(lines.filter(({ level }) => level !== 'debug').map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'platform does not know the connector any more; it is registered again'],
      ['warn', 'heartbeat failed and is tried again'],
      ['info', 'platform knows the connector again'],
      ['info', 'heartbeat is answered again'],
    ]);
  });

  it('does so too when the platform forgets it again after each registration', async () => {
    answers = Array.from({ length: 20 }, () => [failed('FUNCTIONAL_ERROR'), 'ok' as const]).flat();
    start();
    await vi.advanceTimersByTimeAsync(40_000);
    expect(reregister).toHaveBeenCalledTimes(2);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('goes on when registering again fails', async () => {
    answers = [failed('FUNCTIONAL_ERROR')];
    reregister.mockRejectedValue(new Error('no'));
    start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(counts).toEqual([false, true]);
  });

  it('stops when closed, even in the middle of a ping', async () => {
    answers = ['never'];
    const beat = start();
    await vi.advanceTimersByTimeAsync(0);
    await beat.close();
    await vi.advanceTimersByTimeAsync(400_000);
    expect(pings).toHaveLength(1);
    expect(lines).toEqual([]);
  });
});
