import { recordId } from './memory-store.js';
import type { RecordText } from './record-json.js';

/** A record that was changed in memory while the store proper could not be used. */
export interface ChangedRecord {
  readonly bucket: string;
  readonly key: string;
  /** The record before the first of those changes, as far as this process knew it. */
  readonly base: RecordText;
}

/** What has to be carried over once the store proper can be used again. */
export class ChangeJournal {
  readonly #records = new Map<string, ChangedRecord>();
  readonly #cachedKeys = new Set<string>();

  get isEmpty(): boolean {
    return this.#records.size === 0 && this.#cachedKeys.size === 0;
  }

  /** Notes a change; only the first one of a record says what it was before. */
  addRecord(changed: ChangedRecord): void {
    const id = recordId(changed.bucket, changed.key);
    if (!this.#records.has(id)) this.#records.set(id, changed);
  }

  /** Notes that a cached value was written or forgotten. */
  addCached(key: string): void {
    this.#cachedKeys.add(key);
  }

  /** Takes one record out, records being worth more than cached values. */
  takeRecord(): ChangedRecord | undefined {
    for (const [id, changed] of this.#records) {
      this.#records.delete(id);
      return changed;
    }
    return undefined;
  }

  /** Puts back what could not be carried over; its base is older than that of any change made meanwhile. */
  returnRecord(changed: ChangedRecord): void {
    this.#records.set(recordId(changed.bucket, changed.key), changed);
  }

  takeCached(): string | undefined {
    for (const key of this.#cachedKeys) {
      this.#cachedKeys.delete(key);
      return key;
    }
    return undefined;
  }
}
