import { describeError } from '../../shared/connector-error.js';
import { DatabaseError } from './database-error.js';

/** Whether the migrations that were applied include one this version does not know. */
export function isLaterVersion(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('corrupted migrations: previously executed');
}

/** SQLite's primary result codes that have a remedy of their own (https://www.sqlite.org/rescode.html). */
const SQLITE_REMEDIES: Readonly<Record<number, string>> = {
  5: 'is locked by another process; stop that process, or choose another file with LIBRARY_DATABASE_PATH',
  6: 'is locked by another process; stop that process, or choose another file with LIBRARY_DATABASE_PATH',
  8: 'cannot be written; check the permissions of the file and its folder, or choose another file with LIBRARY_DATABASE_PATH',
  11: 'is damaged; put back a backup, or choose another file with LIBRARY_DATABASE_PATH',
  13: 'cannot grow, as the disk is full; free some space, or choose another file with LIBRARY_DATABASE_PATH',
  26: 'is not a SQLite database; choose another file with LIBRARY_DATABASE_PATH',
};
const TRANSIENT_SQLITE_CODES: ReadonlySet<number> = new Set([5, 6, 13]);

/** Whether another connection has the lock of a SQLite file. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === 5;
}

/** What is wrong with a SQLite file, in words that name the option. */
export function sqliteFault(path: string, error: unknown): DatabaseError {
  const primary = primaryCode(error);
  const remedy =
    (primary === undefined ? undefined : SQLITE_REMEDIES[primary]) ??
    `cannot be used: ${describeError(error)}; choose another file with LIBRARY_DATABASE_PATH`;
  const kind = primary !== undefined && TRANSIENT_SQLITE_CODES.has(primary) ? 'transient' : 'configuration';
  return new DatabaseError(`The SQLite file ${path} ${remedy}.`, kind, { cause: error });
}

/**
 * SQLSTATE classes that an operator must act upon: invalid authorisation, unknown database, missing privilege
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const CONFIGURATION_STATES = /^(?:28|3D|3F|42)/;

/**
 * What is wrong with a PostgreSQL server, in words that name the option. The server's own words are repeated: they name
 * the user and the database, never the password.
 */
export function postgresFault(address: string, error: unknown): DatabaseError {
  const state = property(error, 'code');
  const needsOperator = typeof state === 'string' && CONFIGURATION_STATES.test(state);
  // Of a name with several addresses, each is tried, and the error is an aggregate without a message.
  const why =
    error instanceof AggregateError && error.message === ''
      ? error.errors.map(describeError).join(', ')
      : describeError(error);
  return new DatabaseError(
    needsOperator
      ? `${address} refuses: ${why}. Check user, password and database in LIBRARY_DATABASE_URL.`
      : `${address} cannot be reached: ${why}. Check host and port in LIBRARY_DATABASE_URL, and whether the server runs.`,
    needsOperator ? 'configuration' : 'transient',
    { cause: error },
  );
}

function primaryCode(error: unknown): number | undefined {
  const code = property(error, 'errcode');
  return typeof code === 'number' ? code & 0xff : undefined;
}

function property(error: unknown, name: string): unknown {
  return error instanceof Error && name in error
    ? (error as unknown as Record<string, unknown>)[name]
    : undefined;
}
