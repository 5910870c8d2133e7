import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

export interface RedisProxy extends Omit<TcpProxy, 'silence'> {
  /** Whether answers are withheld, as by a server that hangs: its sockets stand, but nothing comes. */
  silent: boolean;
}

/** A TCP proxy whose connections a test can break, and which can fall silent. */
export async function startRedisProxy(target: { host: string; port: number }): Promise<RedisProxy> {
  const breakable = await startTcpProxy(target);
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(breakable.port, '127.0.0.1');
    inbound.pipe(outbound);
    outbound.on('data', (answer) => {
      if (!proxy.silent) inbound.write(answer);
    });
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
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: RedisProxy = {
    silent: false,
    port: (server.address() as AddressInfo).port,
    cut: () => {
      breakable.cut();
    },
    get open() {
      return breakable.open;
    },
    set open(open: boolean) {
      breakable.open = open;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await breakable.close();
    },
  };
  return proxy;
}
