import type { Logger } from 'pino';
import { fullJitterMs, sleep as sleepOnTheWallClock, type Backoff, type Sleep } from '../shared/backoff.js';
import { systemClock, type Clock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import { ChangeJournal, type ChangedRecord } from './change-journal.js';
import { StateError } from './errors.js';
import { MemoryStore } from './memory-store.js';
import type { CachedValue, Change, StateStore, StoredRecord } from './port.js';
import { applyChange, parseRecord, recordText, type RecordText } from './record-json.js';

/** A record that was changed here, in memory, and by others, in the store proper, during the same outage. */
export interface RecordConflict {
  readonly bucket: string;
  readonly key: string;
  /** As this process last knew it in the store proper; `undefined`: absent or never seen. */
  readonly base: unknown;
  /** What memory made of it; `undefined`: deleted. */
  readonly memory: unknown;
  /** As the store proper has it now; `undefined`: absent, perhaps because the store was emptied or replaced. */
  readonly primary: unknown;
}

/** What {@link openResilientStore} needs. */
export interface ResilientStoreOptions {
  /** Opens the store proper; called again after each failure. @throws StateError */
  readonly open: () => Promise<StateStore>;
  /**
   * Decides a conflict after an outage: the record to keep, `undefined` to delete it. Pure and synchronous; may run more
   * than once. For a counter, `primary + (memory - base)` loses nothing, even where `memory` and `primary` are equal.
   * Records that only one side changed are not asked about.
   */
  readonly merge: (conflict: RecordConflict) => unknown;
  readonly logger: Logger;
  /** Pauses between attempts to open the store again; from one second up to a minute by default. */
  readonly backoff?: Backoff;
  readonly sleep?: Sleep;
  readonly clock?: Clock;
  readonly memory?: MemoryStore;
}

/** A store that never fails: memory stands in while the store proper cannot be used. */
export interface ResilientStore extends StateStore {
  /** For health: whether the store proper is in use, and if not, why. */
  health(): { readonly ok: boolean; readonly detail?: string };
}

/**
 * Opens the store proper and stands in for it, in memory, whenever it fails ({@link StateError}): at once, with the
 * records this process has last seen there. Meanwhile it tries to open the store again; then it carries over what was
 * changed, and goes on there. Each change of state is logged once.
 *
 * @throws whatever `open` throws at first, if that is no {@link StateError}: a mistake in the configuration.
 */
export async function openResilientStore(options: ResilientStoreOptions): Promise<ResilientStore> {
  const store = new StoreWithStandIn(options);
  await store.start();
  return store;
}

class StoreWithStandIn implements ResilientStore {
  readonly #options: ResilientStoreOptions;
  readonly #clock: Clock;
  readonly #memory: MemoryStore;
  readonly #journal = new ChangeJournal();
  readonly #stopped = new AbortController();
  #primary: StateStore | undefined;
  #failure: StateError | undefined;
  #recoveredAt = new Date(0);
  #attempts = 0;
  #recovery: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: ResilientStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#memory = options.memory ?? new MemoryStore();
  }

  async start(): Promise<void> {
    try {
      this.#primary = await this.#options.open();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      this.#standIn(error);
    }
  }

  get description(): string {
    return this.#primary?.description ?? this.#memory.description;
  }

  get isDurable(): boolean {
    return this.#primary?.isDurable ?? false;
  }

  health(): { readonly ok: boolean; readonly detail?: string } {
    return this.#failure === undefined
      ? { ok: true }
      : { ok: false, detail: `state is kept in memory: ${this.#failure.message}` };
  }

  update<T, R>(bucket: string, key: string, change: (current: T | undefined) => Change<T, R>): Promise<R> {
    return this.#use(
      async (primary) => {
        let after: RecordText;
        const result = await primary.update<T, R>(bucket, key, (current) => {
          const answer = change(current);
          after = recordText('next' in answer ? answer.next : current);
          return answer;
        });
        this.#mirror(primary, bucket, key, after);
        return result;
      },
      () => {
        const base = this.#memory.recordText(bucket, key);
        const after = applyChange(base, change);
        if (after.text !== base) {
          this.#memory.setRecordText(bucket, key, after.text);
          this.#journal.addRecord({ bucket, key, base });
        }
        return Promise.resolve(after.result);
      },
    );
  }

  list(bucket: string): Promise<readonly StoredRecord[]> {
    return this.#use(
      async (primary) => {
        const records = await primary.list(bucket);
        for (const { key, value } of records) this.#mirror(primary, bucket, key, recordText(value));
        return records;
      },
      () => this.#memory.list(bucket),
    );
  }

  read(key: string, now: Date): Promise<CachedValue | undefined> {
    return this.#use(
      (primary) => primary.read(key, now),
      () => this.#memory.read(key, now),
    );
  }

  write(key: string, value: CachedValue): Promise<void> {
    return this.#use(
      (primary) => primary.write(key, value),
      () => {
        this.#journal.addCached(key);
        return this.#memory.write(key, value);
      },
    );
  }

  forget(key: string): Promise<void> {
    return this.#use(
      (primary) => primary.forget(key),
      () => {
        this.#journal.addCached(key);
        return this.#memory.forget(key);
      },
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopped.abort();
    await this.#recovery;
    // The last chance for what only memory knows.
    if (this.#primary === undefined && !this.#journal.isEmpty) await this.#tryToRecover();
    await this.#primary?.close();
    await this.#memory.close();
  }

  async #use<R>(
    onPrimary: (primary: StateStore) => Promise<R>,
    /** Changes memory and the journal before its first await, lest the recovery ends in between. */
    onMemory: () => Promise<R>,
  ): Promise<R> {
    if (this.#closing !== undefined) throw new StateError('The state store is closed.');
    for (let primary = this.#primary; primary !== undefined; primary = this.#primary) {
      try {
        return await onPrimary(primary);
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        if (this.#primary === primary) this.#standIn(error);
      }
    }
    return onMemory();
  }

  /** Remembers a record as the store proper has it, so that memory can go on from there. */
  #mirror(primary: StateStore, bucket: string, key: string, text: RecordText): void {
    // Once memory stands in, its own changes must not be overwritten by an answer that comes late.
    if (this.#primary === primary) this.#memory.setRecordText(bucket, key, text);
  }

  #standIn(error: StateError): void {
    const failed = this.#primary;
    this.#primary = undefined;
    this.#failure = error;
    this.#options.logger.error(
      { error },
      'the state store cannot be used; going on with limits and cache in memory until it can',
    );
    void failed?.close().catch(() => undefined);
    // One that fails while it is being closed is not opened again.
    if (this.#closing === undefined) this.#recovery = this.#recover();
  }

  async #recover(): Promise<void> {
    const { backoff = { baseMs: 1_000, maxMs: 60_000 }, sleep = sleepOnTheWallClock } = this.#options;
    const { signal } = this.#stopped;
    // A store that opens but fails again soon is not asked ever anew in quick succession.
    const workedMs = this.#clock.now().getTime() - this.#recoveredAt.getTime();
    if (workedMs > backoff.maxMs) this.#attempts = 0;
    for (;;) {
      await sleep(fullJitterMs(this.#attempts, backoff), signal);
      this.#attempts += 1;
      if (signal.aborted || (await this.#tryToRecover())) return;
    }
  }

  async #tryToRecover(): Promise<boolean> {
    let primary: StateStore | undefined;
    try {
      primary = await this.#options.open();
      // Work goes on in memory meanwhile; between the last look at the journal and the switch nothing may be awaited.
      while (!this.#journal.isEmpty) await this.#carryOverOne(primary);
    } catch (error) {
      this.#failure = asStateError(error);
      this.#options.logger.debug({ error }, 'the state store still cannot be used');
      await primary?.close().catch(() => undefined);
      return false;
    }
    this.#primary = primary;
    this.#failure = undefined;
    // It has them all; here they would only take room, and be out of date in the next outage.
    this.#memory.forgetCached();
    this.#recoveredAt = this.#clock.now();
    this.#options.logger.info({ store: primary.description }, 'the state store can be used again');
    return true;
  }

  async #carryOverOne(primary: StateStore): Promise<void> {
    const changed = this.#journal.takeRecord();
    if (changed !== undefined) await this.#carryOverRecord(primary, changed);
    else await this.#carryOverCached(primary);
  }

  async #carryOverRecord(primary: StateStore, changed: ChangedRecord): Promise<void> {
    const { bucket, key, base } = changed;
    const inMemory = this.#memory.recordText(bucket, key);
    try {
      const merged = await primary.update<unknown, RecordText>(bucket, key, (current) => {
        const inPrimary = recordText(current);
        const next = inPrimary === base ? inMemory : this.#merge(changed, inMemory, inPrimary);
        return { next: parseRecord(next), result: next };
      });
      // What was changed in the meantime is in the journal again, with what we carried over now as its base.
      if (this.#memory.recordText(bucket, key) === inMemory) {
        this.#memory.setRecordText(bucket, key, merged);
      }
    } catch (error) {
      this.#journal.returnRecord(changed);
      throw error;
    }
  }

  #merge(changed: ChangedRecord, inMemory: RecordText, inPrimary: RecordText): RecordText {
    const { bucket, key, base } = changed;
    try {
      return recordText(
        this.#options.merge({
          bucket,
          key,
          base: parseRecord(base),
          memory: parseRecord(inMemory),
          primary: parseRecord(inPrimary),
        }),
      );
    } catch (error) {
      this.#options.logger.error(
        { error, bucket, key },
        'two versions of a record cannot be merged; keeping ours',
      );
      return inMemory;
    }
  }

  async #carryOverCached(primary: StateStore): Promise<void> {
    const key = this.#journal.takeCached();
    if (key === undefined) return;
    try {
      const value = await this.#memory.read(key, this.#clock.now());
      await (value === undefined ? primary.forget(key) : primary.write(key, value));
    } catch (error) {
      this.#journal.addCached(key);
      throw error;
    }
  }
}

function asStateError(error: unknown): StateError {
  return error instanceof StateError ? error : new StateError(describeError(error), { cause: error });
}
