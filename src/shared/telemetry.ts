/** What VirusTotal is asked for: one of its four kinds of objects, or a YARA ruleset. */
export type AnswerKind = 'file' | 'ip_address' | 'domain' | 'url' | 'yara_ruleset';

/** How a look-up ended; `postponed`: there was no quota left for it, and it will be tried again later. */
export type LookUpResult = 'found' | 'unknown' | 'failed' | 'postponed';

/**
 * What the cache had for a request. `stale`: an answer that would not do, because it is too old or lacks something;
 * `shared`: nothing, but another request was asking for the same already.
 */
export type CacheResult = 'hit' | 'miss' | 'stale' | 'shared';

/** Units of one window used, here and elsewhere, and the limit that holds; `undefined`: none. */
export interface WindowFigures {
  readonly used: number;
  readonly limit: number | undefined;
}

/** How the quota of the key stands. */
export interface QuotaFigures {
  readonly minute: WindowFigures;
  readonly hour: WindowFigures;
  readonly day: WindowFigures;
  readonly month: WindowFigures;
  /** Requests that wait for a unit. */
  readonly waiting: { readonly manual: number; readonly playbook: number; readonly auto: number };
  /** Until when there is none; `undefined` while there is. */
  readonly exhaustion: { readonly until: Date } | undefined;
}

/** What the rooms tell about themselves while they work; `observability/metrics.ts` turns it into Prometheus series. */
export interface Telemetry {
  /** A request was taken. */
  runStarted(): void;
  /** A request was settled. */
  runFinished(): void;
  /** Bundle messages were published, or one bundle was pushed over the API. */
  bundlesSent(count: number): void;
  /** Objects of a bundle were sent. */
  recordsSent(count: number): void;
  /** A heartbeat was answered (`true`) or failed. */
  ping(ok: boolean): void;
  /** A request failed, or a publication did. */
  error(): void;
  /** A call to VirusTotal failed. */
  clientError(): void;
  /** VirusTotal was asked, or would have been with quota left. */
  lookedUp(kind: AnswerKind, result: LookUpResult): void;
  /** The cache was asked. `ageMs`, with a hit: since when the answer has been there. */
  cacheAsked(kind: AnswerKind, result: CacheResult, ageMs?: number): void;
  /** Requests that wait for an analysis, and since when the first of them; `undefined`: none. */
  requestsParked(count: number, oldestAt: Date | undefined): void;
  /** From where the figures of the quota are read whenever somebody wants to know them; said once. */
  watchQuota(read: () => QuotaFigures): void;
}

const nothing = (): void => undefined;

/** Telemetry that nobody reads. */
export const noTelemetry: Telemetry = {
  runStarted: nothing,
  runFinished: nothing,
  bundlesSent: nothing,
  recordsSent: nothing,
  ping: nothing,
  error: nothing,
  clientError: nothing,
  lookedUp: nothing,
  cacheAsked: nothing,
  requestsParked: nothing,
  watchQuota: nothing,
};
