import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { readPem } from '../../shared/http-dispatcher.js';
import type { Backoff, Sleep } from '../../shared/backoff.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import type { RequestFacts } from '../../shared/request-facts.js';
import { noTelemetry, type Telemetry } from '../../shared/telemetry.js';
import type { RequestHandler } from './amqp-consumer.js';
import { CallbackQueue } from './callback-queue.js';
import { readRequest, UndecodableMessageError } from './message.js';
import type { Admission } from './request-line.js';
import type { TokenVerifier } from './token-verifier.js';

export interface CallbackListenerOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly host?: string;
  /** Path of the callback, such as `/api/callback`. */
  readonly path: string;
  /** Key and certificate as PEM text or path; plain HTTP without. */
  readonly tls?:
    { readonly key: string; readonly cert: string; readonly passphrase?: string | undefined } | undefined;
  readonly verifier: TokenVerifier;
  /** Called synchronously, in the order in which requests are served. */
  readonly handler: RequestHandler;
  /** Requests that are worked on at the same time; see `RequestLine` for manual ones. */
  readonly concurrency: number;
  /** Requests beside manual ones that are worked on at the same time; `concurrency` when absent. */
  readonly unattendedLimit?: number | undefined;
  /** Requests that may wait for their turn; more are sent back to the worker. Manual ones wait beside the others. */
  readonly maxQueued: number;
  /** Bytes of waiting requests beyond which no more are taken; counted like `maxQueued`. */
  readonly maxQueuedBytes?: number;
  /** As in `CallbackQueueOptions`. */
  readonly isPostponed?: (error: unknown) => boolean;
  /** As in `CallbackQueueOptions`. */
  readonly abandon?: (request: EnrichmentRequest) => Promise<void>;
  readonly maxBodyBytes?: number;
  readonly logger: Logger;
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
  readonly retryBackoff?: Backoff;
  readonly sleep?: Sleep;
}

/** The platform's own limit for a body (`max_payload_body_size`). */
const DEFAULT_MAX_BODY_BYTES = 50 * 1024 * 1024;
/** A worker that is told 429 or 503 puts the message back and tries again after 10 to 30 s. */
const RETRY_AFTER_S = '10';

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
 * 202 as soon as it is understood and has a place in the queue, because a worker waits for at most 300 s and
 * delivers again what is not answered by then; the work follows.
 */
export class CallbackListener {
  readonly #options: CallbackListenerOptions;
  readonly #queue: CallbackQueue;
  #server: Server | undefined;
  #draining = false;

  constructor(options: CallbackListenerOptions) {
    this.#options = options;
    this.#queue = new CallbackQueue(options);
  }

  /** Requests that wait or are in work. */
  get pending(): number {
    return this.#queue.size;
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
    const { port, host = '0.0.0.0' } = this.#options;
    const server = this.#createServer();
    this.#server = server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    } catch (error) {
      throw new ConnectorError(
        `Port ${port} for callbacks cannot be opened; set CONNECTOR_LISTEN_PROTOCOL_API_PORT to a free one.`,
        'configuration',
        { cause: error },
      );
    }
    return (server.address() as AddressInfo).port;
  }

  /**
   * Takes nothing new, waits for the requests at hand, and gives up on what is not settled in time. Those are lost,
   * because the worker was told that they are taken; they are logged, and abandoned.
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

  #createServer(): Server {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    const { tls } = this.#options;
    if (tls === undefined) return createHttpServer(listener);
    const { passphrase } = tls;
    const material = {
      key: readPem(tls.key),
      cert: readPem(tls.cert),
      ...(passphrase === undefined || passphrase === '' ? {} : { passphrase }),
    };
    try {
      return createHttpsServer(material, listener);
    } catch (error) {
      throw new ConnectorError(
        'The key and certificate for callbacks do not work together; check LISTEN_PROTOCOL_API_SSL_KEY, _CERT and _PASSPHRASE.',
        'configuration',
        { cause: error },
      );
    }
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
    const { path, verifier, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = this.#options;
    if ((request.url ?? '').split('?')[0] !== path) return refusal(404, 'not found');
    if (request.method !== 'POST') return refusal(405, 'only POST is allowed', { allow: 'POST' });
    const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined || !(await verifier.verify(bearer))) {
      this.#options.logger.warn(
        { from: request.socket.remoteAddress },
        'callback with a bad credential refused',
      );
      return refusal(401, 'bad credential', { 'www-authenticate': 'Bearer' });
    }
    if (this.#draining) return refusal(503, 'the connector is stopping', { 'retry-after': RETRY_AFTER_S });
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return refusal(413, 'body too large');
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) return refusal(413, 'body too large');
    return this.#accept(body);
  }

  #accept(body: Buffer): Reply {
    const { logger, clock = systemClock, telemetry = noTelemetry } = this.#options;
    const request = readRequest(body, clock.now(), logger);
    if (request instanceof UndecodableMessageError) {
      telemetry.messageUnreadable();
      // Whatever is not accepted comes again every 10 to 30 seconds, for ever.
      return { status: 202, body: { message: `dropped: ${request.message}` } };
    }
    const about = factsOf(request);
    if (!this.#queue.offer(request, body.length)) {
      return { ...refusal(429, 'requests have to wait', { 'retry-after': RETRY_AFTER_S }), about };
    }
    return { status: 202, body: { message: 'request accepted' }, about };
  }
}

/** The body, or `undefined` as soon as it is larger than allowed. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      resolve(undefined);
    });
    request.on('end', () => {
      resolve(Buffer.concat(chunks));
    });
    request.on('error', reject);
    request.on('close', () => {
      reject(new Error('the worker closed the connection'));
    });
  });
}
