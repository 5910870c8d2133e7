import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger, type LogLine } from '../../test/helpers/recorded-logger.js';
import { noTelemetry } from '../shared/telemetry.js';
import type { PlatformClient } from './graphql/client.js';
import { PlatformError } from './graphql/errors.js';
import { PING, PING_WITH_INFO, type Operation } from './graphql/operations.js';
import { Heartbeat } from './heartbeat.js';

const failed = (code: string) => new PlatformError('no', { kind: 'transient', code });

let pings: { operation: Operation; variables: Record<string, unknown> }[];
let answers: (Error | 'never' | 'ok')[];
let counts: boolean[];
let lines: LogLine[];
let heartbeat: Heartbeat | undefined;
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
    connectorInfo,
    logger: recorded.logger,
    telemetry: { ...noTelemetry, ping: (ok) => counts.push(ok) },
    onUnknownConnector: reregister,
  });
  heartbeat.start();
  return heartbeat;
}

beforeEach(() => {
  vi.useFakeTimers();
  pings = [];
  answers = [];
  counts = [];
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

  it('logs when failing begins and when it ends, and not in between', async () => {
    answers = [failed('ECONNREFUSED'), failed('ECONNREFUSED'), failed('ECONNREFUSED')];
    const beat = start();
    await vi.advanceTimersByTimeAsync(80_000);
    expect(beat.healthy).toBe(false);
    await vi.advanceTimersByTimeAsync(40_000);

    expect(beat.healthy).toBe(true);
    expect(counts).toEqual([false, false, false, true]);
    expect(lines.map((line) => [line.level, line.msg])).toEqual([
      ['warn', 'heartbeat failed and is tried again'],
      ['info', 'heartbeat is answered again'],
    ]);
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
    expect(lines.map((line) => [line.level, line.msg])).toEqual([
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
    await vi.advanceTimersByTimeAsync(40_000);
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
