import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import {
  SqliteAdapter,
  SqliteDialect,
  type DialectAdapter,
  type SqliteDatabase,
  type SqliteStatement,
} from 'kysely';

/** How long a statement waits for the lock of another process, which holds up everything else meanwhile. */
const LOCK_WAIT_MS = 5_000;
/** Prepared statements that are kept; the SQL of most queries is the same each time. */
const KEPT_STATEMENTS = 200;

/**
 * Opens a SQLite file for Kysely.
 *
 * @param path - Of an existing file, or `:memory:`.
 * @throws {Error} of SQLite when the file is no database, or cannot be read.
 */
export function openSqliteDialect(path: string): SqliteDialect {
  const database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS, enableForeignKeyConstraints: true });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    // In WAL mode NORMAL loses nothing when the process is killed; a power cut may take the last transactions, never
    // the file (https://www.sqlite.org/pragma.html#pragma_synchronous).
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA journal_size_limit = 67108864');
    // 64 MiB: the indexes of 100,000 IOCs.
    database.exec('PRAGMA cache_size = -65536');
    database.exec('PRAGMA temp_store = MEMORY');
  } catch (error) {
    database.close();
    throw error;
  }
  return new TransactionalSqliteDialect({ database: new KyselyDatabase(database) });
}

/** Migrations in one transaction, as SQLite can: of two processes that start at once, the second finds them done. */
class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalSqliteAdapter();
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** `node:sqlite`'s interface, which the package has, as the interface of better-sqlite3, which Kysely speaks. */
class KyselyDatabase implements SqliteDatabase {
  readonly #database: DatabaseSyncInstance;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSyncInstance) {
    this.#database = database;
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    this.#statements.delete(sql);
    // IMMEDIATE takes the write lock first: one that reads first may find that it cannot write any more.
    const statement =
      known ?? new KyselyStatement(this.#database.prepare(sql === 'begin' ? 'begin immediate' : sql));
    this.#statements.set(sql, statement);
    for (const [oldest] of this.#statements) {
      if (this.#statements.size <= KEPT_STATEMENTS) break;
      this.#statements.delete(oldest);
    }
    return statement;
  }

  /** The package lets go of the file only when its statements are collected as garbage, so the log is emptied here. */
  close(): void {
    this.#statements.clear();
    try {
      this.#database.exec('PRAGMA optimize');
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log stays, and is replayed by whoever opens the file next.
    }
    this.#database.close();
  }
}

class KyselyStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSyncInstance;

  constructor(statement: StatementSyncInstance) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...parameters);
  }

  run(parameters: readonly unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    return this.#statement.run(...parameters);
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...parameters);
  }
}
