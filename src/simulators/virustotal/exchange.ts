import type { Inventor } from './samples/invented-reports.js';
import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../shared/json.js';
import type { Clock } from '../../shared/clock.js';
import type { Behaviour } from './behaviour.js';
import type { Catalog } from './catalog.js';
import type { Account } from './keys.js';
import type { Submissions } from './submissions.js';

/** What the endpoints work on. */
export interface Service {
  readonly catalog: Catalog;
  readonly submissions: Submissions;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
  /** Adds a report where there is none. */
  readonly invent?: Inventor | undefined;
}

/** One authenticated request on its way through an endpoint. */
export interface Exchange {
  readonly account: Account;
  readonly at: Date;
  /** Decoded values of the variable path segments. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Scheme, host and port the client used. */
  readonly origin: string;
  /** For bodies and headers. */
  readonly request: IncomingMessage;
  /**
   * Charges the key. Called by every endpoint that is not free: after it has found the privilege missing (403 is
   * free), before anything is looked up or changed (404 costs).
   *
   * @param counter - The name under which `api_usage` counts the request.
   * @throws {@link ApiError} 429 when the quota is used up.
   */
  spend(counter: string, units?: number): void;
  /** Notes that so many bytes of an uploaded file have arrived altogether. */
  received(bytes: number): void;
}

/** The body of a 200 answer. */
export type Answer = JsonObject;

/** An endpoint. `pattern` is a path below `/api/v3` (or one that begins with `/_ah`), with `:name` segments. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly pattern: string;
  readonly handle: (exchange: Exchange) => Answer | Promise<Answer>;
}
