import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, systemClock } from '../../shared/clock.js';
import { type Behaviour, defaultBehaviour } from './behaviour.js';
import { Catalog } from './catalog.js';
import { compress, deliver, htmlAnswer, jsonAnswer, replacementOf, type WireAnswer } from './delivery.js';
import { behaviourRoutes } from './endpoints/behaviours.js';
import { lookUpRoutes } from './endpoints/look-ups.js';
import { relationshipRoutes } from './endpoints/relationships.js';
import { submissionRoutes } from './endpoints/submissions.js';
import { userRoutes } from './endpoints/users.js';
import { ApiError, apiPrefix, errorBody, forbidden, notFound } from './envelope.js';
import type { Answer, Service } from './exchange.js';
import { createStopController } from '../../shared/stop-controller.js';
import { type Fault, Faults, faultyBody } from './faults.js';
import { Accounts, type KeyProfile } from './keys.js';
import type { QuotaLimits, QuotaUse } from './quota.js';
import { type OpenRequest, RequestLog } from './request-log.js';
import { Router } from './router.js';
import type { Inventor } from './samples/invented-reports.js';
import { Submissions } from './submissions.js';

/** How the simulator starts. */
export interface VirusTotalSimulatorOptions {
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** The time that quotas and analyses see. Latency and slow faults use real time. */
  readonly clock?: Clock;
  /** Milliseconds before every answer. Default: 0. */
  readonly latencyMs?: number;
  /** What the service knows at the start. Copied; default: nothing. */
  readonly catalog?: Catalog;
  /** The keys that exist. Without it every key of 64 lower-case hexadecimal characters is a public one. */
  readonly keys?: Readonly<Record<string, KeyProfile>>;
  /** What well-formed keys outside `keys` are. Default: refused when there are `keys`, else public. */
  readonly otherKeys?: KeyProfile | 'refused';
  /** Limits of keys that state none of their own. Default: none. */
  readonly quota?: QuotaLimits;
  /** Variants of behaviour to start with. */
  readonly behaviour?: Partial<Behaviour>;
  /** Adds a report of what is asked for and not in the catalogue. */
  readonly invent?: Inventor;
}

/** A running simulator of the VirusTotal API v3. */
export interface VirusTotalSimulator {
  /** Base URL including `/api/v3`, without a slash at the end. */
  readonly url: string;
  /** What the service knows; may be changed at any time. */
  readonly catalog: Catalog;
  /** What goes wrong. */
  readonly faults: Faults;
  /** What was asked. */
  readonly log: RequestLog;
  /** Variants of behaviour; may be changed at any time. */
  readonly behaviour: Behaviour;
  /** The counters of keys. */
  readonly quota: {
    /** Units a key has used. @throws {@link RangeError} for a key that does not exist. */
    use(key: string): QuotaUse;
    /** Counts units as if the key had been used elsewhere, limits or not. */
    spend(key: string, units: number): void;
  };
  /** Back to the state of the start: catalogue, behaviour, counters, submissions, faults and log. */
  reset(): void;
  /** Cuts all connections and stops. */
  close(): Promise<void>;
}

/** Path prefixes of products that no simulated key has a licence for. */
const unlicensed = ['/intelligence/', '/private/', '/ioc_stream', '/threat_lists/', '/feeds/'];

/**
 * Starts a simulator of the VirusTotal API v3: it speaks the documented protocol, knows invented objects only and
 * needs no network.
 *
 * @throws the error of the server when the port cannot be bound.
 */
export async function startVirusTotalSimulator(
  options: VirusTotalSimulatorOptions = {},
): Promise<VirusTotalSimulator> {
  const simulator = new Simulator(options);
  await simulator.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  return simulator;
}

/** A request that has been read as far as its head. */
interface Arrival {
  readonly request: IncomingMessage;
  /** Below `/api/v3` when the request went there, else as sent; percent-encoded, without the query. */
  readonly path: string;
  /** Whether anything is served there. */
  readonly isServed: boolean;
  readonly query: URLSearchParams;
  readonly at: Date;
  readonly entry: OpenRequest;
}

class Simulator implements VirusTotalSimulator {
  readonly catalog = new Catalog();
  readonly faults = new Faults();
  readonly log = new RequestLog();
  readonly behaviour: Behaviour;
  readonly quota: VirusTotalSimulator['quota'];
  url = '';

  readonly #initialCatalog: Catalog;
  readonly #initialBehaviour: Behaviour;
  readonly #accounts: Accounts;
  readonly #service: Service;
  readonly #router: Router;
  readonly #server: Server;
  readonly #latencyMs: number;
  readonly #closing = createStopController();

  constructor(options: VirusTotalSimulatorOptions) {
    this.#initialCatalog = (options.catalog ?? new Catalog()).snapshot();
    this.#initialBehaviour = { ...defaultBehaviour, ...options.behaviour };
    this.catalog.restore(this.#initialCatalog);
    this.behaviour = { ...this.#initialBehaviour };
    const otherKeys = options.otherKeys ?? (options.keys === undefined ? { kind: 'public' } : 'refused');
    this.#accounts = new Accounts(options.keys ?? {}, otherKeys, options.quota ?? {});
    this.#latencyMs = options.latencyMs ?? 0;
    const submissions = new Submissions(this.catalog, this.behaviour);
    const clock = options.clock ?? systemClock;
    const { invent } = options;
    this.#service = { catalog: this.catalog, submissions, behaviour: this.behaviour, clock, invent };
    this.#router = new Router([
      ...lookUpRoutes(this.#service),
      ...relationshipRoutes(this.#service),
      ...behaviourRoutes(this.#service),
      ...submissionRoutes(this.#service),
      ...userRoutes(),
    ]);
    this.quota = {
      use: (key) => this.#account(key).ledger.use(clock.now()),
      spend: (key, units) => {
        this.#account(key).ledger.spend(clock.now(), units);
      },
    };
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  async listen(port: number, host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address() as AddressInfo;
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    this.url = `http://${name}:${address.port}${apiPrefix}`;
  }

  reset(): void {
    this.catalog.restore(this.#initialCatalog);
    Object.assign(this.behaviour, this.#initialBehaviour);
    this.#accounts.reset();
    this.#service.submissions.reset();
    this.faults.clear();
    this.log.clear();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  #account(key: string): NonNullable<ReturnType<Accounts['of']>> {
    const account = this.#accounts.of(key);
    if (account === undefined) throw new RangeError('There is no such key');
    return account;
  }

  /** Answers one request from its arrival to the last byte. Never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = this.#arrive(request);
    const { entry, path } = arrival;
    const fault = this.faults.take({ method: entry.method, path });
    entry.fault = fault?.kind;
    const signal = this.#closing.signal;
    try {
      if (this.#latencyMs > 0) await delay(this.#latencyMs, undefined, { signal });
      const answer = replacementOf(fault) ?? (await this.#answer(arrival, fault));
      // What is left of a body that nobody read must not block the connection.
      request.resume();
      entry.status = await deliver(response, answer, fault, signal);
    } catch {
      // Only waiting throws: the simulator closes or the client went away.
      response.destroy();
    }
  }

  #arrive(request: IncomingMessage): Arrival {
    const [fullPath = '', queryText = ''] = (request.url ?? '').split(/\?(.*)/s, 2);
    const isApi = fullPath.startsWith(`${apiPrefix}/`);
    const path = isApi ? fullPath.slice(apiPrefix.length) : fullPath;
    const query = new URLSearchParams(queryText);
    const at = this.#service.clock.now();
    const entry = this.log.open(request, path, query, at);
    return { request, path, isServed: isApi || path.startsWith('/_ah/'), query, at, entry };
  }

  /** The real answer, changed by the fault when the fault concerns its content. */
  async #answer(arrival: Arrival, fault: Fault | undefined): Promise<WireAnswer> {
    try {
      const body = await this.#handle(arrival);
      if (fault === undefined) return compress(jsonAnswer(200, body), arrival.request);
      return jsonAnswer(200, faultyBody(fault, body, arrival.query.get('cursor')));
    } catch (error) {
      if (!(error instanceof ApiError)) return jsonAnswer(500, errorBody('SimulatorDefect', String(error)));
      if (error.status === 413) return htmlAnswer(413);
      return jsonAnswer(error.status, errorBody(error.code, error.message), error.headers);
    }
  }

  async #handle(arrival: Arrival): Promise<Answer> {
    const { request, path, query, at, entry } = arrival;
    const account = this.#accounts.authenticate(request.headers);
    this.#service.submissions.settle(at);
    if (unlicensed.some((prefix) => path.startsWith(prefix))) throw forbidden();
    const match = arrival.isServed ? this.#router.match(entry.method, path) : undefined;
    if (match === undefined) {
      entry.unexpected = true;
      throw notFound('Resource not found.');
    }
    return match.route.handle({
      account,
      at,
      params: match.params,
      query,
      origin: `http://${request.headers.host ?? 'localhost'}`,
      request,
      spend: (counter, units = 1) => {
        account.spend(at, units, this.behaviour.retryAfter);
        account.countUsage(at, counter);
        entry.quotaUnits += units;
      },
      received: (bytes) => {
        entry.uploadedBytes = bytes;
      },
    });
  }
}
