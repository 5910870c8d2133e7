/**
 * What must survive a restart, and what replicas share: the quota ledger, cached answers, parked analyses, attempts.
 * One small port with three implementations (SQLite file, Redis, memory), so that the rooms above never know which.
 */
export interface StateStore {
  /** For health and log, without credentials: `SQLite file state/connector.sqlite`, `Redis redis:6379`, `memory`. */
  readonly description: string;

  /** Whether what is written survives the process. It may change: memory stands in for a store that fails. */
  readonly isDurable: boolean;

  /**
   * Reads and changes one record atomically, also against other replicas.
   *
   * @param bucket - Kind of record, such as `ledger` or `parked`.
   * @param key - Which one.
   * @param change - Pure and synchronous; may run more than once. `next: undefined` deletes the record; leaving it out
   *   keeps the record as it is.
   * @returns what `change` returned as `result`.
   * @throws StateError when the store cannot be used.
   */
  update<T, R>(bucket: string, key: string, change: (current: T | undefined) => Change<T, R>): Promise<R>;

  /** All records of a bucket, in no order. @throws StateError */
  list(bucket: string): Promise<readonly StoredRecord[]>;

  /** A cached value that has not expired. @throws StateError */
  read(key: string, now: Date): Promise<CachedValue | undefined>;

  /** Caches a value until it expires; the store may drop it earlier to stay within its bound. @throws StateError */
  write(key: string, value: CachedValue): Promise<void>;

  /** Forgets a cached value. @throws StateError */
  forget(key: string): Promise<void>;

  /** Waits for what is being written, and releases the store. Harmless when called again. */
  close(): Promise<void>;
}

/** A record as it is listed. */
export interface StoredRecord {
  readonly key: string;
  /** As it was put in; what it is, only the owner of the bucket knows. */
  readonly value: unknown;
}

/** What `update` does with a record. */
export interface Change<T, R> {
  /** The new record, JSON-serialisable; present and `undefined` deletes it; absent keeps it. */
  readonly next?: T | undefined;
  readonly result: R;
}

/** A cached answer. */
export interface CachedValue {
  readonly bytes: Uint8Array;
  readonly storedAt: Date;
  readonly expiresAt: Date;
}
