import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Run, RunEnd } from '../shared/telemetry.js';

const MODES = ['manual', 'playbook', 'auto'] as const;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Series about requests: how many, how long they took, and how old they are. Labels have values of ours alone. */
export class RequestMetrics {
  readonly #requests: Counter<'outcome' | 'reason' | 'type' | 'mode'>;
  readonly #duration: Histogram<'mode'>;
  readonly #age: Histogram<'mode'>;
  /** The requests in work, and since when, in monotonic milliseconds. */
  readonly #inWork = new Map<Run, number>();

  /** @param prefix - Goes before every name. */
  constructor(prefix: string, registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: `${prefix}virustotal_requests_total`,
      help: 'Requests that left the connector, by what came of them.',
      labelNames: ['outcome', 'reason', 'type', 'mode'],
      registers,
    });
    this.#duration = new Histogram({
      name: `${prefix}virustotal_request_duration_seconds`,
      help: 'Time that requests were in work, until they were settled, parked or handed back.',
      labelNames: ['mode'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S],
      registers,
    });
    this.#age = new Histogram({
      name: `${prefix}virustotal_request_age_seconds`,
      help: 'Age of requests when they were settled, since they were asked for.',
      labelNames: ['mode'],
      buckets: [1, 5, 15, MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, 6 * HOUR_S, DAY_S, 7 * DAY_S],
      registers,
    });
    this.#showWork(prefix, registry);
  }

  /** @returns how many are in work now. */
  started(run: Run): number {
    this.#inWork.set(run, performance.now());
    return this.#inWork.size;
  }

  /** @returns how many are in work now. */
  finished(run: Run, { outcome, reason }: RunEnd, ageMs: number): number {
    const { type, mode } = run;
    const since = this.#inWork.get(run);
    this.#inWork.delete(run);
    this.#requests.inc({ outcome, reason: reason ?? '', type, mode });
    if (since !== undefined) this.#duration.observe({ mode }, (performance.now() - since) / 1000);
    const isSettled = outcome !== 'handed_back' && outcome !== 'postponed' && outcome !== 'duplicate';
    // The platform's clock may be ahead of ours.
    if (isSettled) this.#age.observe({ mode }, Math.max(0, ageMs) / 1000);
    return this.#inWork.size;
  }

  #showWork(prefix: string, registry: Registry): void {
    const runs = (): Run[] => [...this.#inWork.keys()];
    new Gauge({
      name: `${prefix}virustotal_requests_in_flight`,
      help: 'Requests in work.',
      labelNames: ['mode'],
      registers: [registry],
      collect() {
        const present = runs();
        for (const mode of MODES) this.set({ mode }, present.filter((run) => run.mode === mode).length);
      },
    });
    new Gauge({
      name: `${prefix}virustotal_requests_in_flight_since_timestamp_seconds`,
      help: 'When the oldest request in work was asked for; 0 while there is none.',
      registers: [registry],
      collect() {
        const moments = runs().map(({ requestedAt }) => requestedAt.getTime());
        this.set(moments.length === 0 ? 0 : Math.min(...moments) / 1000);
      },
    });
  }
}
