import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { StateError } from './errors.js';

/** Marks the file as ours (SQLite's `application_id`): "VTCS" in ASCII. */
const APPLICATION_ID = 0x56544353;

/**
 * How each version of the schema is made from the one before; never edit an entry that has been released.
 *
 * Keys are blobs: the binding cuts texts off at NUL. The body of a cached value comes last, so that looking at the
 * other columns does not touch its pages.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE record (
     bucket TEXT NOT NULL,
     key BLOB NOT NULL,
     value TEXT NOT NULL,
     PRIMARY KEY (bucket, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE cache (
     id INTEGER PRIMARY KEY,
     key BLOB NOT NULL UNIQUE,
     stored_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     used_at INTEGER NOT NULL,
     size INTEGER NOT NULL,
     encoding INTEGER NOT NULL,
     body BLOB NOT NULL
   ) STRICT;
   CREATE INDEX cache_by_use ON cache (used_at, size);
   CREATE INDEX cache_by_expiry ON cache (expires_at);`,
];

/**
 * Brings the schema up to date, in one transaction.
 *
 * @throws StateError when the file was written by a later version of this product, or is somebody else's database;
 *   both are left untouched.
 */
export function migrate(database: DatabaseSyncInstance, path: string): void {
  if (knownVersion(database, path) === MIGRATIONS.length) return;
  // Only an empty file takes this setting; it lets pages be given back to the file system.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  // A reader never waits for the writer, and a killed process leaves a log that the next one replays.
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    for (const migration of MIGRATIONS.slice(knownVersion(database, path))) database.exec(migration);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function knownVersion(database: DatabaseSyncInstance, path: string): number {
  const version = pragmaNumber(database, 'user_version');
  const isOurs = pragmaNumber(database, 'application_id') === APPLICATION_ID;
  if (!isOurs && (version !== 0 || hasTables(database))) {
    throw new StateError(`${path} is a database of another program; give the state a path of its own.`);
  }
  if (version > MIGRATIONS.length) {
    throw new StateError(
      `${path} was written by a later version of this connector (schema ${version}, known up to ${MIGRATIONS.length}); give this version another path.`,
    );
  }
  return version;
}

/** The value of a PRAGMA that answers one number. */
export function pragmaNumber(database: DatabaseSyncInstance, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>;
  return row[name] ?? 0;
}

function hasTables(database: DatabaseSyncInstance): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}
