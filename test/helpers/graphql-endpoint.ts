import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One GraphQL call as it came over the wire. */
export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** What the endpoint answers: a status and a body, or a destroyed connection. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: unknown }
  | 'destroy'
  | 'never';

export const data = (value: object): Answer => ({ body: { data: value } });

/** The envelope of 6.2.14 and later. */
export const failure = (code: string, message = 'refused', details: object = {}): Answer => ({
  body: { data: null, errors: [{ name: code, message, extensions: { code, data: details } }] },
});

export interface GraphqlEndpoint {
  readonly url: string;
  readonly calls: ReceivedCall[];
  /** Answers for the next calls, in order; the last one stays. */
  answer(...answers: Answer[]): void;
  /** Answers by the call itself, instead of the queue. */
  answerWith(choose: (call: ReceivedCall) => Answer): void;
  close(): Promise<void>;
}

/** A local HTTP server that records GraphQL calls and answers what a test tells it to. */
export async function startGraphqlEndpoint(): Promise<GraphqlEndpoint> {
  const calls: ReceivedCall[] = [];
  let queue: Answer[] = [data({})];
  let choose: ((call: ReceivedCall) => Answer) | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        query: string;
        variables?: Record<string, unknown>;
      };
      const call: ReceivedCall = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        query: body.query,
        variables: body.variables ?? {},
      };
      calls.push(call);
      const answer = choose?.(call) ?? (queue.length > 1 ? queue.shift() : queue[0]) ?? data({});
      if (answer === 'never') return;
      if (answer === 'destroy') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    answer: (...answers) => {
      choose = undefined;
      queue = answers;
    },
    answerWith: (chooser) => {
      choose = chooser;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
