/**
 * Runs a task with a signal that aborts as soon as one of several does, with the reason of that one. Written out,
 * because `AbortSignal.any` leaks on Node 20 when one of the signals is long-lived
 * (https://github.com/nodejs/node/issues/55351).
 */
export async function withAnySignal<T>(
  signals: readonly (AbortSignal | undefined)[],
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const undo = signals.map((signal) => {
    const abort = (): void => {
      controller.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    return () => signal?.removeEventListener('abort', abort);
  });
  try {
    return await task(controller.signal);
  } finally {
    for (const remove of undo) remove();
  }
}
