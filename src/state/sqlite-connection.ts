import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { fullJitterMs } from '../shared/backoff.js';
import { describeError } from '../shared/connector-error.js';
import { StateError } from './errors.js';
import { migrate } from './sqlite-schema.js';

/** Primary result codes (https://www.sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** SQLite itself does not wait for a lock, as it would block the event loop; {@link SqliteConnection.attempt} does. */
const BLOCKING_WAIT_MS = 0;
const BACKOFF = { baseMs: 5, maxMs: 100 };

/**
 * One open SQLite file. The calls of the package are synchronous and short; waiting for another process's lock is not.
 */
export class SqliteConnection {
  readonly path: string;
  readonly database: DatabaseSyncInstance;
  readonly #maxWaitMs: number;
  readonly #inode: number | undefined;

  private constructor(path: string, database: DatabaseSyncInstance, maxWaitMs: number) {
    this.path = path;
    this.database = database;
    this.#maxWaitMs = maxWaitMs;
    this.#inode = inodeOf(path);
  }

  /**
   * Opens the file, checks it and brings its schema up to date.
   *
   * @param maxWaitMs - How long to wait for a lock of another process.
   * @throws StateError; see {@link isDamage} for the one kind that moving the file aside cures.
   */
  static async open(path: string, maxWaitMs: number): Promise<SqliteConnection> {
    let database: DatabaseSyncInstance | undefined;
    try {
      database = new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
      const connection = new SqliteConnection(path, database, maxWaitMs);
      await connection.attempt((opened) => {
        // In WAL mode NORMAL loses nothing when the process is killed, as the system holds what was written; only a
        // power cut may take the last transactions, never the file (https://www.sqlite.org/pragma.html#pragma_synchronous).
        opened.exec('PRAGMA synchronous = NORMAL');
        // After a burst, the log goes back to a size that is cheap to keep.
        opened.exec('PRAGMA journal_size_limit = 8388608');
        const check = opened.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
        if (check.quick_check !== 'ok') {
          throw new DamageError(`${path} is damaged: ${check.quick_check}`);
        }
        migrate(opened, path);
      });
      return connection;
    } catch (error) {
      if (database?.isOpen === true) database.close();
      throw translate(path, error);
    }
  }

  /**
   * Runs statements, again after a while when another process holds the lock.
   *
   * @throws StateError for what SQLite reports; errors of `task` itself pass unchanged.
   */
  async attempt<T>(task: (database: DatabaseSyncInstance) => T): Promise<T> {
    const deadline = performance.now() + this.#maxWaitMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.#mustBeInPlace();
        return task(this.database);
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw translate(this.path, error);
      }
      await delay(fullJitterMs(attempt, BACKOFF));
    }
  }

  /**
   * SQLite goes on writing to a file that was removed or replaced, and all of it is gone when the process ends.
   *
   * @throws StateError
   */
  #mustBeInPlace(): void {
    if (this.#inode === inodeOf(this.path)) return;
    throw new StateError(`The SQLite file ${this.path} was removed or replaced.`);
  }

  /** Runs statements in one transaction, as {@link attempt} does; whatever is thrown undoes it. */
  async transaction<T>(task: (database: DatabaseSyncInstance) => T): Promise<T> {
    return this.attempt((database) => {
      // IMMEDIATE takes the write lock first: one that reads first may find that it cannot write any more.
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = task(database);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /**
   * Closes the file. Harmless when called again. The package really lets go of it only when its prepared statements are
   * collected as garbage, so the log is emptied here; its empty file may stay behind.
   */
  close(): void {
    if (!this.database.isOpen) return;
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log stays, and is replayed by whoever opens the file next.
    }
    this.database.close();
  }
}

/** The file's content is not what SQLite or this product wrote. */
export class DamageError extends StateError {}

/** Whether moving the file aside and beginning anew would help. */
export function isDamage(error: unknown): boolean {
  return error instanceof DamageError;
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function translate(path: string, error: unknown): unknown {
  const code = primaryCode(error);
  if (code === undefined) return error;
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new DamageError(`${path} is damaged: ${describeError(error)}`, { cause: error });
  }
  const what = isBusy(error) ? 'is locked by another process' : `cannot be used: ${describeError(error)}`;
  return new StateError(`The SQLite file ${path} ${what}.`, { cause: error });
}

function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** SQLite's primary result code; 0 for misuse, such as a closed database; `undefined` for any other error. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code === 'ERR_INVALID_STATE') return 0;
  if (error.code !== 'ERR_SQLITE_ERROR') return undefined;
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}
