import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { FailureKind } from '../shared/connector-error.js';
import type {
  AnswerKind,
  BrokerFigures,
  CacheResult,
  CircuitName,
  HeldFigures,
  LookUpResult,
  QuotaFigures,
  Run,
  RunEnd,
  Telemetry,
} from '../shared/telemetry.js';
import { CallMetrics } from './call-metrics.js';
import type { HealthReport } from './health.js';
import { registerQuotaGauges } from './quota-gauges.js';
import { RequestMetrics } from './request-metrics.js';
import {
  registerBrokerGauges,
  registerCircuitGauge,
  registerDeadLettersGauge,
  registerHealthGauges,
  registerHeldGauges,
} from './watched-gauges.js';

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/**
 * Prometheus series: those with the names of OpenCTI's Python helper library, so that existing dashboards keep working,
 * and those about VirusTotal. No label has a value that comes from outside.
 */
export class Metrics implements Telemetry {
  readonly registry = new Registry();
  readonly #bundlesSent: Counter;
  readonly #recordsSent: Counter;
  readonly #runs: Counter;
  readonly #pings: Counter;
  readonly #pingErrors: Counter;
  readonly #errors: Counter;
  readonly #clientErrors: Counter;
  readonly #unreadable: Counter;
  readonly #requests: RequestMetrics;
  readonly #calls: CallMetrics;
  readonly #lookUps: Counter<'kind' | 'result'>;
  readonly #cacheRequests: Counter<'kind' | 'result'>;
  readonly #cacheAge: Histogram;
  readonly #parked: Gauge;
  readonly #oldestParked: Gauge;
  readonly #prefix: string;
  readonly #state: Gauge;
  readonly #stateLabel: string;
  #isStopped = false;

  /**
   * @param namespace - Optional first part of every name.
   * @param subsystem - Optional second part.
   */
  constructor(namespace: string, subsystem: string) {
    const prefix = [namespace, subsystem]
      .filter((part) => part !== '')
      .map((part) => `${part}_`)
      .join('');
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `${prefix}${name}`, help, registers: [this.registry] });
    this.#bundlesSent = counter('bundles_sent_total', 'Bundle messages published, or API pushes.');
    this.#recordsSent = counter('records_sent_total', 'STIX objects in the bundles sent.');
    this.#runs = counter('runs_total', 'Enrichment requests taken.');
    this.#pings = counter('ping_api_total', 'Heartbeats that the platform answered.');
    this.#pingErrors = counter('ping_api_errors_total', 'Heartbeats that failed.');
    this.#errors = counter('errors_total', 'Requests that failed and publications that did.');
    this.#clientErrors = counter('client_errors_total', 'Failed calls to VirusTotal.');
    this.#unreadable = counter(
      'virustotal_messages_unreadable_total',
      'Messages that can never become a request.',
    );
    const registers = [this.registry];
    this.#requests = new RequestMetrics(prefix, this.registry);
    this.#calls = new CallMetrics(prefix, this.registry);
    this.#lookUps = new Counter({
      name: `${prefix}virustotal_lookups_total`,
      help: 'Questions that the cache could not answer, by what VirusTotal said.',
      labelNames: ['kind', 'result'],
      registers,
    });
    this.#cacheRequests = new Counter({
      name: `${prefix}virustotal_cache_requests_total`,
      help: 'Questions to the cache, by what it had.',
      labelNames: ['kind', 'result'],
      registers,
    });
    this.#cacheAge = new Histogram({
      name: `${prefix}virustotal_cache_age_seconds`,
      help: 'Age of the cached answers that were used.',
      buckets: [MINUTE_S, 10 * MINUTE_S, HOUR_S, 6 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S, 30 * DAY_S],
      registers,
    });
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name: `${prefix}${name}`, help, registers });
    this.#parked = gauge('virustotal_requests_parked', 'Requests that wait for an analysis.');
    this.#oldestParked = gauge(
      'virustotal_requests_parked_since_timestamp_seconds',
      'Since when the first of them waits; 0 while none does.',
    );
    this.#prefix = prefix;
    this.#stateLabel = `${prefix}state`;
    this.#state = new Gauge({
      name: this.#stateLabel,
      help: 'What the connector is doing.',
      labelNames: [this.#stateLabel],
      registers: [this.registry],
    });
    collectDefaultMetrics({ register: this.registry });
    this.#showState('idle');
  }

  runStarted(run: Run): void {
    this.#runs.inc();
    if (this.#requests.started(run) === 1) this.#showState('running');
  }

  runFinished(run: Run, end: RunEnd, ageMs: number): void {
    if (this.#requests.finished(run, end, ageMs) === 0) this.#showState('idle');
  }

  messageUnreadable(): void {
    this.#unreadable.inc();
  }

  virusTotalCalled(operation: string, status: number | undefined, durationMs: number): void {
    this.#calls.virusTotalCalled(operation, status, durationMs);
  }

  platformCalled(operation: string, result: 'ok' | FailureKind, durationMs: number): void {
    this.#calls.platformCalled(operation, result, durationMs);
  }

  quotaAwaited(priority: Run['mode'], durationMs: number): void {
    this.#calls.quotaAwaited(priority, durationMs);
  }

  bundlesSent(count: number): void {
    this.#bundlesSent.inc(count);
  }

  recordsSent(count: number): void {
    this.#recordsSent.inc(count);
  }

  ping(ok: boolean): void {
    (ok ? this.#pings : this.#pingErrors).inc();
  }

  error(): void {
    this.#errors.inc();
  }

  clientError(): void {
    this.#clientErrors.inc();
  }

  lookedUp(kind: AnswerKind, result: LookUpResult): void {
    this.#lookUps.inc({ kind, result });
  }

  cacheAsked(kind: AnswerKind, result: CacheResult, ageMs?: number): void {
    this.#cacheRequests.inc({ kind, result });
    // Clocks of replicas differ: an answer may be a little younger than nothing.
    if (ageMs !== undefined) this.#cacheAge.observe(Math.max(0, ageMs) / 1000);
  }

  requestsParked(count: number, oldestAt: Date | undefined): void {
    this.#parked.set(count);
    this.#oldestParked.set((oldestAt?.getTime() ?? 0) / 1000);
  }

  watchQuota(read: () => QuotaFigures): void {
    registerQuotaGauges(this.#prefix, this.registry, read);
  }

  /** @param count - Asked at each scrape; the last answer stays when it fails. */
  watchDeadLetters(count: () => Promise<number>): void {
    registerDeadLettersGauge({ prefix: this.#prefix, registry: this.registry }, count);
  }

  watchCircuit(read: () => CircuitName): void {
    registerCircuitGauge({ prefix: this.#prefix, registry: this.registry }, read);
  }

  watchBroker(read: () => BrokerFigures): void {
    registerBrokerGauges({ prefix: this.#prefix, registry: this.registry }, read);
  }

  watchHeld(read: () => HeldFigures): void {
    registerHeldGauges({ prefix: this.#prefix, registry: this.registry }, read);
  }

  /** From where it is read whether the connector is ready, and which parts are well; said once. */
  watchHealth(read: () => HealthReport): void {
    registerHealthGauges({ prefix: this.#prefix, registry: this.registry }, read);
  }

  /** Shows the connector as stopped, whatever is still being finished. */
  stopped(): void {
    this.#isStopped = true;
    this.#showState('stopped');
  }

  #showState(current: 'idle' | 'running' | 'stopped'): void {
    if (this.#isStopped && current !== 'stopped') return;
    for (const state of ['idle', 'running', 'stopped']) {
      this.#state.set({ [this.#stateLabel]: state }, state === current ? 1 : 0);
    }
  }
}
