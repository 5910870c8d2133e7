/**
 * Runs at most one task for each key at a time: whoever asks while it runs gets the same answer or the same error.
 * Nothing is remembered once the task has settled.
 */
export class SingleFlight<T> {
  private readonly running = new Map<string, Promise<T>>();

  /** Starts the task, or joins the one that already runs for this key. */
  run(key: string, task: () => Promise<T>): Promise<T> {
    const joined = this.running.get(key);
    if (joined !== undefined) return joined;
    const started = this.untilSettled(key, task);
    this.running.set(key, started);
    return started;
  }

  private async untilSettled(key: string, task: () => Promise<T>): Promise<T> {
    // The task starts in a later turn, so that even one that fails at once is first recorded, then removed.
    await Promise.resolve();
    try {
      return await task();
    } finally {
      this.running.delete(key);
    }
  }
}
