/** Keeps replicas from doing the same thing at the same time; implemented over leases, wired in `app`. */
export interface Exclusive {
  /**
   * Runs the task unless another replica is at it.
   *
   * @returns whether it ran.
   * @throws the error of the task, or StateError.
   */
  attempt(key: string, task: () => Promise<void>): Promise<boolean>;
  /**
   * Runs the task, or waits for the replica that is at it and takes what it left.
   *
   * @throws the error of the task, or StateError.
   */
  once<T>(key: string, work: OnceWork<T>): Promise<T>;
}

/** Work that is done by one replica for all. */
export interface OnceWork<T> {
  /** What somebody else may have left behind meanwhile; `undefined` if there is nothing. */
  readonly ready: () => Promise<T | undefined>;
  readonly task: () => Promise<T>;
}
