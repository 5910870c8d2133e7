import { CamelCasePlugin, Kysely, PostgresDialect, type Dialect as KyselyDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { describeError } from '../../shared/connector-error.js';
import { prepareFile } from '../../shared/sqlite-file.js';
import { DatabaseError } from './database-error.js';
import type { Dialect } from './dialect.js';
import { migrate } from './migrate.js';
import { NulFreePlugin } from './nul-free-plugin.js';
import { isLaterVersion, postgresFault, sqliteFault } from './opening-fault.js';
import { describePostgresUrl } from './postgres-url.js';
import { openSqliteDialect } from './sqlite-dialect.js';
import type { Tables } from './tables.js';

/** Where the library is kept. */
export interface DatabaseOptions {
  /** Path of the SQLite file, `LIBRARY_DATABASE_PATH`; its folder is created. `:memory:` is for tests. */
  readonly path: string;
  /** `LIBRARY_DATABASE_URL`, `postgresql://user:password@host/database`; takes the place of the file. */
  readonly url?: string | undefined;
  /** Connections to PostgreSQL at most, 10 by default. */
  readonly maxConnections?: number | undefined;
  readonly logger: Logger;
}

/** An open database with its tables up to date. */
export interface LibraryDatabase {
  readonly kysely: Kysely<Tables>;
  readonly dialect: Dialect;
  /** For a log line; never holds a password. */
  readonly description: string;
  /** Waits for the queries under way. Harmless when called again. */
  close(): Promise<void>;
}

/** How long a request waits for a connection, or for the server to accept one. */
const CONNECTION_TIMEOUT_MS = 10_000;
/** A transaction of a process that hangs must not hold its locks for ever. */
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
/** PostgreSQL's type of count(*), which the driver hands over as text; no count here exceeds 2^53. */
const INT8_OID = 20;

/**
 * Opens the database and brings its tables up to date.
 *
 * @throws DatabaseError that names the option to look at: `configuration` when an operator must act, `transient` when
 *   the server is away or the file locked.
 */
export async function openDatabase(options: DatabaseOptions): Promise<LibraryDatabase> {
  const { path, url } = options;
  return url === undefined || url === '' ? openSqlite(path) : openPostgres(url, options);
}

async function openSqlite(path: string): Promise<LibraryDatabase> {
  let opened: KyselyDialect;
  try {
    if (path !== ':memory:') prepareFile(path);
    opened = openSqliteDialect(path);
  } catch (error) {
    throw sqliteFault(path, error);
  }
  return migrated(opened, 'sqlite', `SQLite file ${path}`, (error) => sqliteFault(path, error));
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<LibraryDatabase> {
  const address = describePostgresUrl(url);
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8_OID, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    application_name: 'ioc-library',
    keepAlive: true,
    types,
  });
  // An idle connection that breaks is replaced when one is needed; without a listener the process would end.
  pool.on('error', (error) => {
    options.logger.warn({ error: describeError(error), address }, 'lost a connection to the database');
  });
  return migrated(new PostgresDialect({ pool }), 'postgres', address, (error) =>
    postgresFault(address, error),
  );
}

async function migrated(
  opened: KyselyDialect,
  dialect: Dialect,
  description: string,
  fault: (error: unknown) => DatabaseError,
): Promise<LibraryDatabase> {
  const kysely = new Kysely<Tables>({
    dialect: opened,
    plugins: [new CamelCasePlugin(), new NulFreePlugin()],
  });
  try {
    await migrate(kysely, dialect);
  } catch (error) {
    await kysely.destroy();
    if (!isLaterVersion(error)) throw fault(error);
    throw new DatabaseError(
      `${description} was written by a later version of this product; run that version, or choose another database.`,
      'configuration',
      { cause: error },
    );
  }
  let closing: Promise<void> | undefined;
  return { kysely, dialect, description, close: () => (closing ??= kysely.destroy()) };
}
