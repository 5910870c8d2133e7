import { basename } from 'node:path';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import { StateError } from './errors.js';
import type { CachedValue, Change, StateStore, StoredRecord } from './port.js';
import { applyChange, parseRecord } from './record-json.js';
import { SqliteCache } from './sqlite-cache.js';
import { isDamage, SqliteConnection } from './sqlite-connection.js';
import { moveAside, prepareFile } from '../shared/sqlite-file.js';

/** Where the state is, and how large it may grow. */
export interface SqliteStoreOptions {
  /** Path of the file; its folder is created. Not on a network file system: SQLite's log needs shared memory. */
  readonly path: string;
  /** Bytes the file may take, 256 MiB by default; cached values unused for the longest time give way. */
  readonly maxCacheBytes?: number | undefined;
  /** How long to wait for a lock of another process, 10 seconds by default. */
  readonly maxLockWaitMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
}

const MEBIBYTE = 1_048_576;

/**
 * State in one SQLite file. Survives SIGKILL with everything that was acknowledged; several processes may share it.
 * A damaged file is moved aside to `<path>.corrupt-<time>`; its records are carried over as far as they can be read.
 *
 * @throws StateError when the file cannot be opened, is locked, or belongs to another program or a later version.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<StateStore> {
  const { path, maxCacheBytes = 256 * MEBIBYTE, maxLockWaitMs = 10_000, clock = systemClock } = options;
  const connection = await openOrReplace(path, maxLockWaitMs, clock, options.logger);
  const cache = new SqliteCache(connection, maxCacheBytes, clock);
  cache.pruneInBackground();
  return new SqliteStore(connection, cache);
}

class SqliteStore implements StateStore {
  readonly description: string;
  readonly isDurable = true;
  readonly #connection: SqliteConnection;
  readonly #cache: SqliteCache;
  readonly #select: StatementSyncInstance;
  readonly #upsert: StatementSyncInstance;
  readonly #delete: StatementSyncInstance;
  readonly #list: StatementSyncInstance;

  constructor(connection: SqliteConnection, cache: SqliteCache) {
    this.description = `SQLite file ${connection.path}`;
    this.#connection = connection;
    this.#cache = cache;
    const { database } = connection;
    this.#select = database.prepare('SELECT value FROM record WHERE bucket = ? AND key = ?');
    this.#upsert = database.prepare(
      'INSERT INTO record (bucket, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    this.#delete = database.prepare('DELETE FROM record WHERE bucket = ? AND key = ?');
    this.#list = database.prepare('SELECT key, value FROM record WHERE bucket = ?');
  }

  async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    const id = [bucket, Buffer.from(key)] as const;
    return this.#connection.transaction(() => {
      const before = (this.#select.get(...id) as { value: string } | undefined)?.value;
      const after = applyChange(before, change);
      if (after.text === undefined) this.#delete.run(...id);
      else if (after.text !== before) this.#upsert.run(...id, after.text);
      return after.result;
    });
  }

  async list(bucket: string): Promise<readonly StoredRecord[]> {
    const rows = await this.#connection.attempt(() => this.#list.all(bucket) as RecordRow[]);
    return rows.map(({ key, value }) => ({
      key: Buffer.from(key).toString(),
      value: parseRecord(value),
    }));
  }

  read(key: string, now: Date): Promise<CachedValue | undefined> {
    return this.#cache.read(key, now);
  }

  write(key: string, value: CachedValue): Promise<void> {
    return this.#cache.write(key, value);
  }

  forget(key: string): Promise<void> {
    return this.#cache.forget(key);
  }

  async close(): Promise<void> {
    if (!this.#connection.database.isOpen) return;
    // What cannot be written any more is known to whoever wrote it.
    await this.#cache.idle().catch(() => undefined);
    this.#connection.close();
  }
}

interface RecordRow {
  readonly key: Uint8Array;
  readonly value: string;
}

async function openOrReplace(
  path: string,
  maxLockWaitMs: number,
  clock: Clock,
  logger: Logger,
): Promise<SqliteConnection> {
  const inode = prepare(path);
  try {
    return await SqliteConnection.open(path, maxLockWaitMs);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = moveAside(path, inode, clock.now());
    prepare(path);
    const fresh = await SqliteConnection.open(path, maxLockWaitMs);
    if (aside !== undefined) {
      const records = await carryOverRecords(aside, fresh);
      logger.error(
        { error, path, movedTo: basename(aside), recordsCarriedOver: records },
        'the state file is damaged; moved it aside and began a new one',
      );
    }
    return fresh;
  }
}

function prepare(path: string): number {
  try {
    return prepareFile(path);
  } catch (error) {
    throw new StateError(`The SQLite file ${path} cannot be used: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

/** Copies the records that can still be read, above all the quota already used. */
async function carryOverRecords(damagedPath: string, fresh: SqliteConnection): Promise<number> {
  const rows: (RecordRow & { readonly bucket: string })[] = [];
  try {
    const damaged = new DatabaseSync(damagedPath);
    try {
      for (const row of damaged.prepare('SELECT bucket, key, value FROM record').iterate()) {
        rows.push(row as RecordRow & { readonly bucket: string });
      }
    } finally {
      damaged.close();
    }
  } catch {
    // The damage reaches the records; those read before it are kept.
  }
  const sound = rows.filter((row) => parseRecord(row.value) !== undefined);
  await fresh.transaction((database) => {
    const insert = database.prepare('INSERT OR IGNORE INTO record (bucket, key, value) VALUES (?, ?, ?)');
    for (const { bucket, key, value } of sound) insert.run(bucket, key, value);
  });
  return sound.length;
}
