/** Whether a signal has aborted, read anew after a wait: the compiler would remember the first answer. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
