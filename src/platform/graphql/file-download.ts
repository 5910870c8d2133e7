import type { Dispatcher } from 'undici';
import { request } from '../../shared/undici.js';
import { asText, isJsonObject } from '../../shared/json.js';
import { networkFailure, PlatformError, responseFailure } from './errors.js';

export interface Download {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  /** How long the platform may be silent: before it answers, and between two pieces. */
  readonly idleTimeoutMs: number;
  /** Ends the transfer. */
  readonly signal: AbortSignal | undefined;
  /** Takes secrets out of what the platform says. */
  readonly redact: (text: string) => string;
}

const OPERATION = 'the download of a file';
const MAX_REASON_BYTES = 8_192;
const MAX_REASON_LENGTH = 200;

/**
 * The address of a file in the platform's storage (protocol reference §13).
 *
 * @param fileId - As the platform names it: a path such as `import/Artifact/<internal id>/<file name>`, not encoded.
 * @throws PlatformError (`invalid`) when it would lead to another place than the storage.
 */
export function storageUrl(baseUrl: string, fileId: string): string {
  const segments = fileId.split('/');
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new PlatformError('OpenCTI names a file in a way that leads nowhere; attach the file again.', {
      kind: 'invalid',
      code: 'BAD_FILE_ID',
      untouched: true,
    });
  }
  const encoded = segments.map((segment) => encodeURIComponent(segment.replace(/\p{Surrogate}/gu, '\uFFFD')));
  return `${baseUrl}/storage/get/${encoded.join('/')}`;
}

/**
 * Opens a file, and gives its bytes as fast as they are taken. Redirects are not followed: they would carry the token
 * to another host.
 *
 * @throws PlatformError, while it is opened and while it is read.
 */
export async function openDownload(download: Download): Promise<AsyncIterable<Uint8Array>> {
  const { url, headers, dispatcher, idleTimeoutMs, signal } = download;
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(url, {
      dispatcher,
      method: 'GET',
      // The platform compresses what it streams for whoever takes it; what counts here are the bytes of the file.
      headers: { ...headers, accept: '*/*', 'accept-encoding': 'identity' },
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      signal: signal ?? null,
    });
  } catch (error) {
    throw transferFailure(error, idleTimeoutMs);
  }
  if (answer.statusCode === 200 && isFile(answer.headers)) return pieces(answer.body, idleTimeoutMs);
  throw await refusal(answer, download);
}

async function* pieces(
  body: AsyncIterable<unknown>,
  idleTimeoutMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of body) yield piece as Uint8Array;
  } catch (error) {
    throw transferFailure(error, idleTimeoutMs);
  }
}

/** Files come as attachments, web pages among them; a page that comes otherwise is what somebody has to say. */
function isFile(headers: Dispatcher.ResponseData['headers']): boolean {
  const encoding = headerText(headers['content-encoding']);
  if (encoding !== '' && encoding !== 'identity') return false;
  return (
    headerText(headers['content-disposition']).startsWith('attachment') ||
    !/html|json/.test(headerText(headers['content-type']))
  );
}

/**
 * Of the platform's own reasons only those that speak of the line to its storage may pass; the others come again each
 * time, and a request must not wait for ever. Before 6.3.12 it answers 500 with a page instead.
 */
const PASSING_REASON =
  /time.?out|timed out|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|UNREACH|connect|socket|network|unavailable|temporar|slow ?down|throttl/i;

async function refusal(answer: Dispatcher.ResponseData, { redact }: Download): Promise<PlatformError> {
  const { statusCode: status } = answer;
  const details = { code: `HTTP_${status}`, httpStatus: status, untouched: true };
  const reason = await reasonIn(answer.body);
  if (status === 403) {
    return new PlatformError(
      'OpenCTI does not hand out the file (HTTP 403); check OPENCTI_TOKEN, and that its user may see the artifact.',
      { ...details, kind: 'configuration' },
    );
  }
  if (status === 404) {
    return new PlatformError('OpenCTI does not have the file any more (HTTP 404); attach it again.', {
      ...details,
      kind: 'invalid',
    });
  }
  if (status === 500 || (reason !== undefined && status > 500)) {
    const said = reason === undefined ? 'HTTP 500' : redact(reason).slice(0, MAX_REASON_LENGTH);
    return new PlatformError(
      `OpenCTI could not read the file from its storage (${said}); attach it again, or look at the platform's log.`,
      { ...details, kind: reason !== undefined && PASSING_REASON.test(reason) ? 'transient' : 'invalid' },
    );
  }
  const failure = harmless(responseFailure(OPERATION, status));
  // The platform is there, or nobody would have asked for the file: a proxy leads elsewhere for files alone.
  const isElsewhere = (status >= 300 && status < 400) || status === 405;
  return isElsewhere ? new PlatformError(failure.message, { ...details, kind: 'configuration' }) : failure;
}

/** To read a file changes nothing. */
function harmless({ message, kind, code, httpStatus, retryAfterMs, cause }: PlatformError): PlatformError {
  return new PlatformError(message, { kind, code, httpStatus, retryAfterMs, cause, untouched: true });
}

/** `{"status": "error", "error": …}`, which the platform answers from 6.3.12 on. */
async function reasonIn(body: AsyncIterable<unknown>): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      parts.push(piece as Uint8Array);
      length += (piece as Uint8Array).length;
      if (length > MAX_REASON_BYTES) return undefined;
    }
    const json: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    return isJsonObject(json) ? asText(json.error) : undefined;
  } catch {
    return undefined;
  }
}

const TIMEOUT_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function transferFailure(error: unknown, idleTimeoutMs: number): PlatformError {
  const code = isJsonObject(error) ? asText(error.code) : undefined;
  if (code === undefined || !TIMEOUT_CODES.has(code)) {
    return harmless(networkFailure(OPERATION, error, idleTimeoutMs));
  }
  return new PlatformError(
    `OpenCTI sent nothing of a file for ${idleTimeoutMs / 1_000} s; look at the platform and its storage if it persists.`,
    { kind: 'transient', code: 'TIMEOUT', untouched: true, cause: error },
  );
}

function headerText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value)?.trim().toLowerCase() ?? '';
}
