import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

/** Answers that wait until the test lets them go: latency without a clock. */
export interface Gate {
  /** Lets go what is held, and everything after it. */
  open(): void;
}

/** A reverse proxy whose answers a test can hold back. */
export interface GatedProxy {
  /** Base URL, in the place of the target's. */
  readonly url: string;
  /** Holds the answers to requests whose path ends like this. The target has seen the request by then. */
  hold(pathEnd: string): Gate;
  /** From now on: which requests the target never sees, and nobody answers; asked once for each. */
  withhold(isWithheld: (path: string) => boolean): void;
  /** Cuts all connections and stops. */
  close(): Promise<void>;
}

/**
 * Starts a reverse proxy.
 *
 * @param target - Base URL of the server behind it.
 */
export async function startGatedProxy(target: string): Promise<GatedProxy> {
  const { origin, pathname } = new URL(target);
  const gates: { readonly pathEnd: string; readonly opened: Promise<void> }[] = [];
  const agent = new Agent();
  let isWithheld: (path: string) => boolean = () => false;

  const forward = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = incoming.url ?? '/';
    if (isWithheld(path)) return;
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = incoming.headers;
    const method = incoming.method === 'POST' ? 'POST' : 'GET';
    const answer = await request(origin + path, {
      method,
      headers,
      body: method === 'POST' ? incoming : null,
      dispatcher: agent,
    });
    const body = Buffer.from(await answer.body.arrayBuffer());
    for (const gate of gates) if (path.endsWith(gate.pathEnd)) await gate.opened;
    response.writeHead(answer.statusCode, answer.headers);
    response.end(body);
  };
  const server = createServer((incoming, response) => {
    forward(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    hold: (pathEnd) => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      gates.push({ pathEnd, opened });
      return { open };
    },
    withhold: (which) => {
      isWithheld = which;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await agent.destroy();
    },
  };
}
