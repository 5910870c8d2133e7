import { BoundedMap } from '../shared/bounded-map.js';
import { StateError } from './errors.js';
import type { CachedValue, Change, StateStore, StoredRecord } from './port.js';
import { applyChange, parseRecord, type RecordText } from './record-json.js';

/** Bounds of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** Bytes of cached values, 64 MiB by default. The values unused for the longest time give way. */
  readonly maxCacheBytes?: number;
  /** Records of all buckets together, 100,000 by default. Those unused for the longest time give way. */
  readonly maxRecords?: number;
  /** What it says about itself: a test that restarts a process on it wants `true`. */
  readonly isDurable?: boolean;
}

const MEBIBYTE = 1_048_576;
/** What an entry costs beside its bytes, roughly. */
const ENTRY_OVERHEAD_BYTES = 200;

/** State that ends with the process: for tests, and while the store proper cannot be used. */
export class MemoryStore implements StateStore {
  readonly description = 'memory';
  readonly isDurable: boolean;
  readonly #records: BoundedMap<{
    readonly bucket: string;
    readonly key: string;
    readonly text: string;
  }>;
  readonly #cache: BoundedMap<CachedValue>;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.isDurable = options.isDurable ?? false;
    this.#records = new BoundedMap(options.maxRecords ?? 100_000, () => 1);
    this.#cache = new BoundedMap(
      options.maxCacheBytes ?? 64 * MEBIBYTE,
      (key, value) => key.length + value.bytes.byteLength + ENTRY_OVERHEAD_BYTES,
    );
  }

  // The changes happen before the first await, so that they are atomic.
  async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    this.#mustBeOpen();
    const { text, result } = applyChange(this.recordText(bucket, key), change);
    this.setRecordText(bucket, key, text);
    return Promise.resolve(result);
  }

  async list(bucket: string): Promise<readonly StoredRecord[]> {
    this.#mustBeOpen();
    const found: StoredRecord[] = [];
    for (const [, record] of this.#records) {
      if (record.bucket === bucket) found.push({ key: record.key, value: parseRecord(record.text) });
    }
    return Promise.resolve(found);
  }

  async read(key: string, now: Date): Promise<CachedValue | undefined> {
    this.#mustBeOpen();
    const value = this.#cache.get(key);
    return Promise.resolve(value !== undefined && value.expiresAt > now ? value : undefined);
  }

  async write(key: string, value: CachedValue): Promise<void> {
    this.#mustBeOpen();
    this.#cache.set(key, value);
    return Promise.resolve();
  }

  async forget(key: string): Promise<void> {
    this.#mustBeOpen();
    this.#cache.delete(key);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** The text of a record as it is kept. */
  recordText(bucket: string, key: string): RecordText {
    return this.#records.get(recordId(bucket, key))?.text;
  }

  /** Keeps a record as the text says; `undefined` deletes it. */
  setRecordText(bucket: string, key: string, text: RecordText): void {
    const id = recordId(bucket, key);
    if (text === undefined) this.#records.delete(id);
    else this.#records.set(id, { bucket, key, text });
  }

  /** Forgets all cached values. */
  forgetCached(): void {
    for (const [key] of this.#cache) this.#cache.delete(key);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StateError('The state store in memory is closed.');
  }
}

/** One text for bucket and key together. Names of buckets are ours and hold no NUL. */
export function recordId(bucket: string, key: string): string {
  return `${bucket}\0${key}`;
}
