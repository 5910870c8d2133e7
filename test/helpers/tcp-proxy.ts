import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

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
  const sockets = new Set<Socket>();
  const proxy = { open: true };
  let isSilent = false;
  const server = createServer((inbound) => {
    if (!proxy.open) {
      inbound.destroy();
      return;
    }
    if (isSilent) {
      sockets.add(inbound.on('error', () => undefined));
      return;
    }
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    cut,
    silence: () => {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
