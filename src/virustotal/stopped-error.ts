import { PostponeError } from './postpone-error.js';

/** The connector stops: who waits for a look-up is sent away, and comes again after the next start. */
export class StoppedError extends PostponeError {
  constructor() {
    super('The connector stopped before VirusTotal could be asked; ask again.', 'transient');
  }

  /** At once, as far as this process knows. */
  get until(): Date {
    return new Date(0);
  }

  postpones(): boolean {
    return true;
  }
}
