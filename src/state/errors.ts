import { ConnectorError } from '../shared/connector-error.js';

/** The state store cannot be used now: out of reach, locked, full or unreadable. Work goes on without it. */
export class StateError extends ConnectorError {
  /** @param message - One sentence that names the store; never holds credentials. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'transient', options);
  }
}
