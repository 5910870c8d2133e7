/**
 * Runs a task with a signal that aborts after the given time, or when the outer signal does. Written out, because
 * `AbortSignal.any` over `AbortSignal.timeout` can be collected before it fires on Node 20
 * (https://github.com/nodejs/node/issues/54614).
 */
export async function withDeadline<T>(
  totalMs: number,
  outer: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort(outer?.reason);
  };
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no answer within ${totalMs} ms`, 'TimeoutError'));
  }, totalMs);
  outer?.addEventListener('abort', stop, { once: true });
  if (outer?.aborted === true) stop();
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}
