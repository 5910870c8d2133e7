import type { FailureKind } from './connector-error.js';

/** What VirusTotal is asked for: one of its four kinds of objects, a YARA ruleset, or what it says beyond reports. */
export type AnswerKind =
  | 'file'
  | 'ip_address'
  | 'domain'
  | 'url'
  | 'yara_ruleset'
  | 'behaviour_techniques'
  | 'comments'
  | 'associations'
  | 'resolutions'
  | 'sigma_rule';

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

/** A request in work. The same object is told of at its begin and at its end. */
export interface Run {
  /** OpenCTI type of the entity: one that can be enriched, or `other`. Never what a message says. */
  readonly type: string;
  readonly mode: 'manual' | 'playbook' | 'auto';
  /** When it was asked for: when its work was created, else when this process took it. */
  readonly requestedAt: Date;
}

/**
 * What came of a run. `postponed`: parked until an analysis ends; `duplicate`: answered elsewhere already; `handed_back`:
 * it is delivered again. The reason tells a skipped one from the other, or says what a failed one means, or what one
 * that was handed back waits for.
 */
export type RunEnd =
  | {
      readonly outcome: 'enriched' | 'unknown' | 'postponed' | 'duplicate';
      readonly reason?: undefined;
    }
  | {
      readonly outcome: 'skipped';
      readonly reason: 'out-of-scope' | 'refused' | 'invalid-value' | 'excluded' | 'nothing-to-look-up';
    }
  | { readonly outcome: 'failed'; readonly reason: FailureKind }
  | { readonly outcome: 'handed_back'; readonly reason: 'quota' | 'outage' | 'platform' | 'stop' };

/** Whether calls to VirusTotal are made: `half-open` means that one of them finds out. */
export type CircuitName = 'closed' | 'half-open' | 'open';

/** How the connection to RabbitMQ stands. */
export interface BrokerFigures {
  readonly connected: boolean;
  /** The broker takes no messages at the moment, because it is short of memory or disk. */
  readonly blocked: boolean;
}

/** Requests that were taken, from the queue or by callback, and wait in the connector for their turn. */
export interface HeldFigures {
  readonly count: Readonly<Record<Run['mode'], number>>;
  /** When the first of them was taken; `undefined`: there is none. */
  readonly oldestAt: Date | undefined;
}

/** What the rooms tell about themselves while they work; `observability/metrics.ts` turns it into Prometheus series. */
export interface Telemetry {
  /** A request was taken. */
  runStarted(run: Run): void;
  /** A request was settled, parked or handed back. `ageMs`: since it was asked for. */
  runFinished(run: Run, end: RunEnd, ageMs: number): void;
  /** A message was taken that can never become a request. */
  messageUnreadable(): void;
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
  /** An attempt of a call to VirusTotal ended. `operation`: a name of ours; `status`: of the answer, if one came. */
  virusTotalCalled(operation: string, status: number | undefined, durationMs: number): void;
  /** Somebody waited for a unit of quota, and got it. */
  quotaAwaited(priority: Run['mode'], durationMs: number): void;
  /** A call to the platform ended. `operation`: a name of ours; `result`: what a failure means. */
  platformCalled(operation: string, result: 'ok' | FailureKind, durationMs: number): void;
  /** VirusTotal was asked, or would have been with quota left. */
  lookedUp(kind: AnswerKind, result: LookUpResult): void;
  /** The cache was asked. `ageMs`, with a hit: since when the answer has been there. */
  cacheAsked(kind: AnswerKind, result: CacheResult, ageMs?: number): void;
  /** Requests that wait for an analysis, and since when the first of them; `undefined`: none. */
  requestsParked(count: number, oldestAt: Date | undefined): void;
  /** From where the figures of the quota are read whenever somebody wants to know them; said once. */
  watchQuota(read: () => QuotaFigures): void;
  /** From where it is read whether VirusTotal is asked; said once. */
  watchCircuit(read: () => CircuitName): void;
  /** From where it is read how the connection to RabbitMQ stands; said once. */
  watchBroker(read: () => BrokerFigures): void;
  /** From where it is read which requests are held; said once. */
  watchHeld(read: () => HeldFigures): void;
}

const nothing = (): void => undefined;

/** Telemetry that nobody reads. */
export const noTelemetry: Telemetry = {
  runStarted: nothing,
  runFinished: nothing,
  messageUnreadable: nothing,
  bundlesSent: nothing,
  recordsSent: nothing,
  ping: nothing,
  error: nothing,
  clientError: nothing,
  virusTotalCalled: nothing,
  quotaAwaited: nothing,
  platformCalled: nothing,
  lookedUp: nothing,
  cacheAsked: nothing,
  requestsParked: nothing,
  watchQuota: nothing,
  watchCircuit: nothing,
  watchBroker: nothing,
  watchHeld: nothing,
};
