import { ConnectorError } from '../../shared/connector-error.js';

/** The database of the library cannot be used; the message names the option to look at, and never holds a password. */
export class DatabaseError extends ConnectorError {}
