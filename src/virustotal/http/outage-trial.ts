import { SingleFlight } from '../../shared/single-flight.js';
import type { VirusTotalError } from '../errors.js';
import type { CircuitBreaker, Passage } from './circuit-breaker.js';

export interface OutageTrialOptions {
  readonly breaker: CircuitBreaker;
  /** Why VirusTotal does not answer a call that costs nothing; `undefined` when it does. */
  readonly ask: () => Promise<VirusTotalError | undefined>;
  /** What is found out once it aborts says nothing of VirusTotal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells an outage from objects that fail alone. What decides is a call that is free, short, and about no object: a
 * look-up could fail each time, and would then keep all the others from being made; an upload could take hours.
 */
export class OutageTrial {
  private readonly probes = new SingleFlight<VirusTotalError | undefined>();

  constructor(private readonly options: OutageTrialOptions) {}

  /** Why VirusTotal does not answer; `undefined` when it does. Costs nothing. */
  probe(): Promise<VirusTotalError | undefined> {
    return this.probes.run('probe', this.options.ask);
  }

  /**
   * Lets a call through; when the circuit is open and its pause over, only after VirusTotal has answered.
   *
   * @throws CircuitOpenError, or the failure of the call that is free.
   */
  async enter(): Promise<Passage> {
    const { breaker } = this.options;
    const trial = breaker.enter();
    if (!trial.isTrial) return trial;
    const failure = await this.probe();
    if (failure === undefined) {
      trial.answered();
      return breaker.enter();
    }
    if (this.options.signal?.aborted === true) trial.abandoned();
    else trial.failed(failure);
    throw breaker.error() ?? failure;
  }

  /** Opens the circuit when VirusTotal does not answer, and closes it when it does. */
  async findOut(): Promise<void> {
    const { breaker, signal } = this.options;
    const failure = await this.probe();
    if (failure === undefined) breaker.close();
    else if (signal?.aborted !== true) breaker.trip(failure);
  }
}
