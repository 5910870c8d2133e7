import type { Clock } from '../../shared/clock.js';
import type { QuotaUsage } from '../../virustotal/quota/usage.js';
import { windowEnd } from '../../virustotal/quota/utc-window.js';
import type { JobRecord } from '../store/job-store.js';
import type { OrganisationUsage, UsageStore } from '../store/usage-store.js';
import { etaSeconds, type ItemPassed, type LookUpsLeft } from './job-eta.js';
import type { LookUpEngine } from './look-up-engine.js';

/** A job, and when it is probably done. */
export interface JobProgress {
  readonly job: JobRecord;
  /** `null` when it is over or paused, or while nothing tells. */
  readonly etaSeconds: number | null;
}

/** How many of the last items tell the pace. */
const PASSED = 50;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PERIOD_MS = { hour: HOUR_MS, day: DAY_MS, month: 30 * DAY_MS } as const;

/** How fast jobs go, as far as this process works on them. */
export class JobPace {
  readonly #passed = new Map<string, ItemPassed[]>();

  constructor(
    private readonly options: {
      readonly engine: LookUpEngine;
      readonly usage: UsageStore;
      readonly clock: Clock;
    },
  ) {}

  /** An item has ended. */
  passed(jobId: string, isPaid: boolean): void {
    const passed = this.#passed.get(jobId) ?? [];
    passed.push({ atMs: this.options.clock.now().getTime(), isPaid });
    if (passed.length > PASSED) passed.shift();
    this.#passed.set(jobId, passed);
  }

  /** The job rests: what was before tells nothing of how fast it goes on. */
  forget(jobId: string): void {
    this.#passed.delete(jobId);
  }

  async of(job: JobRecord): Promise<JobProgress> {
    if (job.state !== 'running' && job.state !== 'waiting') return { job, etaSeconds: null };
    const { engine, usage, clock } = this.options;
    const now = clock.now();
    const [key, organisation] = await Promise.all([engine.usage(), usage.read(job.organisationId, now)]);
    const eta = etaSeconds({
      remaining: job.total - job.done - job.failed,
      nowMs: now.getTime(),
      passed: this.#passed.get(job.id) ?? [],
      resumesAtMs: job.resumeAt === null ? undefined : Date.parse(job.resumeAt),
      perMinute: key?.minute.limit,
      windows: [...windowsOf(key, now), ...budgetsOf(organisation)],
    });
    return { job, etaSeconds: eta };
  }
}

function windowsOf(key: QuotaUsage | undefined, now: Date): readonly LookUpsLeft[] {
  return (['hour', 'day', 'month'] as const).flatMap((window) => {
    const { used, limit } = key?.[window] ?? {};
    if (limit === undefined || used === undefined) return [];
    const resetsAtMs = windowEnd(window, now.getTime());
    return [{ left: limit - used, limit, resetsAtMs, periodMs: PERIOD_MS[window] }];
  });
}

function budgetsOf(usage: OrganisationUsage): readonly LookUpsLeft[] {
  return (['day', 'month'] as const).flatMap((window) => {
    const { used, limit, resetsAt } = usage[window];
    if (limit === null) return [];
    return [{ left: limit - used, limit, resetsAtMs: Date.parse(resetsAt), periodMs: PERIOD_MS[window] }];
  });
}
