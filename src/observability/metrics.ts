import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { AnswerKind, CacheResult, LookUpResult, QuotaFigures, Telemetry } from '../shared/telemetry.js';
import { registerQuotaGauges } from './quota-gauges.js';

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
  readonly #lookUps: Counter<'kind' | 'result'>;
  readonly #cacheRequests: Counter<'kind' | 'result'>;
  readonly #cacheAge: Histogram;
  readonly #parked: Gauge;
  readonly #oldestParked: Gauge;
  readonly #prefix: string;
  readonly #state: Gauge;
  readonly #stateLabel: string;
  #running = 0;

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
    const registers = [this.registry];
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

  runStarted(): void {
    this.#runs.inc();
    this.#running += 1;
    if (this.#running === 1) this.#showState('running');
  }

  runFinished(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#showState('idle');
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
    new Gauge({
      name: `${this.#prefix}virustotal_dead_letters`,
      help: 'Messages that could not be read and are kept.',
      registers: [this.registry],
      async collect() {
        try {
          this.set(await count());
        } catch {
          // The state is closed; a scrape must not fail over it.
        }
      },
    });
  }

  /** Shows the connector as stopped. */
  stopped(): void {
    this.#showState('stopped');
  }

  #showState(current: 'idle' | 'running' | 'stopped'): void {
    for (const state of ['idle', 'running', 'stopped']) {
      this.#state.set({ [this.#stateLabel]: state }, state === current ? 1 : 0);
    }
  }
}
