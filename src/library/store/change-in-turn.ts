import { sql, type Kysely, type Transaction } from 'kysely';
import type { Dialect } from './dialect.js';
import type { Tables } from './tables.js';

/**
 * A transaction that changes many IOCs of an organisation, after those before it: two that lock the same rows in another
 * order would wait for each other until PostgreSQL ends one. SQLite's transactions follow one another anyway.
 */
export function changeInTurn<T>(
  database: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  change: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return database.transaction().execute(async (transaction) => {
    if (dialect === 'postgres') {
      await sql`select pg_advisory_xact_lock(hashtextextended(${organisationId}, 0))`.execute(transaction);
    }
    return change(transaction);
  });
}
