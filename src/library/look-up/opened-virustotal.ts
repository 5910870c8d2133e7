import type { PartHealth } from '../../observability/health.js';
import type { QuotaUsage } from '../../virustotal/quota/usage.js';
import type { VirusTotal } from '../../virustotal/schema.js';

/** VirusTotal for one key, with its quota and cache. */
export interface OpenedVirusTotal {
  /** Gives what VirusTotal sent with each report, and the relationships of `RELATIONS_TO_ASK`. */
  readonly virusTotal: VirusTotal;
  usage(): QuotaUsage;
  health(): PartHealth;
  /** Sends away who waits for a look-up, with a StoppedError; calls that are on their way go on. */
  close(): Promise<void>;
}

/** Opens VirusTotal for a key, or its simulator when there is none. */
export type OpenVirusTotal = (key: string | undefined) => Promise<OpenedVirusTotal>;

/** VirusTotal as a look-up uses it. */
export interface UsedVirusTotal {
  readonly virusTotal: VirusTotal;
  /** What is said is made up since then; `undefined` when it is real. */
  readonly simulatedSince: Date | undefined;
  usage(): QuotaUsage;
}
