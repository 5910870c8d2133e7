/**
 * Runs a task with a signal that aborts after the given time, or when the outer signal does. Written out, because
 * `AbortSignal.any` over `AbortSignal.timeout` can be collected before it fires on Node 20
 * (https://github.com/nodejs/node/issues/54614).
 *
 * @param totalMs - `undefined`: only the outer signal aborts.
 */
export async function withDeadline<T>(
  totalMs: number | undefined,
  outer: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withIdleLimit(totalMs, outer, (signal) => task(signal));
}

/** Time that is running out. */
export interface IdleTimer {
  /** There was a sign of life: the time begins anew. */
  touch(): void;
  /** From now on something else bounds the task. */
  end(): void;
}

/** As {@link withDeadline}, for a task that may take any time as long as it shows signs of life. */
export async function withIdleLimit<T>(
  idleMs: number | undefined,
  outer: AbortSignal | undefined,
  task: (signal: AbortSignal, idle: IdleTimer) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort(outer?.reason);
  };
  const expire = (): void => {
    controller.abort(new DOMException(`no answer within ${idleMs} ms`, 'TimeoutError'));
  };
  let timer = idleMs === undefined ? undefined : setTimeout(expire, idleMs);
  const idle: IdleTimer = {
    touch: () => {
      timer?.refresh();
    },
    end: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
  outer?.addEventListener('abort', stop, { once: true });
  if (outer?.aborted === true) stop();
  try {
    return await task(controller.signal, idle);
  } finally {
    idle.end();
    outer?.removeEventListener('abort', stop);
  }
}
