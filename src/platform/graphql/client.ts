import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { fullJitterMs, type Backoff, type Sleep } from '../../shared/backoff.js';
import type { RequestFacts } from '../../shared/request-facts.js';
import { noTelemetry, type Telemetry } from '../../shared/telemetry.js';
import { PlatformError } from './errors.js';
import { openDownload, storageUrl } from './file-download.js';
import type { Operation } from './operations.js';
import type { UploadedFile } from './multipart-body.js';
import { callGraphql } from './transport.js';

/** How often and how fast a failed call is repeated. */
export interface RetryPolicy extends Backoff {
  /** Calls altogether, at least 1. */
  readonly maxAttempts: number;
}

/** About half a minute altogether: enough for a lock or a rolling restart of a proxy. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 5, baseMs: 1_000, maxMs: 15_000 };

export interface PlatformClientOptions {
  /** OPENCTI_URL, with or without base path and trailing slashes. */
  readonly url: string;
  readonly token: string;
  readonly userAgent: string;
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  /** How long the platform may send nothing of a file that is downloaded; a minute by default. */
  readonly downloadIdleMs?: number;
  readonly logger: Logger;
  readonly telemetry?: Telemetry;
  /** Hears of operations that failed for good, before whoever asked does. Must not throw. */
  readonly onFailure?: ((operation: Operation, failure: PlatformError) => void) | undefined;
  readonly retry: RetryPolicy;
  readonly sleep: Sleep;
  /** Ends the wait between calls; what failed is not repeated from then on. A call on its way goes on. */
  readonly stop?: AbortSignal | undefined;
  /** A number in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
}

const DEFAULT_DOWNLOAD_IDLE_MS = 60_000;

/** What belongs to one call and not to the client. */
export interface CallContext {
  /** Draft workspace to work in. */
  readonly draftId?: string | undefined;
  /** User to act as; the platform honours it only for users with BYPASS. */
  readonly applicantId?: string | undefined;
  /** Instead of the policy's, for callers that repeat by themselves. */
  readonly maxAttempts?: number | undefined;
  /** Whether a failure that might pass is not to be repeated all the same: the caller knows a better way. */
  readonly isFinal?: ((failure: PlatformError) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A file to upload, in the place of the variable `file`. */
  readonly file?: UploadedFile | undefined;
  /** The request that the call is made for, for the log. */
  readonly about?: RequestFacts | undefined;
}

/**
 * Calls the platform's GraphQL API and reads its files. It holds no state of any request: draft and applicant travel
 * with each call.
 */
export class PlatformClient {
  readonly #options: PlatformClientOptions;
  readonly #baseUrl: string;
  readonly #endpoint: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @throws ConnectorError (`configuration`) when the URL, the token or a custom header cannot be used. */
  constructor(options: PlatformClientOptions) {
    this.#options = options;
    this.#endpoint = graphqlEndpoint(options.url);
    this.#baseUrl = this.#endpoint.slice(0, -'/graphql'.length);
    this.#headers = fixedHeaders(options);
  }

  /**
   * Executes one operation and returns its data, not further checked.
   *
   * Failures that may pass (locks, database errors, 429, 5xx, network) are repeated with growing delays. An operation
   * that is not repeatable is repeated only when the platform surely did not execute it: the connection was never
   * made, or the rate limiter or a proxy without backend (429, 503) answered in its place. An error envelope is no
   * such proof, even a lock error, because the platform may have done a part before; neither is a 502 or 504.
   *
   * @throws PlatformError
   */
  async execute<T>(operation: Operation, variables: object, context: CallContext = {}): Promise<T> {
    const { retry, random, logger, sleep, stop, onFailure } = this.#options;
    const maxAttempts = context.maxAttempts ?? retry.maxAttempts;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt<T>(operation, variables, context);
      } catch (error) {
        const failure = this.#asPlatformError(operation, error);
        const isFinal = this.#isOver(context) || context.isFinal?.(failure) === true;
        if (attempt >= maxAttempts || isFinal || !mayRepeat(operation, failure)) {
          if (!this.#isOver(context)) onFailure?.(operation, failure);
          throw failure;
        }
        const delayMs = Math.max(
          fullJitterMs(attempt - 1, retry, random),
          Math.min(failure.retryAfterMs ?? 0, retry.maxMs),
        );
        // The heartbeat says once that the platform is away.
        logger.debug(
          { ...context.about, operation: operation.name, code: failure.code, attempt, delayMs },
          'call to OpenCTI failed and is repeated',
        );
        await sleep(delayMs, context.signal ?? stop);
        if (stop?.aborted === true) throw failure;
      }
    }
  }

  /**
   * Opens a file of the platform's storage, once. The bytes come as fast as they are taken, and may take as long as
   * they like, but for pauses.
   *
   * @param fileId - As the platform names it: a path such as `import/Artifact/<internal id>/<file name>`.
   * @throws PlatformError, while it is opened and while it is read.
   */
  async download(
    fileId: string,
    context: Pick<CallContext, 'draftId' | 'signal'>,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { dispatcher, downloadIdleMs = DEFAULT_DOWNLOAD_IDLE_MS } = this.#options;
    return openDownload({
      url: storageUrl(this.#baseUrl, fileId),
      headers: { ...this.#headers, 'opencti-draft-id': context.draftId ?? '' },
      dispatcher,
      idleTimeoutMs: downloadIdleMs,
      signal: context.signal,
      redact: (text) => this.#redact(text),
    });
  }

  #isOver({ signal }: CallContext): boolean {
    return signal?.aborted === true || this.#options.stop?.aborted === true;
  }

  /** One call, told of in the log, without its variables and its answer, and in the metrics. */
  async #attempt<T>(operation: Operation, variables: object, context: CallContext): Promise<T> {
    const { logger, telemetry = noTelemetry } = this.#options;
    const startedAt = performance.now();
    let failure: PlatformError | undefined;
    try {
      return await this.#call<T>(operation, variables, context);
    } catch (error) {
      failure = this.#asPlatformError(operation, error);
      throw failure;
    } finally {
      const durationMs = performance.now() - startedAt;
      telemetry.platformCalled(operation.name, failure?.kind ?? 'ok', durationMs);
      if (logger.isLevelEnabled('debug')) {
        const call = { ...context.about, operation: operation.name, method: 'POST' };
        // OpenCTI answers failures with 200 as well, so that its status says nothing (protocol reference §1.4).
        const { kind: result = 'ok', code, httpStatus: status } = failure ?? {};
        logger.debug(
          { ...call, result, code, status, durationMs: Math.round(durationMs) },
          failure === undefined ? 'OpenCTI answered' : 'call to OpenCTI failed',
        );
      }
    }
  }

  async #call<T>(operation: Operation, variables: object, context: CallContext): Promise<T> {
    const data = await callGraphql(
      {
        operation: operation.name,
        dispatcher: this.#options.dispatcher,
        timeoutMs: operation.timeoutMs ?? this.#options.timeoutMs,
        signal: context.signal,
        redact: (text) => this.#redact(text),
      },
      {
        endpoint: this.#endpoint,
        document: operation.document,
        variables,
        file: context.file,
        headers: {
          ...this.#headers,
          // Without this header the platform works in the active draft of the token's user.
          'opencti-draft-id': context.draftId ?? '',
          ...(context.applicantId === undefined ? {} : { 'opencti-applicant-id': context.applicantId }),
        },
      },
    );
    return data as T;
  }

  #asPlatformError(operation: Operation, error: unknown): PlatformError {
    if (error instanceof PlatformError) return error;
    return new PlatformError(`${operation.name} could not be sent: ${this.#redact(describeError(error))}`, {
      kind: 'defect',
      code: 'NOT_SENT',
      untouched: true,
    });
  }

  #redact(text: string): string {
    return text.replaceAll(this.#options.token.trim(), '[redacted]');
  }
}

function mayRepeat(operation: Operation, failure: PlatformError): boolean {
  return failure.retryable && (operation.repeatable || failure.untouched);
}

function graphqlEndpoint(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(`${url.trim().replace(/\/+$/, '')}/graphql`);
  } catch {
    throw new ConnectorError(
      'OPENCTI_URL is not a URL; give one such as https://opencti.example.com.',
      'configuration',
    );
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new ConnectorError('OPENCTI_URL must begin with http:// or https://.', 'configuration');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new ConnectorError(
      'OPENCTI_URL must not contain a user or password; put credentials of a proxy into OPENCTI_CUSTOM_HEADERS.',
      'configuration',
    );
  }
  return parsed.href;
}

/** Names in lower case, so that a custom header cannot stand beside one of ours. */
function fixedHeaders(options: PlatformClientOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, untrimmed] of Object.entries(options.customHeaders)) {
    const value = untrimmed.trim();
    if (!isHeader(name, value)) {
      throw new ConnectorError(
        'OPENCTI_CUSTOM_HEADERS holds a name or value that HTTP does not allow in a header.',
        'configuration',
      );
    }
    headers[name.toLowerCase()] = value;
  }
  headers.authorization = `Bearer ${options.token.trim()}`;
  headers['user-agent'] = options.userAgent;
  headers.accept = 'application/json';
  if (options.token.trim() === '' || !isHeader('authorization', headers.authorization)) {
    // The reason that fetch would give repeats the value.
    throw new ConnectorError(
      'OPENCTI_TOKEN is empty or holds characters that cannot be sent; copy it again from the platform.',
      'configuration',
    );
  }
  return headers;
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
