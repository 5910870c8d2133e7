import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { unlessAborted } from './unless-aborted.js';

const never = new Promise<string>(() => undefined);

describe('unlessAborted', () => {
  it('waits for the promise, also when it fails, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve('done'), signal, 'stopped')).toBe('done');
    await expect(unlessAborted(Promise.reject(new Error('no')), signal, 'stopped')).rejects.toThrow('no');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not wait beyond a stop, be it that it came before', async () => {
    const stop = new AbortController();
    const waiting = unlessAborted(never, stop.signal, 'stopped');
    stop.abort();
    expect(await waiting).toBe('stopped');
    expect(await unlessAborted(never, stop.signal, 'stopped')).toBe('stopped');
  });
});
