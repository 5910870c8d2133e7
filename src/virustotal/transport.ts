import { inspect } from 'node:util';
import type { Logger } from 'pino';
import { request, type Dispatcher } from 'undici';
import type { Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import { asText, isJsonObject, type JsonObject } from '../shared/json.js';
import type { Telemetry } from '../shared/telemetry.js';
import { withDeadline } from '../shared/deadline.js';
import {
  CredentialsError,
  failureFromAnswer,
  failureWithoutEnvelope,
  QuotaExceededError,
  TransportError,
  VirusTotalError,
} from './errors.js';
import { encodePathSegment } from './gui-link.js';
import { parseQuota } from './parse-quota.js';
import { jsonObjectOf, readBody, type HttpAnswer } from './http-answer.js';
import { retryAfterMs, retryDelayMs } from './retry.js';
import type { Asker, KeyQuota, Priority } from './schema.js';

/** Milliseconds; `total` bounds one attempt from its start to the end of its body. */
export interface ClientTimeouts {
  readonly headersMs: number;
  readonly bodyMs: number;
  readonly totalMs: number;
}

/** Look-ups take less than two seconds; large rulesets take longer. */
export const defaultTimeouts: ClientTimeouts = { headersMs: 30_000, bodyMs: 30_000, totalMs: 90_000 };

/** Says when a call that costs quota may be made; see `quota/scheduler.ts`. */
export interface Pacer {
  /** Waits for one unit. `giveBack` puts it back when the call never reached VirusTotal. @throws ConnectorError */
  acquire(priority: Priority, signal?: AbortSignal): Promise<{ giveBack(): Promise<void> }>;
  /** VirusTotal refused a call for lack of quota; resolves when the next `acquire` knows it. */
  blocked(
    refusal: { readonly retryAfterMs?: number | undefined },
    fetchQuota: () => Promise<KeyQuota>,
  ): Promise<void>;
}

export interface TransportOptions {
  /** `https://www.virustotal.com/api/v3`, with or without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Product string for the header `x-tool`, without which Google Threat Intelligence data are left out. */
  readonly tool: string;
  readonly userAgent: string;
  /** Connections, with their proxies and connect time-out. */
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly timeouts: ClientTimeouts;
  readonly sleep: Sleep;
  /** Asked before each attempt that costs quota; without it every call is made at once. */
  readonly pacer?: Pacer | undefined;
  /** A number in [0, 1), for the jitter of delays. */
  readonly random: () => number;
  /** Ends every call, running or waiting, when the connector stops. */
  readonly signal?: AbortSignal | undefined;
}

/** What is asked: a name for messages and the log, and the path, which may hold the key and is never shown. */
export interface Call {
  readonly operation: string;
  readonly path: string;
  /** Whose quota it costs; absent when it is free of charge. */
  readonly asker?: Asker;
}

/** Speaks HTTP with VirusTotal: one object for one key, holding no state of a request. */
export class VirusTotalTransport {
  private readonly headers: Readonly<Record<string, string>>;
  private readonly baseUrl: string;
  private readonly log: Logger;

  /** @throws CredentialsError when the key holds characters that no header can carry. */
  constructor(private readonly options: TransportOptions) {
    const { apiKey, tool, userAgent, logger } = options;
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new CredentialsError(
        'The VirusTotal API key is empty or holds characters that no key has; copy it again.',
        {},
      );
    }
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.headers = {
      'x-apikey': apiKey,
      'x-tool': tool,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      // Google's front end compresses only for agents that name gzip.
      'user-agent': /gzip/i.test(userAgent) ? userAgent : `${userAgent} (gzip)`,
    };
    this.log = logger;
  }

  /**
   * The quota of the key. Free of charge.
   *
   * @throws VirusTotalError
   */
  async keyQuota(): Promise<KeyQuota> {
    const path = `/users/${encodePathSegment(this.options.apiKey)}/overall_quotas`;
    const quota = await this.call({ operation: 'read quota', path }, parseQuota);
    if (quota !== undefined) return quota;
    throw new VirusTotalError(
      "The key's quota cannot be read: VirusTotal knows no user of this key; check VIRUSTOTAL_TOKEN and the base URL.",
      'configuration',
      { status: 404 },
    );
  }

  /**
   * Makes a call, again if that may help, and parses its answer.
   *
   * @param parse - Gives `undefined` when the JSON is not an answer of VirusTotal to this call.
   * @returns `undefined` when VirusTotal does not know the object.
   */
  async call<T>(call: Call, parse: (json: JsonObject) => T | undefined): Promise<T | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const unit = await this.acquire(call);
      try {
        return await this.attempt(call, parse);
      } catch (cause) {
        if (neverArrived(cause)) await unit?.giveBack();
        const error = this.asVirusTotalError(cause);
        if (unit !== undefined && error instanceof QuotaExceededError && !this.isStopping()) {
          // The next unit is to be had when the pause is over, and not at all when it is long: this loop ends.
          await this.options.pacer?.blocked(error, () => this.keyQuota());
          attempt -= 1;
          continue;
        }
        const delayMs = this.isStopping() ? undefined : retryDelayMs(error, attempt, this.options.random);
        const facts = { operation: call.operation, attempt, status: error.status, code: error.code };
        if (delayMs === undefined) {
          this.options.telemetry.clientError();
          this.log.debug({ ...facts, reason: error.message }, 'call to VirusTotal failed');
          throw error;
        }
        this.log.warn(
          { ...facts, reason: error.message, delayMs },
          'call to VirusTotal failed, trying again',
        );
        await this.wait(delayMs);
      }
    }
  }

  /** The unit that an attempt costs; `undefined` when it is free, or nothing is counted. */
  private async acquire({ asker }: Call): Promise<{ giveBack(): Promise<void> } | undefined> {
    const { pacer, signal } = this.options;
    if (asker === undefined || pacer === undefined) return undefined;
    try {
      return await pacer.acquire(asker.priority, signal);
    } catch (error) {
      if (error instanceof ConnectorError) throw error;
      throw this.asVirusTotalError(error);
    }
  }

  private async attempt<T>(call: Call, parse: (json: JsonObject) => T | undefined): Promise<T | undefined> {
    const startedAt = performance.now();
    const answer = await this.send(call.path);
    const { status } = answer;
    const durationMs = Math.round(performance.now() - startedAt);
    this.log.debug({ operation: call.operation, status, durationMs }, 'VirusTotal answered');
    const json = jsonObjectOf(answer);
    if (status >= 200 && status < 300 && status !== 204) {
      const parsed = json === undefined ? undefined : parse(json);
      if (parsed !== undefined) return parsed;
      throw new TransportError(
        'What came back is not an answer of VirusTotal; check proxy, firewall and base URL.',
        {
          status,
        },
      );
    }
    const waitMs = retryAfterMs(answer.retryAfter, this.options.clock.now());
    const envelope = isJsonObject(json?.error) ? json.error : undefined;
    if (envelope === undefined) throw failureWithoutEnvelope(status, waitMs);
    const code = asText(envelope.code)?.slice(0, 100);
    if (status === 404 && code?.replace(/Error$/, '') === 'NotFound') return undefined;
    const message = this.withoutKey(asText(envelope.message) ?? '');
    throw failureFromAnswer({ status, code: code && this.withoutKey(code), message, retryAfterMs: waitMs });
  }

  /** One HTTP exchange. Redirects are not followed: they would carry the key to another host. */
  private async send(path: string): Promise<HttpAnswer> {
    const { dispatcher, signal, timeouts } = this.options;
    return withDeadline(timeouts.totalMs, signal, async (deadline) => {
      const { statusCode, headers, body } = await request(this.baseUrl + path, {
        dispatcher,
        headers: this.headers,
        headersTimeout: timeouts.headersMs,
        bodyTimeout: timeouts.bodyMs,
        signal: deadline,
      });
      return {
        status: statusCode,
        contentType: headerText(headers['content-type']) ?? '',
        retryAfter: headerText(headers['retry-after']),
        body: await readBody(body),
      };
    });
  }

  private async wait(delayMs: number): Promise<void> {
    await this.options.sleep(delayMs, this.options.signal);
    if (this.isStopping()) throw this.asVirusTotalError(this.options.signal?.reason);
  }

  private isStopping(): boolean {
    return this.options.signal?.aborted === true;
  }

  private asVirusTotalError(error: unknown): VirusTotalError {
    if (error instanceof VirusTotalError) return error;
    const cause = this.causeWithoutKey(error);
    if (this.isStopping()) {
      return new TransportError('The connector stopped before VirusTotal answered; ask again.', { cause });
    }
    return new TransportError(
      `VirusTotal could not be reached (${this.withoutKey(faultOf(error))}); check network and proxy, or try again later.`,
      { cause },
    );
  }

  private causeWithoutKey(error: unknown): unknown {
    const everything = inspect(error, { depth: 10 });
    return everything.includes(this.options.apiKey)
      ? new Error(this.withoutKey(describeError(error)))
      : error;
  }

  private withoutKey(text: string): string {
    const { apiKey } = this.options;
    return text.replaceAll(apiKey, '[key]').replaceAll(encodePathSegment(apiKey), '[key]');
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether no connection came about, so that VirusTotal cannot have counted the call. */
function neverArrived(error: unknown): boolean {
  return isJsonObject(error) && CONNECTION_FAULTS.has(asText(error.code) ?? '');
}

/** The short name of a network fault, such as `ECONNREFUSED`. */
function faultOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'time-out';
  const code = isJsonObject(error) ? asText(error.code) : undefined;
  return code ?? (error instanceof Error ? error.name : 'unknown fault');
}
