import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Telemetry } from '../shared/telemetry.js';

/** Prometheus series with the names of OpenCTI's Python helper library, so that existing dashboards keep working. */
export class Metrics implements Telemetry {
  readonly registry = new Registry();
  readonly #bundlesSent: Counter;
  readonly #recordsSent: Counter;
  readonly #runs: Counter;
  readonly #pings: Counter;
  readonly #pingErrors: Counter;
  readonly #errors: Counter;
  readonly #clientErrors: Counter;
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
