import { connect, type AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { SocketPairs } from './socket-pairs.js';

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
  const pairs = new SocketPairs();
  const clients: string[] = [];
  const server = createServer(options, (inbound) => {
    const subject = inbound.getPeerCertificate().subject as { readonly CN?: unknown } | undefined;
    if (typeof subject?.CN === 'string') clients.push(subject.CN);
    const outbound = connect(target.port, target.host);
    pairs.tie(inbound, outbound);
    inbound.pipe(outbound).pipe(inbound);
  });
  // A client that does not trust us; it says so itself.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    close: () => pairs.close(server),
  };
}
