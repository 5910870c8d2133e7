import { Migrator, sql, type Kysely, type Migration } from 'kysely';
import { describeError } from '../../shared/connector-error.js';
import type { Dialect } from './dialect.js';
import { library } from './migrations/0001-library.js';
import { enrichmentLabel } from './migrations/0002-enrichment-label.js';
import type { Tables } from './tables.js';

/** In the order of their names; one that was released keeps its name and its statements. */
const MIGRATIONS: Readonly<Record<string, (dialect: Dialect) => readonly string[]>> = {
  '0001-library': library,
  '0002-enrichment-label': enrichmentLabel,
};

/**
 * Brings the tables up to date, all or nothing. Of processes that start at once, one does it and the others wait: by
 * PostgreSQL's advisory lock, or SQLite's write lock.
 *
 * @throws {Error} of the database; also when it was written by a later version of this product.
 */
export async function migrate(database: Kysely<Tables>, dialect: Dialect): Promise<void> {
  const migrations = Object.entries(MIGRATIONS).map(([name, statements]): [string, Migration] => [
    name,
    {
      up: async (transaction) => {
        for (const statement of statements(dialect)) await sql.raw(statement).execute(transaction);
      },
    },
  ]);
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(migrations)) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error(describeError(error));
}
