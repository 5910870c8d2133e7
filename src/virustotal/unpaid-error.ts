import { ConnectorError } from '../shared/connector-error.js';

/** Whoever asks may spend no more look-ups. It concerns nobody who waits for the same answer. */
export class UnpaidError extends ConnectorError {}
