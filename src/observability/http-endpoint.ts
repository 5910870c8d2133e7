import { createServer, type Server } from 'node:http';
import { ConnectorError } from '../shared/connector-error.js';

/** An answer of one of the small endpoints that operators and probes read. */
export interface EndpointAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A tiny HTTP server for `/health` and `/metrics`: GET only, exact paths, nothing else. */
export class HttpEndpoint {
  readonly #server: Server;

  /** @param routes - Path to the function that answers it. */
  constructor(routes: Readonly<Record<string, () => Promise<EndpointAnswer>>>) {
    this.#server = createServer((request, response) => {
      const route = routes[(request.url ?? '').split('?')[0] ?? ''];
      if (route === undefined || request.method !== 'GET') {
        response.writeHead(route === undefined ? 404 : 405).end();
        return;
      }
      route().then(
        (answer) =>
          response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body),
        () => response.writeHead(500).end(),
      );
    });
  }

  /**
   * Listens on all interfaces.
   *
   * @returns the port, which differs from the one asked for when that was 0.
   * @throws ConnectorError (`configuration`) when the port is taken.
   */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(
          new ConnectorError(
            `Port ${port} cannot be opened; choose another one or free it.`,
            'configuration',
            { cause },
          ),
        );
      });
      this.#server.listen(port, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Stops listening and drops open connections. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}
