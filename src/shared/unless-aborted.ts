/**
 * Waits for a promise, but not beyond a stop. Leaves no listener behind.
 *
 * @returns what the promise came to, or `otherwise` when the signal aborts first.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, otherwise: T): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<T>((resolve) => {
    onAbort = () => {
      resolve(otherwise);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
