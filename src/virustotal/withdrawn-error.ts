import { ConnectorError } from '../shared/connector-error.js';

/** Whoever asked does not want the look-up any more, or not so late. It concerns nobody who waits for the same answer. */
export class WithdrawnError extends ConnectorError {
  constructor(message = 'The look-up is not wanted any more; VirusTotal was not asked.') {
    super(message, 'transient');
  }
}
