import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server got. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The whole body; shorter when the client broke off. */
  readonly body: string;
}

/** What a server does with a request whose body has been read, or broken off. */
export type ScriptedAnswer = (response: ServerResponse) => void;

/** An HTTP server that answers as a test says, request by request. */
export interface ScriptedHttpServer {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** Connections that clients have opened. */
  readonly connections: number;
  /** Taken in turn; who comes after the last is cut off. */
  answers: ScriptedAnswer[];
  /** Given when there is one, in place of the answers. */
  always: ScriptedAnswer | undefined;
  close(): Promise<void>;
}

export async function startScriptedHttpServer(): Promise<ScriptedHttpServer> {
  const received: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '', headers } = request;
      received.push({ method, path: url, headers, body });
      const answer = scripted.always ?? scripted.answers.shift();
      if (answer === undefined) response.destroy();
      else answer(response);
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scripted: ScriptedHttpServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connections() {
      return connections;
    },
    answers: [],
    always: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return scripted;
}

/** An answer in JSON. */
export function jsonAnswer(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): ScriptedAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of request) body += String(chunk);
  } catch {
    // Broken off.
  }
  return body;
}
