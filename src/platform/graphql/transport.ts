import type { Dispatcher } from 'undici';
import { request } from '../../shared/undici.js';
import { withDeadline } from '../../shared/deadline.js';
import { asNumber, asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import { multipartBody, type UploadedFile } from './multipart-body.js';
import { envelopeFailure, networkFailure, responseFailure, type EnvelopeError } from './errors.js';

export interface Exchange {
  readonly operation: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Takes secrets out of what the platform says. */
  readonly redact: (text: string) => string;
}

/** One GraphQL request, as it goes over the wire. */
export interface GraphqlRequest {
  readonly endpoint: string;
  readonly document: string;
  readonly variables: object;
  readonly headers: Readonly<Record<string, string>>;
  /** Takes the place of the variable `file`. */
  readonly file?: UploadedFile | undefined;
}

/**
 * Makes one GraphQL call and returns its data. Only a body that is an envelope with data and without errors counts;
 * whatever else happens is thrown as a `PlatformError`. The status of the response is no help: OpenCTI answers failures
 * with 200, and sometimes an envelope with 500 (protocol reference §1.4).
 *
 * @throws PlatformError
 */
export async function callGraphql(exchange: Exchange, call: GraphqlRequest): Promise<JsonObject> {
  const { status, text, retryAfter } = await send(exchange, call);
  const envelope = parseEnvelope(text);
  if (envelope === undefined) {
    throw responseFailure(exchange.operation, status, retryAfterMs(retryAfter));
  }
  const failure = firstError(envelope, status);
  if (failure !== undefined) {
    throw envelopeFailure(exchange.operation, { ...failure, text: exchange.redact(failure.text) });
  }
  return envelope.data as JsonObject;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** By undici's `request`, which costs half of its `fetch`, and follows no redirect: one could carry the token away. */
async function send(exchange: Exchange, call: GraphqlRequest): Promise<Answer> {
  // Outside: what cannot be written as JSON is no failure of the network.
  const { contentType, content } = bodyOf(call);
  try {
    return await withDeadline(exchange.timeoutMs, exchange.signal, async (signal) => {
      const { statusCode, headers, body } = await request(call.endpoint, {
        method: 'POST',
        headers: { ...call.headers, 'content-type': contentType },
        body: content,
        dispatcher: exchange.dispatcher,
        signal,
      });
      const retryAfter = headers['retry-after'];
      return {
        status: statusCode,
        text: await body.text(),
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    });
  } catch (error) {
    throw networkFailure(exchange.operation, error, exchange.timeoutMs);
  }
}

function bodyOf({ document, variables, file }: GraphqlRequest): {
  readonly contentType: string;
  readonly content: string | Buffer;
} {
  if (file !== undefined) return multipartBody(document, variables, file);
  return { contentType: 'application/json', content: JSON.stringify({ query: document, variables }) };
}

/** The body when it is a GraphQL answer: an object with `data` or with a list of `errors`. */
function parseEnvelope(text: string): JsonObject | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(body)) return undefined;
  return isJsonObject(body.data) || hasErrors(body) ? body : undefined;
}

function hasErrors(body: JsonObject): boolean {
  return Array.isArray(body.errors) && body.errors.length > 0;
}

/** The first error, from `extensions` (6.2.14 and later) or from the error itself (before). */
function firstError(envelope: JsonObject, status: number): EnvelopeError | undefined {
  if (!hasErrors(envelope)) return undefined;
  const first: unknown = (envelope.errors as unknown[])[0];
  const error = isJsonObject(first) ? first : {};
  const extensions = isJsonObject(error.extensions) ? error.extensions : {};
  const young = isJsonObject(extensions.data) ? extensions.data : {};
  const old = isJsonObject(error.data) ? error.data : {};
  return {
    code: asText(extensions.code) ?? asText(error.name) ?? 'UNKNOWN',
    httpStatus:
      asNumber(young.http_status) ?? asNumber(old.http_status) ?? (status === 200 ? undefined : status),
    text: asText(young.reason) ?? asText(old.reason) ?? asText(error.message) ?? 'no reason was given',
  };
}

function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header.trim())) return undefined;
  return Number(header) * 1_000;
}
