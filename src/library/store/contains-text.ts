import { sql, type Expression, type SqlBool } from 'kysely';
import type { Dialect } from './dialect.js';

/** Whether a text of the database contains another one, which stands for itself: no wildcards. */
export function containsText(dialect: Dialect, text: Expression<string>, part: string): Expression<SqlBool> {
  return dialect === 'postgres'
    ? sql<SqlBool>`strpos(${text}, ${part}) > 0`
    : sql<SqlBool>`instr(${text}, ${part}) > 0`;
}

/** Whether a text of the database begins with another one, which stands for itself. */
export function startsWithText(text: Expression<string>, part: string): Expression<SqlBool> {
  // Both databases count characters, not code units.
  return sql<SqlBool>`substr(${text}, 1, ${Array.from(part).length}) = ${part}`;
}
