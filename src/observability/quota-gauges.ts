import { Gauge, type Registry } from 'prom-client';
import type { QuotaFigures } from '../shared/telemetry.js';

const WINDOWS = ['minute', 'hour', 'day', 'month'] as const;
const PRIORITIES = ['manual', 'playbook', 'auto'] as const;

/**
 * Registers the series that show how the quota of the VirusTotal key stands at the moment of each scrape.
 *
 * @param prefix - Goes before every name.
 * @param read - Gives the present figures.
 * @throws Error when they are registered already.
 */
export function registerQuotaGauges(prefix: string, registry: Registry, read: () => QuotaFigures): void {
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    show: (gauge: Gauge<L>, figures: QuotaFigures) => void,
  ): Gauge<L> =>
    new Gauge<L>({
      name: `${prefix}virustotal_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        show(this, read());
      },
    });
  gauge('quota_used', 'Look-ups used, here and elsewhere.', ['window'], (used, figures) => {
    for (const window of WINDOWS) used.set({ window }, figures[window].used);
  });
  gauge('quota_limit', 'Look-ups allowed; no sample without a limit.', ['window'], (allowed, figures) => {
    for (const window of WINDOWS) {
      const { limit } = figures[window];
      if (limit !== undefined) allowed.set({ window }, limit);
    }
  });
  gauge('quota_left', 'Look-ups left; no sample without a limit.', ['window'], (left, figures) => {
    for (const window of WINDOWS) {
      const { used, limit } = figures[window];
      if (limit !== undefined) left.set({ window }, Math.max(0, limit - used));
    }
  });
  gauge('requests_waiting', 'Requests that wait here for a look-up.', ['priority'], (waiting, figures) => {
    for (const priority of PRIORITIES) waiting.set({ priority }, figures.waiting[priority]);
  });
  gauge(
    'quota_exhausted_until_timestamp_seconds',
    'When there will be look-ups again; 0 while there are.',
    [],
    (until, { exhaustion }) => {
      until.set((exhaustion?.until.getTime() ?? 0) / 1000);
    },
  );
}
