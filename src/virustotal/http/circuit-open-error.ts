import { PostponeError } from '../postpone-error.js';
import type { Priority } from '../schema.js';

/**
 * VirusTotal is not asked, because it could not be reached again and again. Nobody waits for an automatic request: it
 * comes again until VirusTotal answers. A person, or a playbook, is told.
 */
export class CircuitOpenError extends PostponeError {
  /**
   * @param since - The first failure of the outage.
   * @param retryAt - When VirusTotal is tried again.
   * @param cause - The last failure.
   */
  constructor(
    readonly since: Date,
    readonly retryAt: Date,
    cause: Error,
  ) {
    const moment = since.toISOString().slice(0, 16).replace('T', ' ');
    super(
      `VirusTotal cannot be reached since ${moment} UTC; ask again later. The last failure: ${cause.message}`,
      'transient',
      { cause, untouched: true },
    );
  }

  get until(): Date {
    return this.retryAt;
  }

  postpones(priority: Priority): boolean {
    return priority === 'auto';
  }
}
