/** A callback that was answered with 202 and is not settled. */
export interface KeptCallback {
  /** Of its request. */
  readonly key: string;
  /** As it was received. */
  readonly body: Buffer;
  /** When it was answered. */
  readonly receivedAt: Date;
}

/**
 * Where accepted callbacks survive the process, and what replicas share; implemented over the state, wired in `app`.
 * Every method rejects when the state cannot be used.
 */
export interface CallbackStore {
  /**
   * Keeps a callback before it is answered.
   *
   * @returns `elsewhere` when another replica has it already; it must not be worked on here.
   * @throws Error when it would not survive the process.
   */
  keep(callback: KeptCallback): Promise<'kept' | 'elsewhere'>;

  /** Forgets one that is settled. */
  forget(key: string): Promise<void>;
}
