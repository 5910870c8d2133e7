import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';

export interface TlsProxy {
  readonly port: number;
  /** Common names of the client certificates that were presented. */
  readonly clients: readonly string[];
  close(): Promise<void>;
}

/** Ends TLS before a server that speaks none. */
export async function startTlsProxy(
  target: { readonly host: string; readonly port: number },
  options: TlsOptions,
): Promise<TlsProxy> {
  const sockets = new Set<Socket>();
  const clients: string[] = [];
  const server = createServer(options, (inbound) => {
    const subject = inbound.getPeerCertificate().subject as { readonly CN?: unknown } | undefined;
    if (typeof subject?.CN === 'string') clients.push(subject.CN);
    const outbound = connect(target.port, target.host);
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  // A client that does not trust us; it says so itself.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
