import type { Server, Socket } from 'node:net';

/** The connections through a proxy of a test: what ends on one side ends on the other. */
export class SocketPairs {
  readonly #sockets = new Set<Socket>();

  /** Ties two sockets together. What they say to each other is the proxy's own. */
  tie(inbound: Socket, outbound: Socket): void {
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  /** Keeps a socket that has no other side, and answers nothing on it. */
  hold(socket: Socket): void {
    this.#sockets.add(socket.on('error', () => undefined));
  }

  /** Nothing passes any more, in either direction, and nothing is closed. */
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Breaks every connection that stands, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks them, and ends the server that accepted them. */
  async close(server: Server): Promise<void> {
    this.cut();
    await new Promise((resolve) => server.close(resolve));
  }
}
