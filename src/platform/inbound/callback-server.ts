import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions as TlsServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { readPem } from '../../shared/http-dispatcher.js';

/** Key and certificate of the callback server, as PEM text or path. */
export interface CallbackTls {
  readonly key: string;
  readonly cert: string;
  readonly passphrase?: string | undefined;
}

/** How long a caller may take. */
export interface CallbackTimeouts {
  /** For the TLS handshake, and again for the headers, in ms. */
  readonly headersMs: number;
  /** For the whole request, in ms. */
  readonly requestMs: number;
}

/** A worker sends at once what it has; whoever sends one byte now and then would hold a connection for ever. */
const DEFAULT_TIMEOUTS: CallbackTimeouts = { headersMs: 10_000, requestMs: 60_000 };
/** Between two requests on one connection. */
const KEEP_ALIVE_MS = 5_000;
/** More than all workers of a platform open; what comes beyond them is closed at once. */
const MAX_CONNECTIONS = 1_000;

/**
 * Builds the server of the callback, which does not listen yet.
 *
 * @throws ConnectorError (`configuration`) when the key or certificate cannot be used.
 */
export function createCallbackServer(
  tls: CallbackTls | undefined,
  listener: RequestListener,
  { headersMs, requestMs }: CallbackTimeouts = DEFAULT_TIMEOUTS,
): Server {
  const options: ServerOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(1_000, headersMs),
  };
  const server =
    tls === undefined
      ? createHttpServer(options, listener)
      : createTlsServer(tls, { ...options, handshakeTimeout: headersMs }, listener);
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function createTlsServer(tls: CallbackTls, options: TlsServerOptions, listener: RequestListener): Server {
  const { passphrase } = tls;
  const material = {
    key: readPem(tls.key),
    cert: readPem(tls.cert),
    ...(passphrase === undefined || passphrase === '' ? {} : { passphrase }),
  };
  try {
    return createHttpsServer({ ...options, ...material }, listener);
  } catch (error) {
    throw new ConnectorError(
      'The key and certificate for callbacks do not work together; check LISTEN_PROTOCOL_API_SSL_KEY, _CERT and _PASSPHRASE.',
      'configuration',
      { cause: error },
    );
  }
}

/**
 * Begins to listen.
 *
 * @returns the port.
 * @throws ConnectorError (`configuration`) when the port is taken.
 */
export async function listenOn(
  server: Server,
  { port, host, logger }: { readonly port: number; readonly host: string; readonly logger: Logger },
): Promise<number> {
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
  // Too many open files, for one; unheard, it would end the process.
  server.on('error', (error) => {
    logger.warn({ reason: describeError(error) }, 'connection for a callback could not be taken');
  });
  return (server.address() as AddressInfo).port;
}

/** The body, or `undefined` as soon as it is larger than allowed. Rejects when the caller does not send all of it. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
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
