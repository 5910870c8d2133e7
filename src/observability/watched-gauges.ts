import { Gauge, type Registry } from 'prom-client';
import type { BrokerFigures, CircuitName, HeldFigures } from '../shared/telemetry.js';
import type { HealthReport } from './health.js';

const CIRCUIT_STATES: readonly CircuitName[] = ['closed', 'half-open', 'open'];

/** Where the series go that are read at each scrape. */
export interface GaugeTarget {
  /** Goes before every name. */
  readonly prefix: string;
  readonly registry: Registry;
}

/** The state of the circuit breaker: one sample for each state, 1 for the present one. */
export function registerCircuitGauge({ prefix, registry }: GaugeTarget, read: () => CircuitName): void {
  new Gauge({
    name: `${prefix}virustotal_circuit_state`,
    help: 'Whether VirusTotal is asked (closed), or is down.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const current = read();
      for (const state of CIRCUIT_STATES) this.set({ state }, state === current ? 1 : 0);
    },
  });
}

/** How the connection to RabbitMQ stands. */
export function registerBrokerGauges({ prefix, registry }: GaugeTarget, read: () => BrokerFigures): void {
  new Gauge({
    name: `${prefix}virustotal_broker_connected`,
    help: 'Whether the connection to RabbitMQ stands.',
    registers: [registry],
    collect() {
      this.set(read().connected ? 1 : 0);
    },
  });
  new Gauge({
    name: `${prefix}virustotal_broker_blocked`,
    help: 'Whether RabbitMQ takes no messages at the moment.',
    registers: [registry],
    collect() {
      this.set(read().blocked ? 1 : 0);
    },
  });
}

/** Requests that wait in the connector for their turn. */
export function registerHeldGauges({ prefix, registry }: GaugeTarget, read: () => HeldFigures): void {
  new Gauge({
    name: `${prefix}virustotal_requests_held`,
    help: 'Requests that were taken and wait in the connector for their turn.',
    labelNames: ['mode'],
    registers: [registry],
    collect() {
      for (const [mode, count] of Object.entries(read().count)) this.set({ mode }, count);
    },
  });
  new Gauge({
    name: `${prefix}virustotal_requests_held_since_timestamp_seconds`,
    help: 'When the first of them was taken; 0 while there is none.',
    registers: [registry],
    collect() {
      this.set((read().oldestAt?.getTime() ?? 0) / 1000);
    },
  });
}

/** What `/health/ready` says, for alerts. */
export function registerHealthGauges({ prefix, registry }: GaugeTarget, read: () => HealthReport): void {
  new Gauge({
    name: `${prefix}virustotal_ready`,
    help: 'Whether /health/ready answers 200.',
    registers: [registry],
    collect() {
      this.set(read().status === 'unready' ? 0 : 1);
    },
  });
  new Gauge({
    name: `${prefix}virustotal_part_ok`,
    help: 'Whether a part that /health/ready names is well.',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [part, { ok }] of Object.entries(read().parts)) this.set({ part }, ok ? 1 : 0);
    },
  });
}

/** @param count - Asked at each scrape; the last answer stays when it fails. */
export function registerDeadLettersGauge(
  { prefix, registry }: GaugeTarget,
  count: () => Promise<number>,
): void {
  new Gauge({
    name: `${prefix}virustotal_dead_letters`,
    help: 'Messages that could not be read and are kept.',
    registers: [registry],
    async collect() {
      try {
        this.set(await count());
      } catch {
        // The state is closed; a scrape must not fail over it.
      }
    },
  });
}
