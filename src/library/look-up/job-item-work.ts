import type { Logger } from 'pino';
import { withAnySignal } from '../../shared/any-signal.js';
import type { Sleep } from '../../shared/backoff.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { isJsonObject } from '../../shared/json.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import type { ClaimedItem } from '../store/job-claim.js';
import type { ItemEnd, JobRecord, JobStore } from '../store/job-store.js';
import type { LookUps } from './look-ups.js';
import { LookUpRefused } from './look-up-refused.js';

/** What comes of an item that was in work. */
export type ItemOutcome =
  /** `isPaid`: it took a look-up from the quota. */
  | { readonly kind: 'ended'; readonly end: ItemEnd; readonly isPaid: boolean }
  /** The whole job has to wait. */
  | { readonly kind: 'later'; readonly at: Date; readonly reason: string }
  /** Nothing goes on before somebody acts. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** The library stops, or the job was paused or cancelled: nothing was done. */
  | { readonly kind: 'stopped' };

export interface JobItemWorkOptions {
  readonly jobs: Pick<JobStore, 'isGoingOn'>;
  readonly lookUps: LookUps;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** What ends an item early. */
export interface ItemSignals {
  /** The library stops: nothing more is begun. */
  readonly stop: AbortSignal;
  /** The job was paused or cancelled here, with a WithdrawnError: who waits for quota leaves the line as well. */
  readonly withdrawal: AbortSignal;
}

/** Before a failure that may pass is met again: what the client has tried itself took seconds. */
const RETRY_MS = [15_000, 60_000];
const UNEXPECTED =
  'It could not be looked up, for a reason nobody foresaw; the log of the library says more.';

/** Looks up the IOC of one item, again if that may help. */
export class JobItemWork {
  constructor(private readonly options: JobItemWorkOptions) {}

  /** Never throws. */
  async lookUp(job: JobRecord, item: ClaimedItem, signals: ItemSignals): Promise<ItemOutcome> {
    const { jobs, lookUps, sleep } = this.options;
    const { stop, withdrawal } = signals;
    for (const pauseMs of [...RETRY_MS, undefined]) {
      try {
        const { ioc, isPaid } = await lookUps.lookUp({
          organisationId: job.organisationId,
          subject: { id: item.iocId },
          priority: 'auto',
          notBefore: isFresh(job) ? new Date(job.createdAt) : undefined,
          signal: withdrawal,
          // Another process may have paused it.
          isWanted: () => jobs.isGoingOn(job.id),
        });
        return { kind: 'ended', end: { state: 'done', verdict: ioc.verdict }, isPaid };
      } catch (error) {
        const outcome = this.#outcomeOf(error, pauseMs === undefined);
        if (outcome !== undefined || pauseMs === undefined) return outcome ?? failed(UNEXPECTED);
        await withAnySignal([stop, withdrawal], (either) => sleep(pauseMs, either));
        if (stop.aborted || withdrawal.aborted) return { kind: 'stopped' };
      }
    }
    return { kind: 'stopped' };
  }

  /** `undefined`: it is worth another try. */
  #outcomeOf(error: unknown, isLast: boolean): ItemOutcome | undefined {
    const { logger } = this.options;
    if (!(error instanceof LookUpRefused)) {
      logger.warn({ reason: describeError(error) }, 'an IOC could not be looked up');
      if (!isLast) return undefined;
      return failed(error instanceof ConnectorError ? error.message : UNEXPECTED);
    }
    const { code, message, retryAt, cause } = error;
    switch (code) {
      case 'caveat':
      case 'missing':
        return { kind: 'ended', end: { state: 'skipped', message }, isPaid: false };
      case 'stopped':
      case 'withdrawn':
        return { kind: 'stopped' };
      case 'key':
        return { kind: 'blocked', reason: message };
      case 'quota':
      case 'budget':
      case 'outage': {
        const isOfAll = code !== 'outage' || cause instanceof PostponeError;
        if (isOfAll && retryAt !== undefined) return { kind: 'later', at: retryAt, reason: message };
        return isLast ? failed(message) : undefined;
      }
      case 'invalid':
      case 'failed':
        return failed(message);
    }
  }
}

function failed(message: string): ItemOutcome {
  return { kind: 'ended', end: { state: 'failed', message }, isPaid: false };
}

function isFresh({ options }: JobRecord): boolean {
  return isJsonObject(options) && options.fresh === true;
}
