import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { Backoff, Sleep } from '../../shared/backoff.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import type { RequestFacts } from '../../shared/request-facts.js';
import type { HeldFigures } from '../../shared/telemetry.js';
import type { RequestHandler } from './amqp-consumer-options.js';
import { CallbackQueue } from './callback-queue.js';
import { CredentialLog, RefusedBodies } from './callback-refusals.js';
import {
  createCallbackServer,
  listenOn,
  readBody,
  type CallbackTimeouts,
  type CallbackTls,
} from './callback-server.js';
import type { CallbackStore, KeptCallback } from './callback-store.js';
import { readRequest } from './message.js';
import type { Admission } from './request-line.js';
import type { TokenVerifier } from './token-verifier.js';
import { UnreadableMessage, type RefuseMessage } from './unreadable-message.js';

export interface CallbackListenerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly host?: string;
  /** Path of the callback, such as `/api/callback`. */
  readonly path: string;
  /** Plain HTTP without. */
  readonly tls?: CallbackTls | undefined;
  readonly timeouts?: CallbackTimeouts | undefined;
  readonly verifier: TokenVerifier;
  /** Called synchronously, in the order in which requests are served. */
  readonly handler: RequestHandler;
  /** Called for what is no request; the worker is answered afterwards. */
  readonly refuse: RefuseMessage;
  /** Requests that are worked on at the same time; see `RequestLine` for manual ones. */
  readonly concurrency: number;
  /** Requests beside manual ones that are worked on at the same time; `concurrency` when absent. */
  readonly unattendedLimit?: number | undefined;
  /** Requests that may wait for their turn; more are sent back to the worker. Manual ones wait beside the others. */
  readonly maxQueued: number;
  /** Bytes of waiting requests beyond which no more are taken; counted like `maxQueued`. */
  readonly maxQueuedBytes?: number;
  /** As in `CallbackQueueOptions`. */
  readonly store?: CallbackStore | undefined;
  /** As in `CallbackQueueOptions`. */
  readonly isPostponed?: (error: unknown) => boolean;
  /** As in `CallbackQueueOptions`. */
  readonly abandon?: (request: EnrichmentRequest) => Promise<void>;
  readonly maxBodyBytes?: number;
  /** Bytes of bodies that are being received at the same time; a single one is always received. */
  readonly maxReceivingBytes?: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly retryBackoff?: Backoff;
  readonly sleep?: Sleep;
}

/** The platform's own limit for a body (`max_payload_body_size`). */
const DEFAULT_MAX_BODY_BYTES = 50 * 1024 * 1024;
const DEFAULT_MAX_RECEIVING_BYTES = 2 * DEFAULT_MAX_BODY_BYTES;
/** A worker that is told 429 or 503 puts the message back and tries again after 10 to 30 s. */
const COME_AGAIN = { 'retry-after': '10' };

interface Reply {
  readonly status: number;
  readonly body: { readonly message: string } | { readonly error: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** The request, for the log, once it was read. */
  readonly about?: RequestFacts;
}

const refusal = (status: number, error: string, headers?: Record<string, string>): Reply => ({
  status,
  body: { error },
  ...(headers === undefined ? {} : { headers }),
});

/**
 * API listen mode (protocol reference §11): the platform's workers post requests to us. A request is answered with
 * 202 as soon as it is understood, has a place in the queue and is in the state, because a worker waits for at most
 * 300 s and delivers again what is not answered by then; the work follows.
 */
export class CallbackListener {
  readonly #options: CallbackListenerOptions;
  readonly #queue: CallbackQueue;
  readonly #credentials: CredentialLog;
  readonly #unreadable = new RefusedBodies();
  #server: Server | undefined;
  #draining = false;
  #receivingBytes = 0;

  constructor(options: CallbackListenerOptions) {
    this.#options = options;
    this.#queue = new CallbackQueue(options);
    this.#credentials = new CredentialLog(options.logger, options.clock ?? systemClock);
  }

  /** Requests that wait or are in work. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Accepted requests that wait for their turn. */
  get held(): HeldFigures {
    return this.#queue.held;
  }

  /** Whether workers can reach us. */
  get listening(): boolean {
    return this.#server?.listening === true;
  }

  /** Works only on requests of these from now on. While nobody is served, none are taken. */
  serve(whom: Admission): void {
    this.#queue.serve(whom);
  }

  /**
   * Begins to listen.
   *
   * @returns the port.
   * @throws ConnectorError (`configuration`) when the port is taken, or the key or certificate cannot be used.
   */
  async start(): Promise<number> {
    const { tls, timeouts, port, host = '0.0.0.0', logger } = this.#options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    const server = createCallbackServer(tls, listener, timeouts);
    this.#server = server;
    return listenOn(server, { port, host, logger });
  }

  /** Takes up callbacks that were accepted before, in this order. */
  takeUp(callbacks: readonly KeptCallback[]): void {
    const { store } = this.#options;
    for (const { key, body, receivedAt } of callbacks) {
      const request = readRequest(body, receivedAt);
      if (request instanceof UnreadableMessage) {
        // An earlier version could read it, or the record is damaged; it will not become readable.
        void this.#refuse(request, true)
          .then(({ status }) => (status === 202 ? store?.forget(key) : undefined))
          .catch(() => undefined);
      } else {
        // It may have been in work when a process died, and the handler knows how often that has happened.
        this.#queue.resume({ ...request, redelivered: true }, body.length);
      }
    }
  }

  /**
   * Takes nothing new, and waits for the requests in work. What is not settled in time stays in the store; without one
   * it is lost, because the worker was told that it is taken: it is logged, and abandoned.
   *
   * @param timeoutMs - How long to wait for requests in work.
   * @param expire - Called when that time is over, to end what they wait for; they get a moment to let go.
   */
  async drain(timeoutMs: number, expire?: () => void): Promise<void> {
    this.#draining = true;
    await this.#queue.drain(timeoutMs, expire);
    await this.close();
  }

  async close(): Promise<void> {
    this.#draining = true;
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    let reply: Reply;
    try {
      reply = await this.#receive(request);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      this.#options.logger.error({ reason: describeError(error) }, 'callback could not be taken');
      reply = refusal(500, 'internal error');
    }
    response.writeHead(reply.status, {
      'content-type': 'application/json',
      // What was not read would otherwise have to be read before the connection can be used again.
      ...(request.complete ? {} : { connection: 'close' }),
      ...reply.headers,
    });
    response.end(JSON.stringify(reply.body));
    const durationMs = Math.round(performance.now() - startedAt);
    this.#options.logger.debug(
      { ...reply.about, method: request.method, status: reply.status, durationMs },
      'callback answered',
    );
  }

  /** Everything that needs no body is decided before one byte of it is read. */
  async #receive(request: IncomingMessage): Promise<Reply> {
    const {
      path,
      verifier,
      maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
      maxReceivingBytes = DEFAULT_MAX_RECEIVING_BYTES,
    } = this.#options;
    if ((request.url ?? '').split('?')[0] !== path) return refusal(404, 'not found');
    if (request.method !== 'POST') return refusal(405, 'only POST is allowed', { allow: 'POST' });
    const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined || !(await verifier.verify(bearer))) {
      this.#credentials.refused(request.socket.remoteAddress);
      return refusal(401, 'bad credential', { 'www-authenticate': 'Bearer' });
    }
    if (this.#draining) return refusal(503, 'the connector is stopping', COME_AGAIN);
    const announced = Number(request.headers['content-length'] ?? maxBodyBytes);
    if (announced > maxBodyBytes) return refusal(413, 'body too large');
    if (this.#receivingBytes > 0 && this.#receivingBytes + announced > maxReceivingBytes)
      return refusal(429, 'too much is being received', COME_AGAIN);
    this.#receivingBytes += announced;
    try {
      const body = await readBody(request, maxBodyBytes);
      return body === undefined ? refusal(413, 'body too large') : await this.#accept(body);
    } finally {
      this.#receivingBytes -= announced;
    }
  }

  async #accept(body: Buffer): Promise<Reply> {
    const { clock = systemClock } = this.#options;
    const request = readRequest(body, clock.now());
    if (request instanceof UnreadableMessage) {
      if (request.error.field === 'body' && !this.#unreadable.isHopeless(body))
        return refusal(400, request.error.message);
      return this.#refuse(request);
    }
    const about = factsOf(request);
    switch (await this.#queue.offer(request, body)) {
      case 'accepted':
        return { status: 202, body: { message: 'request accepted' }, about };
      case 'full':
        return { ...refusal(429, 'requests have to wait', COME_AGAIN), about };
      case 'unavailable':
        return { ...refusal(503, 'requests cannot be kept', COME_AGAIN), about };
    }
  }

  /** @param redelivered - It has come before; a worker does not say so, but its dead letter does. */
  async #refuse(message: UnreadableMessage, redelivered = false): Promise<Reply> {
    try {
      await this.#options.refuse(message, undefined, redelivered);
    } catch (error) {
      this.#options.logger.debug(
        { key: message.key, reason: describeError(error) },
        'message that cannot be read is left to the worker',
      );
      return refusal(503, 'the platform cannot be told now', COME_AGAIN);
    }
    // Whatever is not accepted comes again every 10 to 30 seconds, for ever.
    return { status: 202, body: { message: `kept as a dead letter: ${message.error.message}` } };
  }
}
