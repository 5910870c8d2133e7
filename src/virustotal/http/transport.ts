import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { ConnectorError } from '../../shared/connector-error.js';
import { withDeadline } from '../../shared/deadline.js';
import type { JsonObject } from '../../shared/json.js';
import type { RequestFacts } from '../../shared/request-facts.js';
import type { Telemetry } from '../../shared/telemetry.js';
import { Admissions } from './admissions.js';
import { readAnswer } from './api-answer.js';
import type { Call, ClientTimeouts } from './call.js';
import { CircuitBreaker, type CircuitState, type Outage, type Passage } from './circuit-breaker.js';
import {
  CredentialsError,
  isOutage,
  TooManyRequestsError,
  TransportError,
  VirusTotalError,
  wantsPause,
} from '../errors.js';
import { encodePathSegment } from '../gui-link.js';
import type { HttpAnswer } from './http-answer.js';
import { BodySourceError, exchange } from './http-exchange.js';
import { KeyFreeFailures } from './key-free-failures.js';
import { neverArrived } from './network-fault.js';
import { OutageTrial } from './outage-trial.js';
import { OutageWatch, type OutageListener } from './outage-watch.js';
import type { Pacer, Unit } from './pacer.js';
import { parseQuota } from '../parse-quota.js';
import { Privileges } from './privileges.js';
import { askedPauseMs, retryDelayMs } from './retry.js';
import type { KeyQuota } from '../schema.js';

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
  /** What the key may not use; by default this process alone remembers it. */
  readonly privileges?: Privileges | undefined;
  /** Told of outages; VirusTotal is then probed without a request as well. */
  readonly outages?: OutageListener | undefined;
  /** A number in [0, 1), for the jitter of delays. */
  readonly random: () => number;
  /** Ends every call, running or waiting, when the connector stops. */
  readonly signal?: AbortSignal | undefined;
}

/** VirusTotal refused the key, and has not taken it since. */
export interface KeyRefusal {
  readonly since: Date;
  /** A sentence that says what to do. */
  readonly reason: string;
}

/** Whether VirusTotal answers at all is seen soon, or not. */
const PROBE_TIMEOUTS = { headersMs: 10_000, totalMs: 15_000 };

/** Speaks HTTP with VirusTotal: one object for one key, holding no state of a request. */
export class VirusTotalTransport {
  /** What the key may not use. */
  readonly privileges: Privileges;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly baseUrl: string;
  private readonly log: Logger;
  private readonly failures: KeyFreeFailures;
  private readonly breaker: CircuitBreaker;
  private readonly trial: OutageTrial;
  private readonly quotaCall: Call;
  private readonly admissions: Admissions;
  private refusal: KeyRefusal | undefined;

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
    this.quotaCall = {
      operation: 'read quota',
      path: `/users/${encodePathSegment(apiKey)}/overall_quotas`,
    };
    this.log = logger;
    this.failures = new KeyFreeFailures(apiKey);
    this.breaker = new CircuitBreaker({ ...options, onChange: () => watch?.review() });
    const { breaker } = this;
    this.trial = new OutageTrial({ ...options, breaker, ask: () => this.faultNow() });
    this.admissions = new Admissions({
      ...options,
      breaker,
      trial: this.trial,
      failure: (error) => this.asVirusTotalError(error),
    });
    const watch =
      options.outages &&
      new OutageWatch({ ...options, ...options.outages, breaker, probe: () => this.trial.probe() });
    this.privileges = options.privileges ?? new Privileges(options);
  }

  /** Since when VirusTotal refuses the key, and what that means; `undefined` while it takes it. */
  get keyRefusal(): KeyRefusal | undefined {
    return this.refusal;
  }

  /** Whether calls are made: not while VirusTotal is down. */
  get circuit(): CircuitState {
    return this.breaker.state;
  }

  /** Since when VirusTotal cannot be reached; `undefined` while the circuit is closed. */
  get outage(): Outage | undefined {
    return this.breaker.outage;
  }

  /**
   * The quota of the key. Free of charge.
   *
   * @throws VirusTotalError
   */
  async keyQuota(): Promise<KeyQuota> {
    const quota = await this.call(this.quotaCall, parseQuota);
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
   * @throws VirusTotalError when the call failed; CircuitOpenError when VirusTotal is down; what the pacer throws; what
   *   the source of the body throws.
   */
  async call<T>(call: Call, parse: (json: JsonObject) => T | undefined): Promise<T | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const { unit, passage, privilege } = await this.admissions.admit(call, call === this.quotaCall);
      try {
        // oxlint-disable-next-line typescript/no-misused-promises -- finally waits for what it is given (ADR 27)
        const answer = await this.attempt(call, parse).finally(() => unit?.answered());
        passage.answered();
        privilege?.(true);
        this.refusal = undefined;
        return answer;
      } catch (cause) {
        const error = await this.failureOf(call, cause, unit, passage).finally(() => privilege?.(false));
        const delayMs = await this.delayBefore(call, error, attempt);
        if (unit !== undefined && delayMs === undefined && wantsPause(error) && !this.isStopping()) {
          // The next unit is to be had when the pause is over, and not at all when it is long: this loop ends.
          const refusal = { retryAfterMs: askedPauseMs(error) };
          await this.options.pacer?.blocked(refusal, () => this.keyQuota());
          attempt = 0;
          continue;
        }
        const facts = {
          ...aboutOf(call),
          operation: call.operation,
          attempt,
          status: error.status,
          code: error.code,
        };
        if (delayMs === undefined) {
          this.options.telemetry.clientError();
          this.log.debug({ ...facts, reason: error.message }, 'call to VirusTotal failed');
          throw this.postponement(call, error) ?? error;
        }
        this.log.warn(
          { ...facts, reason: error.message, delayMs },
          'call to VirusTotal failed, trying again',
        );
        await this.wait(delayMs);
      }
    }
  }

  /**
   * Gets ready what a call is to send later, so that nothing is spent on it when it cannot be had.
   *
   * @param limitMs - How long it may take.
   * @throws ConnectorError: that of the task, or one that says in its place what could not be read.
   */
  async prepare<T>(limitMs: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(limitMs, this.options.signal, task);
    } catch (error) {
      throw this.isStopping() ? this.failures.ofStop(error) : this.failures.ofSource(error);
    }
  }

  /** Why VirusTotal does not answer a call that is free; `undefined` when it does. */
  private async faultNow(): Promise<VirusTotalError | undefined> {
    try {
      await this.attempt({ ...this.quotaCall, timeouts: PROBE_TIMEOUTS }, parseQuota);
      return undefined;
    } catch (cause) {
      const error = this.asVirusTotalError(cause);
      return isOutage(error) ? error : undefined;
    }
  }

  /** What an attempt failed with, once everybody whom it concerns has been told. */
  private async failureOf(
    call: Call,
    cause: unknown,
    unit: Unit | undefined,
    passage: Passage,
  ): Promise<VirusTotalError> {
    if (cause instanceof BodySourceError) {
      passage.abandoned();
      // VirusTotal never had the whole of it.
      await unit?.giveBack();
      throw this.failures.ofSource(cause.reason);
    }
    const error = this.asVirusTotalError(cause);
    if (error instanceof CredentialsError)
      this.refusal ??= { since: this.options.clock.now(), reason: error.message };
    if (neverArrived(cause) || error instanceof TooManyRequestsError) await unit?.giveBack();
    if (this.isStopping()) passage.abandoned();
    else if (isOutage(error)) passage.failed(error);
    else if (error instanceof TransportError) passage.abandoned();
    else passage.answered();
    await call.privilege?.failed(error);
    return error;
  }

  /**
   * How long to wait before the next attempt; `undefined`: there is none. Before a request that would come again is given
   * up, a call that is free says whether VirusTotal is down, or these look-ups alone fail: they would come for ever. It is
   * made for requests alone for which nobody waits.
   */
  private async delayBefore(
    call: Call,
    error: VirusTotalError,
    attempt: number,
  ): Promise<number | undefined> {
    if (this.isStopping() || !mayRepeat(call, error)) return undefined;
    const delayMs = retryDelayMs(error, attempt, this.options.random);
    if (!isOutage(error)) return delayMs;
    const isGivenUp = delayMs === undefined || this.breaker.state !== 'closed';
    if (isGivenUp && call.asker?.priority === 'auto') await this.trial.findOut();
    return this.breaker.state === 'closed' ? delayMs : undefined;
  }

  /** The error by which a request comes again that failed because VirusTotal is down. */
  private postponement(call: Call, error: VirusTotalError): ConnectorError | undefined {
    const isDown = isOutage(error) && mayRepeat(call, error) && !this.isStopping();
    return isDown ? this.breaker.error() : undefined;
  }

  private async attempt<T>(call: Call, parse: (json: JsonObject) => T | undefined): Promise<T | undefined> {
    const { clock } = this.options;
    const answer = await this.exchange(call);
    return readAnswer(answer, { parse, clean: (text) => this.failures.text(text), now: clock.now() });
  }

  /** One exchange, told of in the log, without its bodies and its path, and in the metrics. */
  private async exchange(call: Call): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const { dispatcher, timeouts, signal, telemetry } = this.options;
    const line = { dispatcher, baseUrl: this.baseUrl, headers: this.headers, timeouts, signal };
    let status: number | undefined;
    try {
      const answer = await exchange(call, line);
      ({ status } = answer);
      return answer;
    } finally {
      const durationMs = performance.now() - startedAt;
      telemetry.virusTotalCalled(call.operation, status, durationMs);
      if (this.log.isLevelEnabled('debug')) {
        const { operation, method = 'GET' } = call;
        this.log.debug(
          { ...aboutOf(call), operation, method, status, durationMs: Math.round(durationMs) },
          status === undefined ? 'VirusTotal did not answer' : 'VirusTotal answered',
        );
      }
    }
  }

  private async wait(delayMs: number): Promise<void> {
    await this.options.sleep(delayMs, this.options.signal);
    if (this.isStopping()) throw this.asVirusTotalError(this.options.signal?.reason);
  }

  private isStopping(): boolean {
    return this.options.signal?.aborted === true;
  }

  private asVirusTotalError(error: unknown): VirusTotalError {
    return this.isStopping() ? this.failures.ofStop(error) : this.failures.of(error);
  }
}

/** The request that a call is made for, as far as there is one. */
function aboutOf({ about, asker }: Call): RequestFacts | undefined {
  return about ?? asker?.about;
}

/** Whether making the call again does nothing twice. */
function mayRepeat(call: Call, error: VirusTotalError): boolean {
  return error.untouched || (call.repeatable ?? (call.method ?? 'GET') === 'GET');
}
