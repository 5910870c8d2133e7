import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import type { Sleep } from '../shared/backoff.js';
import { Lifecycle } from './lifecycle.js';

/** On the clock of the test. */
const sleep: Sleep = (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs));
const never = (): Promise<void> => new Promise(() => undefined);

describe('Lifecycle', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('closes the part that was added last first, also when one fails', async () => {
    const closed: string[] = [];
    const { logger, lines } = recordedLogger();
    const lifecycle = new Lifecycle(logger, 7_000, sleep);
    for (const name of ['state', 'publisher', 'consumer'])
      lifecycle.add(name, () => {
        closed.push(name);
        return name === 'publisher' ? Promise.reject(new Error('no')) : Promise.resolve();
      });
    await lifecycle.stop();
    expect(closed).toEqual(['consumer', 'publisher', 'state']);
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', part: 'publisher' })]);
  });

  it('lets parts that hang share one budget, and waits for what must survive', async () => {
    const closed: string[] = [];
    const { logger, lines } = recordedLogger();
    const lifecycle = new Lifecycle(logger, 7_000, sleep);
    lifecycle.add(
      'state',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        closed.push('state');
      },
      'done',
    );
    for (const name of ['connections', 'publisher', 'consumer']) lifecycle.add(name, never);
    const startedAt = performance.now();
    const stopped = lifecycle.stop().then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await stopped).toBeCloseTo(7_000 + 2 * 100 + 500, -1);
    expect(closed).toEqual(['state']);
    expect(lines.map(({ part, msg }) => [part, msg])).toEqual(
      ['consumer', 'publisher', 'connections'].map((name) => [
        name,
        'part does not close in time and is left alone',
      ]),
    );
  });
});
