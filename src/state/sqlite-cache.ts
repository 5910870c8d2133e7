import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../shared/clock.js';
import { KeyedQueue } from './keyed-queue.js';
import { packValue, unpackValue } from '../shared/packed-value.js';
import type { CachedValue } from './port.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { pragmaNumber } from './sqlite-schema.js';

/** What a row costs beside its key and body: the other columns, and its places in the indexes. */
const ROW_OVERHEAD_BYTES = 150;
/** Pruning begins again when this part of the bound was written, and goes down to the bound less this part. */
const PRUNE_SHARE = 1 / 16;
/** Rows or pages that are touched in one go, so that the event loop is never held up for long. */
const BATCH = 200;

const NOTE_USE = 'UPDATE cache SET used_at = ? WHERE id = ? AND used_at < ?';

interface CacheRow {
  readonly id: number;
  readonly stored_at: number;
  readonly expires_at: number;
  readonly encoding: number;
  readonly body: Uint8Array;
}

/** The cached values of the SQLite store: compressed where it pays, and bounded in size. */
export class SqliteCache {
  readonly #connection: SqliteConnection;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  readonly #select: StatementSyncInstance;
  readonly #upsert: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  /** Keeps the writes of one key in order, as compressing a large value takes longer than a small one. */
  readonly #writes = new KeyedQueue();
  /** Rows read since the last pruning, and when; written together, for a write per read would cost more than it saves. */
  #used = new Map<number, number>();
  #writtenBytes = 0;
  #pruning: Promise<void> | undefined;

  constructor(connection: SqliteConnection, maxBytes: number, clock: Clock) {
    this.#connection = connection;
    this.#maxBytes = maxBytes;
    this.#clock = clock;
    const { database } = connection;
    this.#select = database.prepare(
      'SELECT id, stored_at, expires_at, encoding, body FROM cache WHERE key = ?',
    );
    this.#upsert = database.prepare(
      `INSERT INTO cache (key, stored_at, expires_at, used_at, size, encoding, body) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET stored_at = excluded.stored_at, expires_at = excluded.expires_at,
         used_at = excluded.used_at, size = excluded.size, encoding = excluded.encoding, body = excluded.body`,
    );
    this.#delete = database.prepare('DELETE FROM cache WHERE key = ?');
  }

  async read(key: string, now: Date): Promise<CachedValue | undefined> {
    const row = await this.#connection.attempt(
      () => this.#select.get(Buffer.from(key)) as CacheRow | undefined,
    );
    if (row === undefined || row.expires_at <= now.getTime()) return undefined;
    const bytes = await unpackValue({ encoding: row.encoding, bytes: row.body });
    if (bytes === undefined) return undefined;
    this.#used.set(row.id, now.getTime());
    return { bytes, storedAt: new Date(row.stored_at), expiresAt: new Date(row.expires_at) };
  }

  write(key: string, value: CachedValue): Promise<void> {
    return this.#writes.run(key, async () => {
      const { encoding, bytes } = await packValue(value.bytes);
      const size = bytes.byteLength + Buffer.byteLength(key) + ROW_OVERHEAD_BYTES;
      if (size > this.#maxBytes) return this.#deleteNow(key);
      await this.#connection.attempt(() =>
        this.#upsert.run(
          Buffer.from(key),
          value.storedAt.getTime(),
          value.expiresAt.getTime(),
          this.#clock.now().getTime(),
          size,
          encoding,
          bytes,
        ),
      );
      this.#writtenBytes += size;
      if (this.#writtenBytes >= this.#maxBytes * PRUNE_SHARE) this.pruneInBackground();
    });
  }

  forget(key: string): Promise<void> {
    return this.#writes.run(key, () => this.#deleteNow(key));
  }

  /** Prunes beside other work. A failure is left for the next write to meet. */
  pruneInBackground(): void {
    this.#writtenBytes = 0;
    this.#pruning ??= this.#prune()
      .catch(() => undefined)
      .finally(() => (this.#pruning = undefined));
  }

  /** Waits for writes and pruning. */
  async idle(): Promise<void> {
    await this.#writes.idle();
    await this.#pruning;
    await this.#noteUses();
  }

  async #deleteNow(key: string): Promise<void> {
    await this.#connection.attempt(() => this.#delete.run(Buffer.from(key)));
  }

  async #prune(): Promise<void> {
    await this.#noteUses();
    const expired = await this.#connection.attempt(
      (database) =>
        database.prepare('SELECT id FROM cache WHERE expires_at <= ?').all(this.#clock.now().getTime()) as {
          readonly id: number;
        }[],
    );
    await this.#deleteRows(expired.map(({ id }) => id));
    await this.#deleteRows(await this.#leastRecentlyUsed());
    await this.#giveBackPages();
  }

  /** The rows to drop, so that the pages in use stay a little below the bound; none while the bound is kept. */
  async #leastRecentlyUsed(): Promise<number[]> {
    return this.#connection.attempt((database) => {
      // What was read since the uses were noted must not look unused.
      this.#noteUsesAtOnce(database);
      const pages = pragmaNumber(database, 'page_count') - pragmaNumber(database, 'freelist_count');
      const usedBytes = pages * pragmaNumber(database, 'page_size');
      if (usedBytes <= this.#maxBytes * (1 - PRUNE_SHARE)) return [];
      // How rows share pages makes them take up to twice their size, so the part to drop counts, not the bytes.
      const part = 1 - (this.#maxBytes * (1 - 2 * PRUNE_SHARE)) / usedBytes;
      const rows = database
        .prepare(
          `SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY used_at, id) - size AS freed FROM cache)
           WHERE freed < (SELECT ? * sum(size) FROM cache)`,
        )
        .all(part) as { readonly id: number }[];
      return rows.map(({ id }) => id);
    });
  }

  async #deleteRows(ids: readonly number[]): Promise<void> {
    const statement = this.#connection.database.prepare('DELETE FROM cache WHERE id = ?');
    await this.#inBatches(ids, (id) => statement.run(id));
  }

  #noteUsesAtOnce(database: DatabaseSyncInstance): void {
    const statement = database.prepare(NOTE_USE);
    for (const [id, at] of this.#used) statement.run(at, id, at);
    this.#used.clear();
  }

  async #noteUses(): Promise<void> {
    const used = this.#used;
    this.#used = new Map();
    const statement = this.#connection.database.prepare(NOTE_USE);
    await this.#inBatches([...used], ([id, at]) => statement.run(at, id, at));
  }

  async #inBatches<T>(items: readonly T[], task: (item: T) => unknown): Promise<void> {
    for (let start = 0; start < items.length; start += BATCH) {
      await this.#connection.transaction(() => {
        for (const item of items.slice(start, start + BATCH)) task(item);
      });
      await nextTurn();
    }
  }

  /** Shrinks a file that has grown beyond its bound, as it has when an operator lowers the bound. */
  async #giveBackPages(): Promise<void> {
    const { database } = this.#connection;
    const maxPages = this.#maxBytes / pragmaNumber(database, 'page_size');
    while (pragmaNumber(database, 'page_count') > maxPages && pragmaNumber(database, 'freelist_count') > 0) {
      await this.#connection.attempt(() => {
        database.exec(`PRAGMA incremental_vacuum(${BATCH})`);
      });
      await nextTurn();
    }
  }
}
