import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { parseUrl } from '../../src/shared/parse-url.js';

/** A proxy such as Squid: it opens tunnels to port 443 alone, and passes requests to http URLs on. */
export interface ForwardProxy {
  readonly port: number;
  /** What tunnels were asked for, as `host:port`. */
  readonly tunnels: readonly string[];
  /** The absolute URLs that were asked for without a tunnel. */
  readonly forwarded: readonly string[];
  /** The values of `Proxy-Authorization`, and of `Host`, of everything that was asked for. */
  readonly credentials: readonly (string | undefined)[];
  readonly hosts: readonly (string | undefined)[];
  /** Refuses everything from now on with this status; `undefined`: nothing. */
  refuseWith(status: number | undefined, body?: string): void;
  close(): Promise<void>;
}

/**
 * Starts a forward proxy.
 *
 * @param ports - Where names lead that nobody else can resolve: ports of this machine.
 * @param tls - Speaks TLS to its clients.
 */
export async function startForwardProxy(
  ports: Readonly<Record<string, number>>,
  tls?: TlsOptions,
): Promise<ForwardProxy> {
  const seen = {
    tunnels: [] as string[],
    forwarded: [] as string[],
    credentials: [] as (string | undefined)[],
    hosts: [] as (string | undefined)[],
  };
  const sockets = new Set<Duplex>();
  let refusal: { status: number; body: string } | undefined;
  const note = ({ headers }: IncomingMessage): void => {
    seen.credentials.push(headers['proxy-authorization']);
    seen.hosts.push(headers.host);
  };

  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    note(incoming);
    const url = incoming.url ?? '';
    seen.forwarded.push(url);
    const target = parseUrl(url);
    const port = target?.protocol === 'http:' ? ports[target.hostname] : undefined;
    if (refusal !== undefined || target === undefined || port === undefined) {
      incoming.resume();
      response.writeHead(refusal?.status ?? 400).end(refusal?.body);
      return;
    }
    const { 'proxy-authorization': _, connection: __, ...headers } = incoming.headers;
    const { method } = incoming;
    const outgoing = request(
      { host: '127.0.0.1', port, path: target.pathname + target.search, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };

  const tunnel = (incoming: IncomingMessage, inbound: Duplex): void => {
    note(incoming);
    const authority = incoming.url ?? '';
    seen.tunnels.push(authority);
    const [name = '', targetPort] = authority.split(':');
    const port = ports[name];
    inbound.on('error', () => undefined);
    if (refusal !== undefined || port === undefined || targetPort !== '443') {
      const { status = 403, body = '' } = refusal ?? {};
      inbound.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    const outbound = connect(port, '127.0.0.1', () => {
      inbound.write('HTTP/1.1 200 Connection established\r\n\r\n');
      inbound.pipe(outbound).pipe(inbound);
    });
    sockets.add(outbound);
    outbound.on('error', () => undefined);
    outbound.on('close', () => {
      sockets.delete(outbound);
      inbound.destroy();
    });
    inbound.on('close', () => outbound.destroy());
  };

  const server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
  server.on('connect', tunnel);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...seen,
    port: (server.address() as AddressInfo).port,
    refuseWith: (status, body = '') => {
      refusal = status === undefined ? undefined : { status, body };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
