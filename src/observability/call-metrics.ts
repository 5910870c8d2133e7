import { Histogram, type Registry } from 'prom-client';
import type { FailureKind } from '../shared/connector-error.js';
import type { Run } from '../shared/telemetry.js';

/** Series about calls to VirusTotal and to the platform, and about waiting for quota. */
export class CallMetrics {
  readonly #virusTotal: Histogram<'operation' | 'status'>;
  readonly #platform: Histogram<'operation' | 'result'>;
  readonly #quotaWait: Histogram<'priority'>;

  /** @param prefix - Goes before every name. */
  constructor(prefix: string, registry: Registry) {
    const registers = [registry];
    this.#virusTotal = new Histogram({
      name: `${prefix}virustotal_call_duration_seconds`,
      help: 'Attempts of calls to VirusTotal, by operation and class of the answer.',
      labelNames: ['operation', 'status'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90],
      registers,
    });
    this.#platform = new Histogram({
      name: `${prefix}virustotal_platform_call_duration_seconds`,
      help: 'Attempts of GraphQL calls to OpenCTI, by operation and result.',
      labelNames: ['operation', 'result'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
      registers,
    });
    this.#quotaWait = new Histogram({
      name: `${prefix}virustotal_quota_wait_seconds`,
      help: 'How long those waited who got a unit of quota.',
      labelNames: ['priority'],
      buckets: [0.1, 1, 5, 15, 30, 60, 120, 300, 600],
      registers,
    });
  }

  virusTotalCalled(operation: string, status: number | undefined, durationMs: number): void {
    this.#virusTotal.observe({ operation, status: statusLabel(status) }, durationMs / 1000);
  }

  platformCalled(operation: string, result: 'ok' | FailureKind, durationMs: number): void {
    this.#platform.observe({ operation, result }, durationMs / 1000);
  }

  quotaAwaited(priority: Run['mode'], durationMs: number): void {
    this.#quotaWait.observe({ priority }, durationMs / 1000);
  }
}

/** The class, but for two answers that have nothing in common with the other 4xx: unknown, and too many calls. */
function statusLabel(status: number | undefined): string {
  if (status === undefined) return 'none';
  if (status === 404 || status === 429) return String(status);
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other';
}
