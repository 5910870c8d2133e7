import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import type { Sleep } from '../shared/backoff.js';
import { Lifecycle } from './lifecycle.js';
import { drainAtStop } from './resumed-requests.js';

/** On the clock of the test. */
const sleep: Sleep = (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs));

describe('resumed requests at a stop', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are waited for beside those of the queue, and marked before the state is closed', async () => {
    const events: string[] = [];
    const { logger, lines } = recordedLogger();
    const lifecycle = new Lifecycle(logger, 7_000, sleep);
    const beganAt = performance.now();
    const note = (event: string): void => {
      events.push(`${event} ${performance.now() - beganAt}`);
    };
    lifecycle.add(
      'state',
      () => {
        note('state closed');
        return Promise.resolve();
      },
      'done',
    );
    const resumed = drainAtStop(
      {
        drain: async (timeoutMs) => {
          note('drain begins');
          await sleep(timeoutMs);
          // What is being answered is marked in a state that is slow.
          await sleep(1_500);
          note('marked');
        },
      },
      lifecycle,
    );
    lifecycle.add('consumer', () => sleep(6_000));
    resumed.started();
    const stopped = lifecycle.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    await stopped;
    expect(events).toEqual(['drain begins 0', 'marked 7500', 'state closed 7500']);
    expect(lines).toEqual([]);
  });

  it('are given up also when none could be resumed yet', async () => {
    const drain = vi.fn<(timeoutMs: number) => Promise<void>>().mockResolvedValue(undefined);
    const lifecycle = new Lifecycle(recordedLogger().logger, 7_000, sleep);
    drainAtStop({ drain }, lifecycle);
    await lifecycle.stop();
    expect(drain).toHaveBeenCalledTimes(1);
  });

  it('that cannot be marked are told of, once', async () => {
    const { logger, lines } = recordedLogger();
    const lifecycle = new Lifecycle(logger, 7_000, sleep);
    const resumed = drainAtStop({ drain: () => Promise.reject(new Error('state is away')) }, lifecycle);
    resumed.started();
    await lifecycle.stop();
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', part: 'resumed requests' })]);
  });
});
