import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { request } from '../../shared/undici.js';
import { withDeadline, withIdleLimit, type IdleTimer } from '../../shared/deadline.js';
import type { Call, CallBody, ClientTimeouts } from './call.js';
import { readBody, type HttpAnswer } from './http-answer.js';

/** What the exchanges of a transport have in common. */
export interface HttpLine {
  readonly dispatcher: Dispatcher;
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: ClientTimeouts;
  readonly signal: AbortSignal | undefined;
}

/** What was to be sent could not be read to its end. It says nothing of VirusTotal. */
export class BodySourceError extends Error {
  constructor(readonly reason: unknown) {
    super('what was to be sent could not be read');
  }
}

/**
 * One HTTP exchange. Redirects are not followed: they would carry the key to another host.
 *
 * @throws BodySourceError when the body of the call fails; TransportError when that of the answer is too large or
 *   broken; whatever the network throws.
 */
export async function exchange(call: Call, line: HttpLine): Promise<HttpAnswer> {
  const { idleMs, totalMs = idleMs === undefined ? line.timeouts.totalMs : undefined } = call.timeouts ?? {};
  if (idleMs === undefined) {
    return withDeadline(totalMs, line.signal, (signal) => exchangeOnce(call, line, signal, NO_IDLE_LIMIT));
  }
  return withDeadline(totalMs, line.signal, (deadline) =>
    withIdleLimit(idleMs, deadline, (signal, idle) => exchangeOnce(call, line, signal, idle)),
  );
}

const NO_IDLE_LIMIT: IdleTimer = { touch: () => undefined, end: () => undefined };

async function exchangeOnce(
  call: Call,
  line: HttpLine,
  signal: AbortSignal,
  idle: IdleTimer,
): Promise<HttpAnswer> {
  const sent = await openBody(call, signal, idle);
  try {
    const baseUrl = call.baseUrl?.replace(/\/+$/, '') ?? line.baseUrl;
    const { statusCode, headers, body } = await request(baseUrl + call.path, {
      dispatcher: line.dispatcher,
      method: call.method ?? 'GET',
      headers: { ...line.headers, ...sent?.headers },
      headersTimeout: call.timeouts?.headersMs ?? line.timeouts.headersMs,
      bodyTimeout: call.timeouts?.bodyMs ?? line.timeouts.bodyMs,
      signal,
      ...(sent === undefined ? {} : { body: sent.content }),
    });
    return {
      status: statusCode,
      contentType: headerText(headers['content-type']) ?? '',
      retryAfter: headerText(headers['retry-after']),
      body: await readBody(body),
    };
  } catch (error) {
    const fault = sent?.fault();
    // A source that ends because we aborted it is not at fault.
    throw fault === undefined || signal.aborted ? error : fault;
  } finally {
    sent?.close();
  }
}

interface OpenBody {
  readonly content: string | Uint8Array | Readable;
  readonly headers: Readonly<Record<string, string>>;
  /** Why the source failed, when it did. */
  fault(): BodySourceError | undefined;
  close(): void;
}

async function openBody(call: Call, signal: AbortSignal, idle: IdleTimer): Promise<OpenBody | undefined> {
  if (call.body === undefined) {
    idle.end();
    return undefined;
  }
  const { content, headers, contentLength } = await bodyOf(call.body, signal);
  if (!(content instanceof Readable)) {
    idle.end();
    return { content, headers, fault: () => undefined, close: () => undefined };
  }
  let fault: BodySourceError | undefined;
  const watched = async function* (): AsyncGenerator {
    try {
      for await (const chunk of content) {
        idle.touch();
        yield chunk;
      }
      idle.end();
    } catch (error) {
      fault = new BodySourceError(error);
      throw error;
    }
  };
  const stream = Readable.from(watched(), { objectMode: false });
  // Whoever reads it hears of its failure; after that nobody listens any more.
  stream.on('error', () => undefined);
  content.on('error', () => undefined);
  return {
    content: stream,
    headers: {
      ...headers,
      ...(contentLength === undefined ? {} : { 'content-length': String(contentLength) }),
    },
    fault: () => fault,
    close: () => {
      stream.destroy();
      content.destroy();
    },
  };
}

async function bodyOf(make: NonNullable<Call['body']>, signal: AbortSignal): Promise<CallBody> {
  try {
    return await make(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new BodySourceError(error);
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
