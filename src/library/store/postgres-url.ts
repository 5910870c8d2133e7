import { parseUrl } from '../../shared/parse-url.js';
import { DatabaseError } from './database-error.js';

/**
 * Host, port and database of a PostgreSQL URL, for a log line: nothing of it that is secret
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
 *
 * @throws DatabaseError (`configuration`) whose message does not repeat the URL, as it may hold a password.
 */
export function describePostgresUrl(text: string): string {
  const url = parseUrl(text);
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new DatabaseError(
      'LIBRARY_DATABASE_URL is not valid; it reads postgresql://user:password@host:5432/database, with special characters percent-encoded. Leave it out to use a SQLite file.',
      'configuration',
    );
  }
  // A socket's folder is given as a parameter, and the host is empty then.
  const host = url.hostname === '' ? (url.searchParams.get('host') ?? 'localhost') : url.hostname;
  return `PostgreSQL ${host}:${url.port === '' ? 5432 : url.port}${url.pathname}`;
}
