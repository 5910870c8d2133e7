/** Of the network: nobody is there, or the connection broke. */
const NETWORK_CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * SQLSTATEs of PostgreSQL that pass: lost connections (08), no room for more (53), a server that starts or stops (57P),
 * one that only reads while another takes over, and a transaction that was left idle
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const POSTGRES_STATES = /^(?:08...|53...|57P0.|25006|25P03)$/;

/** What the driver of PostgreSQL says without a code. */
const POSTGRES_WORDS =
  /^(?:timeout exceeded when trying to connect|Connection terminated|Client (?:has encountered a connection error|was closed))/;

/** SQLITE_BUSY, SQLITE_LOCKED and SQLITE_FULL (https://www.sqlite.org/rescode.html). */
const SQLITE_CODES: ReadonlySet<number> = new Set([5, 6, 13]);

/** Whether a query failed because the database cannot be used for now, which is no defect: later it may do. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  if (typeof errcode === 'number') return SQLITE_CODES.has(errcode & 0xff);
  if (typeof code === 'string') return NETWORK_CODES.has(code) || POSTGRES_STATES.test(code);
  return POSTGRES_WORDS.test(error.message);
}
