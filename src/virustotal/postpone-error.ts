import { ConnectorError } from '../shared/connector-error.js';
import type { Priority } from './schema.js';

/** VirusTotal cannot be asked for a while, through no fault of the request: it may come again instead of failing. */
export abstract class PostponeError extends ConnectorError {
  /** From when on it is worth another try. */
  abstract readonly until: Date;

  /** Whether a request of this priority shall come again; the others get this error for an answer. */
  abstract postpones(priority: Priority): boolean;
}
