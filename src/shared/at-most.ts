import { sleep } from './backoff.js';

/** Waits for something that may fail, or never be answered by a peer that is gone; neither holds the caller up. */
export async function atMost(durationMs: number, closing: Promise<unknown> | undefined): Promise<void> {
  const stop = new AbortController();
  const settled = Promise.resolve(closing).catch(() => undefined);
  await Promise.race([settled, sleep(durationMs, stop.signal)]);
  stop.abort();
}
