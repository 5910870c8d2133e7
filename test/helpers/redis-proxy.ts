import { connect, createServer, type AddressInfo } from 'node:net';
import { SocketPairs } from './socket-pairs.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

export interface RedisProxy extends Omit<TcpProxy, 'silence'> {
  /** Whether answers are withheld, as by a server that hangs: its sockets stand, but nothing comes. */
  silent: boolean;
}

/** A TCP proxy whose connections a test can break, and which can fall silent. */
export async function startRedisProxy(target: { host: string; port: number }): Promise<RedisProxy> {
  const breakable = await startTcpProxy(target);
  const pairs = new SocketPairs();
  const server = createServer((inbound) => {
    const outbound = connect(breakable.port, '127.0.0.1');
    inbound.pipe(outbound);
    outbound.on('data', (answer) => {
      if (!proxy.silent) inbound.write(answer);
    });
    pairs.tie(inbound, outbound);
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
      await pairs.close(server);
      await breakable.close();
    },
  };
  return proxy;
}
