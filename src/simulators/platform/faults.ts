import type { JsonObject } from '../../shared/json.js';

/** What goes wrong with a request. */
export type Fault =
  /** An error in the GraphQL envelope of the version, HTTP status 200. */
  | { kind: 'error'; code: string; message?: string; data?: JsonObject }
  /** An answer of something in front of the platform. */
  | { kind: 'http'; status: number; body?: string; headers?: Record<string, string> }
  /** The connection is reset. */
  | { kind: 'reset' }
  /** A download is reset after so many bytes of the file; anything else at once. */
  | { kind: 'cut'; afterBytes: number }
  /** No answer ever comes. */
  | { kind: 'silence' };

/** The platform's rate limiter. */
export const RATE_LIMITED: Fault = {
  kind: 'http',
  status: 429,
  body: '{"message":"Too many requests, please try again later."}',
  headers: { 'content-type': 'application/json' },
};

/** A reverse proxy that does not reach the platform. */
export const BAD_GATEWAY: Fault = {
  kind: 'http',
  status: 502,
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
  headers: { 'content-type': 'text/html' },
};

/** When and how often a fault happens. */
export interface FaultOptions {
  /** Requests that fail; 1 by default. */
  times?: number;
  /** Whether the operation takes effect first, so that only its answer is lost. */
  afterExecution?: boolean;
}

/** A fault that waits for its request. */
export interface PlannedFault {
  fault: Fault;
  afterExecution: boolean;
}

/** Decides about one request by its names; `undefined` lets it through. */
export type FaultChance = (names: readonly string[]) => PlannedFault | undefined;

/** Faults to come, by operation. */
export class Faults {
  readonly #planned: (PlannedFault & { target: string; left: number })[] = [];
  #chance: FaultChance | undefined;

  /**
   * Makes the next requests of an operation fail.
   *
   * @param target - Name of an operation (`PingConnector`), a field it calls (`pingConnector`, `workEdit.toProcessed`,
   * `toProcessed`), `storage` for downloads, or `*` for everything.
   */
  fail(target: string, fault: Fault, options: FaultOptions = {}): void {
    const { times = 1, afterExecution = false } = options;
    this.#planned.push({ target, fault, afterExecution, left: times });
  }

  /** Lets a function decide about every request for which nothing is planned, for example by chance. */
  leaveTo(chance: FaultChance): void {
    this.#chance = chance;
  }

  /** Forgets all faults that have not happened yet. */
  clear(): void {
    this.#planned.length = 0;
    this.#chance = undefined;
  }

  /** The fault for a request that goes by these names, if one is planned; it counts as happened. */
  take(names: readonly string[]): PlannedFault | undefined {
    const planned = this.#planned.find(
      ({ target, left }) => left > 0 && (target === '*' || names.includes(target)),
    );
    if (planned === undefined) return this.#chance?.(names);
    planned.left -= 1;
    return planned;
  }
}
