import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
import type { StateStore } from '../../state/port.js';
import type { PostponedOutcome } from '../outcome.js';
import { HandBackError } from '../platform-call.js';
import type { EnrichmentRequest } from '../request.js';
import { markingsOf, shownValue, type Target } from '../subject.js';
import { analysisKeyOf, changeAnalysis, moreUrgent, type AnalysisRecord } from './analysis-record.js';
import { park, readParked } from './parked-request.js';
import type { Order, Submitter } from './submit.js';
import { maxWaitMs } from './timing.js';
import { wishOf, type LookedUp, type SubmissionRules } from './wish.js';

/** An entity that stands for one object of VirusTotal, after its look-up. */
export interface Considered extends Omit<LookedUp, 'markings'> {
  readonly request: EnrichmentRequest;
  readonly entity: JsonObject;
  readonly target: Target;
}

/** The request waits for an analysis, or there is a sentence to add to what came of it. */
export type Consideration = PostponedOutcome | { readonly remark: string };

/** What enrichment asks about analyses. */
export interface Analyses {
  /** The outcome of a request that is parked already: its acknowledgement was lost. `undefined` when it is not. */
  recall(request: EnrichmentRequest): Promise<PostponedOutcome | undefined>;
  /**
   * Asks VirusTotal for an analysis where there is reason to, and parks the request until it ends. A report that is at
   * hand is never lost over it.
   *
   * @throws HandBackError when the request has to be delivered again; ConnectorError when VirusTotal has no report and
   *   the submission failed.
   */
  consider(considered: Considered): Promise<Consideration | undefined>;
}

export interface AnalysisDeskOptions {
  readonly store: Pick<StateStore, 'update'>;
  readonly submitter: Submitter;
  readonly rules: SubmissionRules;
  /** Called whenever a request was parked. */
  readonly onParked: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a request that is not settled as parked is kept from being resumed here. */
const MAX_IN_HAND_MS = 600_000;

/**
 * Submits, and parks requests. A crash at any point neither submits twice nor loses a request, because of the order:
 * the object is recorded before and after its submission, then the request is parked, and only then is its delivery
 * acknowledged.
 */
export class AnalysisDesk implements Analyses {
  readonly #options: AnalysisDeskOptions;
  /** Requests that were parked and are not settled yet, and since when. */
  readonly #inHand = new Map<string, number>();

  constructor(options: AnalysisDeskOptions) {
    this.#options = options;
  }

  async recall(request: EnrichmentRequest): Promise<PostponedOutcome | undefined> {
    if (request.resumed === true || !this.#mayBeParked(request)) return undefined;
    const parked = await readParked(this.#options.store, request.key);
    if (parked === undefined) return undefined;
    this.#options.logger.debug({ key: request.key }, 'request is parked already');
    return { status: 'postponed', message: parked.message };
  }

  async consider(considered: Considered): Promise<Consideration | undefined> {
    const { request, entity, entityType, target, answer } = considered;
    const { clock, rules } = this.#options;
    if (request.resumed === true) return asRemark(request.analysis?.remark);
    const wish = wishOf({ entityType, answer, markings: markingsOf(entity) }, rules, clock.now());
    const isPending = answer.found && answer.report.lastAnalysisDate === undefined;
    if (wish.kind === 'nothing' && !isPending) return undefined;
    const key = analysisKeyOf(target.object);
    const running = await this.#join(key, request);
    if (running !== undefined) return this.#park(key, running, considered);
    if (wish.kind === 'nothing') return undefined;
    if (wish.kind === 'refused') return asRemark(wish.remark);
    const refusal = await this.#submit(considered, key, wish);
    if (refusal !== undefined) return asRemark(refusal);
    // Whoever else wanted it may have been more urgent, or VirusTotal quick.
    const record = await this.#join(key, request);
    return record === undefined ? undefined : this.#park(key, record, considered);
  }

  /** Whether this request was parked and its delivery is still to be acknowledged. */
  isInHand(key: string): boolean {
    const since = this.#inHand.get(key);
    if (since === undefined) return false;
    if (this.#options.clock.now().getTime() - since < MAX_IN_HAND_MS) return true;
    this.#inHand.delete(key);
    return false;
  }

  /** The delivery of this request is done with: it may be resumed from now on. */
  release(key: string): void {
    if (this.#inHand.delete(key)) this.#options.onParked();
  }

  /** Most requests are about what is never submitted, and need not ask the state. */
  #mayBeParked({ entityType }: EnrichmentRequest): boolean {
    if (entityType === undefined || this.#options.rules.reanalyseAfterMs > 0) return true;
    return ['artifact', 'url'].includes(entityType.toLowerCase());
  }

  /** @returns a sentence that says why there is no analysis to wait for; `undefined` when there is one. */
  async #submit(considered: Considered, key: string, wish: Order['wish']): Promise<string | undefined> {
    const { request, entity, target, answer } = considered;
    try {
      const submitted = await this.#options.submitter.submit({
        key,
        object: target.object,
        wish,
        request,
        entity,
      });
      return 'refusal' in submitted ? submitted.refusal : undefined;
    } catch (error) {
      if (error instanceof HandBackError || !(error instanceof ConnectorError)) throw error;
      const { logger } = this.#options;
      logger.warn({ entityId: request.entityId, error }, 'submission to VirusTotal failed');
      if (answer.found) return `A fresh analysis could not be asked for: ${describeError(error)}`;
      throw new ConnectorError(
        `VirusTotal has no report on ${shownValue(target.observable)}, and it could not be submitted: ${error.message}`,
        error.kind,
        { cause: error },
      );
    }
  }

  /** The analysis of the object, for one more request; `undefined` when there is none to wait for. */
  async #join(key: string, { mode }: EnrichmentRequest): Promise<AnalysisRecord | undefined> {
    const { store, clock } = this.#options;
    const now = clock.now().getTime();
    const record = await changeAnalysis(store, key, (current) => {
      if (current === undefined || current.stage === 'submitting') return current;
      const priority = moreUrgent(current.priority, mode);
      if (current.stage === 'given-up') return revived({ ...current, priority }, now);
      return priority === current.priority ? current : { ...current, priority };
    });
    return record?.stage === 'submitting' ? undefined : record;
  }

  async #park(
    key: string,
    record: AnalysisRecord,
    { request, target }: Considered,
  ): Promise<PostponedOutcome> {
    const { store, clock, onParked, logger } = this.#options;
    const since = new Date(record.begunAt).toISOString().slice(0, 16).replace('T', ' ');
    const message = `VirusTotal: the analysis of ${shownValue(target.observable)} is queued since ${since} UTC; the result follows by itself.`;
    const parkedAt = clock.now().getTime();
    this.#inHand.set(request.key, parkedAt);
    await park(store, { request, analysis: key, message, parkedAt });
    logger.debug({ key: request.key, entityId: request.entityId }, 'request waits for an analysis');
    onParked();
    return { status: 'postponed', message };
  }
}

/** It may still end, and is not submitted again for that. */
function revived(record: AnalysisRecord, now: number): AnalysisRecord {
  return {
    ...record,
    stage: 'waiting',
    dueAt: now,
    giveUpAt: now + maxWaitMs(record.object.kind),
    endedAt: undefined,
    remark: undefined,
  };
}

function asRemark(remark: string | undefined): Consideration | undefined {
  return remark === undefined ? undefined : { remark };
}
