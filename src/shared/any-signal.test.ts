import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withAnySignal } from './any-signal.js';

/** Ends with the reason when its signal aborts. */
const untilAborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    const end = (): void => {
      resolve(signal.reason);
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
  });

describe('withAnySignal', () => {
  it.each([0, 1])('aborts with the reason of signal %i', async (index) => {
    const controllers = [new AbortController(), new AbortController()];
    const ended = withAnySignal(
      controllers.map(({ signal }) => signal),
      untilAborted,
    );
    controllers[index]?.abort('enough');
    expect(await ended).toBe('enough');
  });

  it('is aborted from the start when one of them is', async () => {
    expect(await withAnySignal([undefined, AbortSignal.abort('before')], untilAborted)).toBe('before');
  });

  it('leaves nothing behind on a signal that lives on', async () => {
    const { signal } = new AbortController();
    expect(await withAnySignal([signal, undefined], () => Promise.resolve('done'))).toBe('done');
    await withAnySignal([signal], () => Promise.reject(new Error('no'))).catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
