import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { prepareFile } from '../../shared/sqlite-file.js';
import { DatabaseError } from './database-error.js';
import { isBusy, sqliteFault } from './opening-fault.js';

/** A SQLite file that no other library may open meanwhile. */
export interface DatabaseLock {
  /** Harmless when called again. */
  release(): Promise<void>;
}

/**
 * Keeps other processes from serving the same SQLite file, as two would look the same IOCs up and pay for both. The lock
 * is one of the operating system on `<path>.lock`, which ends with the process however that ends, also across
 * containers; the file stays, as it could be removed under somebody who has just opened it.
 *
 * @param path - Of the database, `LIBRARY_DATABASE_PATH`.
 * @throws DatabaseError that names the option: `configuration`, also when another process holds the lock.
 */
export function lockDatabase(path: string): DatabaseLock {
  const file = `${path}.lock`;
  let lock: DatabaseSyncInstance | undefined;
  try {
    prepareFile(file);
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (!isBusy(error)) throw sqliteFault(file, error);
    throw new DatabaseError(
      `Another process of the library uses the SQLite file ${path}; stop that one, or choose another file with LIBRARY_DATABASE_PATH. Several processes need PostgreSQL (LIBRARY_DATABASE_URL) and STATE_REDIS_URL.`,
      'configuration',
      { cause: error },
    );
  }
  const held = lock;
  return {
    release: () => {
      if (held.isOpen) held.close();
      return Promise.resolve();
    },
  };
}
