import { connect, createServer, type AddressInfo } from 'node:net';
import { SocketPairs } from './socket-pairs.js';

export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection that stands, as a network does. */
  cut(): void;
  /** From now on nothing passes any more, in either direction, and nothing is closed: as when a host just vanishes. */
  silence(): void;
  /** Whether new connections are let through; refused ones are broken at once. */
  open: boolean;
  close(): Promise<void>;
}

/** A TCP proxy whose connections a test can break. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new SocketPairs();
  const proxy = { open: true };
  let isSilent = false;
  const server = createServer((inbound) => {
    if (!proxy.open) {
      inbound.destroy();
      return;
    }
    if (isSilent) {
      pairs.hold(inbound);
      return;
    }
    const outbound = connect(target.port, target.host);
    pairs.tie(inbound, outbound);
    inbound.pipe(outbound).pipe(inbound);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      pairs.cut();
    },
    silence: () => {
      isSilent = true;
      pairs.silence();
    },
    close: () => pairs.close(server),
  });
}
