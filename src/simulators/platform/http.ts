import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'graphql';
import { describeError } from '../../shared/connector-error.js';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { calledFields, operationOf } from './document-limits.js';
import { codeOf, PlatformError } from './errors.js';
import type { Fault, PlannedFault } from './faults.js';
import { chunksOf, firstBytes } from './file-bytes.js';
import { GraphqlEngine, type GraphqlRequest, type GraphqlResponse } from './graphql-execution.js';
import { readMultipart } from './multipart.js';
import { recordableHeaders } from './operation-log.js';
import type { PlatformState } from './platform-state.js';
import { requestContext, type UploadedFile } from './request-context.js';
import { rootResolvers } from './resolvers.js';

/** How the platform is reached over HTTP. */
export interface HttpOptions {
  /** 0 for any free port. */
  port: number;
  host: string;
  /** Path before `/graphql`, without a slash at its end; empty for none. */
  basePath: string;
  /** Pause before every answer. */
  latencyMs: number;
  /** `max_payload_body_size`, in bytes. */
  maxBodyBytes: number;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
}

/** The web server of the platform: `/graphql` and `/storage/get/…`. */
export class PlatformHttp {
  readonly #state: PlatformState;
  readonly #options: HttpOptions;
  readonly #engine: GraphqlEngine;
  readonly #server: Server;
  readonly #closing = new AbortController();

  constructor(state: PlatformState, options: HttpOptions) {
    this.#state = state;
    this.#options = options;
    this.#engine = new GraphqlEngine(state.since, rootResolvers(state), state.clock);
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) send(response, text(500, describeError(error)));
        else response.destroy();
      });
    });
  }

  /** Listens; resolves with the URL of the platform. */
  async listen(): Promise<string> {
    const { port, host, basePath } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address() as AddressInfo;
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `http://${name}:${address.port}${basePath}`;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { basePath, latencyMs } = this.#options;
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (latencyMs > 0) {
      await pause(latencyMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
    if (path === `${basePath}/graphql`) await this.#graphql(request, response);
    else if (path.startsWith(`${basePath}/storage/get/`)) {
      const id = path.slice(`${basePath}/storage/get/`.length);
      await this.#download(request, response, id);
    } else send(response, html(404, 'Not found'));
  }

  async #graphql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      send(response, { status: 204, headers: {}, body: '' });
      return;
    }
    if (request.method !== 'POST') {
      const refusal = this.#state.since('7.260722.0')
        ? json(405, { message: 'Method not allowed' })
        : text(400, 'GET query missing.');
      send(response, refusal);
      return;
    }
    const body = await readBody(request, this.#options.maxBodyBytes);
    if (body === undefined) {
      send(response, html(413, 'Payload too large'));
      return;
    }
    const read = await readGraphqlRequest(request, body);
    if (typeof read === 'string') {
      send(response, json(400, { errors: [{ message: read, extensions: { code: 'BAD_REQUEST' } }] }));
      return;
    }
    await this.#answer(request, response, read);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { graphql, uploads }: { graphql: GraphqlRequest; uploads: Map<string, UploadedFile> },
  ): Promise<void> {
    const described = describe(graphql);
    const planned = this.#state.faults.take(described.names);
    let answer: GraphqlResponse | undefined;
    let authenticated = false;
    if (planned === undefined || planned.afterExecution) {
      try {
        const context = requestContext(this.#state.contextSource(), headerOf(request), uploads);
        authenticated = context.user !== undefined;
        answer = await this.#engine.run(graphql, context);
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        // Raised before the operation began, which the platform answers with status 500.
        answer = this.#engine.failure(error, 500);
      }
    }
    const outcome = planned === undefined ? answer : this.#outcomeOf(planned);
    const errors = Array.isArray(outcome?.body.errors) ? outcome.body.errors.filter(isJsonObject) : [];
    this.#state.operations.push({
      at: this.#state.clock.now(),
      name: described.name,
      fields: described.fields,
      query: graphql.query,
      variables: graphql.variables,
      headers: recordableHeaders(request.headers),
      authenticated,
      httpStatus: outcome?.status ?? (planned?.fault.kind === 'http' ? planned.fault.status : 0),
      errors: errors.map((error) => ({ code: codeOf(error), message: String(error.message) })),
      fault: planned?.fault.kind,
    });
    if (outcome !== undefined) send(response, json(outcome.status, outcome.body));
    else if (planned !== undefined) inflict(planned.fault, response);
    this.#state.signal.changed();
  }

  #outcomeOf(planned: PlannedFault): GraphqlResponse | undefined {
    const { fault } = planned;
    if (fault.kind !== 'error') return undefined;
    return this.#engine.failure(new PlatformError(fault.code, fault.message ?? fault.code, fault.data));
  }

  /** Streams a file, without announcing its length, as the platform does. */
  async #download(request: IncomingMessage, response: ServerResponse, encodedId: string): Promise<void> {
    const state = this.#state;
    const fault = state.faults.take(['storage'])?.fault;
    if (fault !== undefined && fault.kind !== 'cut') {
      if (fault.kind === 'error') send(response, this.#storageFailure(fault.code));
      else inflict(fault, response);
      return;
    }
    const context = requestContext(state.contextSource(), headerOf(request), new Map());
    if (context.user === undefined) {
      send(response, text(403, 'Forbidden'));
      return;
    }
    const id = encodedId.split('/').map(decodeSegment).join('/');
    const file = state
      .storeFor(context.draftId)
      .all()
      .flatMap((entity) => (entity.hidden ? [] : entity.files))
      .find((candidate) => candidate.id === id);
    state.downloads.push(id);
    state.signal.changed();
    if (file === undefined) {
      send(response, this.#storageFailure('File not found'));
      return;
    }
    const headers = {
      'content-type': file.mimeType,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    };
    response.writeHead(200, headers);
    const chunks = fault === undefined ? chunksOf(file.content) : firstBytes(file.content, fault.afterBytes);
    // Who asked may go away in the middle.
    await pipeline(Readable.from(chunks), response, { end: fault === undefined }).catch(() => undefined);
    if (fault !== undefined) response.socket?.resetAndDestroy();
  }

  #storageFailure(reason: string): Answer {
    return this.#state.since('6.3.12') ? json(503, { status: 'error', error: reason }) : html(500, reason);
  }
}

function describe(request: GraphqlRequest): { name: string | undefined; fields: string[]; names: string[] } {
  try {
    const operation = operationOf(parse(request.query), request.operationName);
    const name = operation?.name?.value;
    const fields = operation === undefined ? [] : calledFields(operation);
    const leaves = fields.map((field) => field.split('.').at(-1) ?? field);
    return { name, fields, names: [...(name === undefined ? [] : [name]), ...fields, ...leaves] };
  } catch {
    return { name: undefined, fields: [], names: [] };
  }
}

async function readGraphqlRequest(
  request: IncomingMessage,
  body: Buffer,
): Promise<{ graphql: GraphqlRequest; uploads: Map<string, UploadedFile> } | string> {
  try {
    const contentType = request.headers['content-type'] ?? '';
    if (contentType.startsWith('multipart/form-data')) {
      const { operations, uploads } = await readMultipart(request.headers, body);
      return { graphql: graphqlRequest(operations), uploads };
    }
    if (!contentType.startsWith('application/json')) return 'The content type must be application/json';
    const operations: unknown = JSON.parse(body.toString('utf8'));
    if (Array.isArray(operations)) return 'Operation batching is disabled';
    if (!isJsonObject(operations)) return 'The body must be a JSON object';
    return { graphql: graphqlRequest(operations), uploads: new Map() };
  } catch (error) {
    return describeError(error);
  }
}

function graphqlRequest(operations: JsonObject): GraphqlRequest {
  const { query, variables, operationName } = operations;
  return {
    query: typeof query === 'string' ? query : '',
    variables: isJsonObject(variables) ? variables : {},
    operationName: typeof operationName === 'string' ? operationName : undefined,
  };
}

/** The body, or `undefined` when it is larger than allowed. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size <= maxBytes ? Buffer.concat(chunks) : undefined;
}

function inflict(fault: Fault, response: ServerResponse): void {
  switch (fault.kind) {
    case 'http':
      send(response, { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' });
      return;
    case 'reset':
    case 'cut':
      response.socket?.resetAndDestroy();
      return;
    default:
    // Silence: the connection stays open until somebody loses patience.
  }
}

function headerOf(request: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

function json(status: number, body: JsonObject): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

function text(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function html(status: number, title: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}
