import type { QuotaUsage } from '../../virustotal/quota/usage.js';
import { windowEnd } from '../../virustotal/quota/utc-window.js';
import type { Clock } from '../../shared/clock.js';
import type { OrganisationUsage, UsageStore } from '../store/usage-store.js';
import type { LookUpEngine } from './look-up-engine.js';

/** Look-ups of one window. */
export interface WindowReport {
  readonly used: number;
  /** `null`: no limit. */
  readonly limit: number | null;
  /** ISO 8601, UTC; `null` of a minute, whose look-ups come back one by one. */
  readonly resetsAt: string | null;
}

/** Look-ups of the key, whoever made them, and of one organisation; JSON as it stands. */
export interface UsageReport {
  readonly key: {
    readonly perMinute: WindowReport;
    readonly perDay: WindowReport;
    readonly perMonth: WindowReport;
  };
  readonly organisation: OrganisationUsage;
}

const NONE = { used: 0, limit: undefined };

/** @param key - `undefined` when there is no key that can be read. */
export function usageReport(
  key: QuotaUsage | undefined,
  organisation: OrganisationUsage,
  now: Date,
): UsageReport {
  const report = (window: 'minute' | 'day' | 'month'): WindowReport => {
    const { used, limit } = key?.[window] ?? NONE;
    const resetsAt = window === 'minute' ? null : new Date(windowEnd(window, now.getTime())).toISOString();
    return { used, limit: limit ?? null, resetsAt };
  };
  return {
    key: { perMinute: report('minute'), perDay: report('day'), perMonth: report('month') },
    organisation,
  };
}

/** How much is used, of the key and by an organisation. */
export class UsageReader {
  constructor(
    private readonly engine: LookUpEngine,
    private readonly usage: UsageStore,
    private readonly clock: Clock,
  ) {}

  async read(organisationId: string): Promise<UsageReport> {
    const now = this.clock.now();
    return usageReport(await this.engine.usage(), await this.usage.read(organisationId, now), now);
  }
}
