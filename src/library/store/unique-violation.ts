import { ConnectorError } from '../../shared/connector-error.js';

/** A name or address that must be unique belongs to another row. */
export class TakenError extends ConnectorError {
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super(message, 'invalid', options);
    this.field = field;
  }
}

/** SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const POSTGRES_UNIQUE_VIOLATION = '23505';
/** SQLite's words: the package leaves the result code out when the statement returns rows. */
const SQLITE_UNIQUE_VIOLATION = 'UNIQUE constraint failed';

/**
 * Runs a statement that writes something unique.
 *
 * @throws TakenError when it is taken; whatever else the database throws passes unchanged.
 */
export async function unlessTaken<T>(field: string, message: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new TakenError(field, message, { cause: error });
  }
}

function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('code' in error && error.code === POSTGRES_UNIQUE_VIOLATION) ||
    error.message.startsWith(SQLITE_UNIQUE_VIOLATION)
  );
}
