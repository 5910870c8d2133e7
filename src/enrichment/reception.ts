import type { Sleep } from '../shared/backoff.js';
import type { Attempt, Attempts } from './attempts.js';
import { outOfOrder, type CommitOrder, type Turn } from './commit-order.js';
import type { FailedOutcome, UnknownOutcome } from './outcome.js';
import type { EnrichmentRequest } from './request.js';
import { Solitude, type Leave } from './solitude.js';

/** So often a process may die over a request before it is worked on alone: once is an accident, and hits all in work. */
const DEATHS_IN_COMPANY = 2;

export interface ReceptionOptions {
  readonly attempts: Attempts;
  readonly order: CommitOrder;
  /** Deliveries of a request that may end with the process, or time out; 0: any number. */
  readonly maxAttempts: number;
  readonly sleep: Sleep;
  /** Ends waiting when the connector stops. */
  readonly signal?: AbortSignal | undefined;
}

/** A request whose work begins. */
export interface Begun {
  readonly attempt: Attempt;
  readonly turn: Turn;
  /** To be called when it is through. */
  readonly leave: Leave;
}

/** Where work on requests begins: finds out how far they came, and lets those be alone that may kill the process. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #solitude: Solitude;
  /** A request is alone at least once before it is given up, if it may be tried so often. */
  readonly #deathsInCompany: number;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    const { maxAttempts, sleep, signal } = options;
    this.#solitude = new Solitude(sleep, signal);
    this.#deathsInCompany =
      maxAttempts === 0 ? DEATHS_IN_COMPANY : Math.max(1, Math.min(DEATHS_IN_COMPANY, maxAttempts - 1));
  }

  /** Begins synchronously, so that the order of arrival is kept; `undefined` when something has to be waited for. */
  beginAtOnce(request: EnrichmentRequest): Begun | undefined {
    if (hasComeBefore(request) || !this.#solitude.isOpen) return undefined;
    const attempt = this.#options.attempts.begin(request.key);
    const begun = { attempt, turn: this.#take(request), leave: this.#solitude.enter() };
    void this.#options.attempts.enter(request.key, attempt, false);
    return begun;
  }

  /** Begins as soon as it is known how far the request came, and its turn has come. */
  async begin(request: EnrichmentRequest): Promise<Begun> {
    const { attempts } = this.#options;
    const { key } = request;
    const attempt = hasComeBefore(request) ? await attempts.recall(key) : attempts.begin(key);
    const isSuspect = attempt.deaths >= this.#deathsInCompany;
    // Nobody may wait for the results of one that itself waits to begin.
    const leave =
      isSuspect || !this.#solitude.isOpen ? await this.#solitude.wait(isSuspect) : this.#solitude.enter();
    const turn = this.#take(request);
    await attempts.enter(key, attempt, hasComeBefore(request));
    return { attempt, turn, leave };
  }

  /** What becomes of a request that was tried often enough; `undefined` when it may be tried. */
  verdictOn({ deaths, timeouts, handedOver }: Attempt): FailedOutcome | UnknownOutcome | undefined {
    const { maxAttempts } = this.#options;
    const failures = deaths + timeouts;
    if (maxAttempts === 0 || failures < maxAttempts) return undefined;
    if (handedOver) return { status: 'unknown', message: 'VirusTotal: the results have been delivered.' };
    const how = [
      ...(deaths === 0 ? [] : [`the connector ended ${times(deaths)} while it worked on it`]),
      ...(timeouts === 0 ? [] : [`OpenCTI did not answer in time ${times(timeouts)}`]),
    ].join(', and ');
    const message = `VirusTotal: this request is not tried again (CONNECTOR_MAX_ATTEMPTS is ${maxAttempts}): ${how}. The log of the connector says more; please report it.`;
    return { status: 'failed', error: new Error(how), message };
  }

  /** A playbook step has no work that could be overtaken. */
  #take(request: EnrichmentRequest): Turn {
    return request.playbook === undefined ? this.#options.order.take(request) : outOfOrder;
  }
}

function hasComeBefore({ redelivered, resumed }: EnrichmentRequest): boolean {
  return redelivered === true || resumed === true;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
