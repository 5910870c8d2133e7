import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
import type { StateStore } from '../../state/port.js';
import { markingsOf } from '../../stix/markings.js';
import type { PostponedOutcome } from '../outcome.js';
import { HandBackError } from '../platform-call.js';
import { factsOf, type EnrichmentRequest } from '../request.js';
import { shownValue, type Target } from '../subject.js';
import { analysisKeyOf, changeAnalysis, moreUrgent, type AnalysisRecord } from './analysis-record.js';
import { park, recallParked, unpark, type ParkedRequest } from './parked-request.js';
import type { Order, Submitter } from './submit.js';
import { maxWaitMs } from './timing.js';
import { wishOf, type LookedUp, type SubmissionRules } from './wish.js';

/** An entity that stands for one object of VirusTotal, after its look-up. */
export interface Considered extends Omit<LookedUp, 'markings'> {
  readonly request: EnrichmentRequest;
  readonly entity: JsonObject;
  readonly target: Target;
  /** When work on the request began, as in `Asker`: its delivery is held while it is submitted. */
  readonly startedAtMs: number | undefined;
}

/** The request waits for an analysis, or there is a sentence to add to what came of it. */
export type Consideration = PostponedOutcome | { readonly remark: string };

/** What enrichment asks about analyses. */
export interface Analyses {
  /**
   * Whether this delivery is of a request that was parked and has been answered since, or is being answered: it is
   * acknowledged, and nobody is told anything.
   */
  isAnswered(request: EnrichmentRequest): Promise<boolean>;
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
  readonly store: Pick<StateStore, 'update' | 'isDurable'>;
  readonly submitter: Submitter;
  /** Names this connector to others that share the state; absent where it has the state to itself. */
  readonly owner?: string | undefined;
  readonly rules: SubmissionRules;
  /** Time from a submission to the first question how far it is. */
  readonly firstPollMs: number;
  /**
   * Called whenever the delivery of a parked request is done with.
   *
   * @param mayEnd - Whether its analysis may have ended already.
   */
  readonly onParked: (mayEnd: boolean) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a request that is not settled as parked is kept from being resumed here. */
const MAX_IN_HAND_MS = 600_000;
/** How long it is left to the process that took its delivery, by all others; a process that lives needs less. */
const LEFT_TO_HOLDER_MS = 10_000;

const NOTHING_IS_SUBMITTED =
  'Nothing is submitted while the connector cannot keep its state; enrich it again later.';
const NOT_WAITED_FOR =
  'VirusTotal analyses it, but the connector cannot keep its state and does not wait; enrich it again later.';

/** A request that was parked or recalled here, and whose delivery is not done with. */
interface InHand {
  readonly since: number;
  readonly mayEnd: boolean;
}

/**
 * Submits, and parks requests. A crash at any point neither submits twice nor loses a request, because of the order:
 * the object is recorded before and after its submission, then the request is parked, and only then is its delivery
 * acknowledged.
 */
export class AnalysisDesk implements Analyses {
  readonly #options: AnalysisDeskOptions;
  readonly #inHand = new Map<string, InHand>();
  /** Names this process to the others. */
  readonly #holder = randomUUID();

  constructor(options: AnalysisDeskOptions) {
    this.#options = options;
  }

  async isAnswered(request: EnrichmentRequest): Promise<boolean> {
    return (await this.#recall(request)) === 'answered';
  }

  async recall(request: EnrichmentRequest): Promise<PostponedOutcome | undefined> {
    const recalled = await this.#recall(request);
    if (recalled === undefined) return undefined;
    this.#options.logger.debug(factsOf(request), 'request is parked already');
    const message =
      recalled === 'answered' ? 'VirusTotal: its results have been delivered.' : recalled.message;
    return { status: 'postponed', message };
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
    // What only memory knows is lost with the process: the request, or that its object was submitted.
    if (!this.#options.store.isDurable) return asRemark(NOTHING_IS_SUBMITTED);
    const refusal = await this.#submit(considered, key, wish);
    if (refusal !== undefined) return asRemark(refusal);
    // Whoever else wanted it may have been more urgent, or VirusTotal quick.
    const record = await this.#join(key, request);
    return record === undefined ? undefined : this.#park(key, record, considered);
  }

  /** Whether a parked request may be resumed here: nobody is about to tell its work that it waits. */
  mayResume({ request: { key }, holder, heldAt }: ParkedRequest): boolean {
    const now = this.#options.clock.now().getTime();
    const held = this.#inHand.get(key);
    if (held !== undefined && now - held.since < MAX_IN_HAND_MS) return false;
    this.#inHand.delete(key);
    return holder === this.#holder || now - heldAt >= LEFT_TO_HOLDER_MS;
  }

  /** The delivery of this request is done with: it may be resumed from now on. */
  release(key: string): void {
    const held = this.#inHand.get(key);
    if (held === undefined) return;
    this.#inHand.delete(key);
    this.#options.onParked(held.mayEnd);
  }

  async #recall(request: EnrichmentRequest): Promise<ParkedRequest | 'answered' | undefined> {
    if (request.resumed === true || !this.#mayBeParked(request)) return undefined;
    const heldAt = this.#options.clock.now().getTime();
    const { key } = request;
    const recalled = await recallParked(this.#options.store, key, { holder: this.#holder, heldAt });
    if (typeof recalled === 'object') this.#inHand.set(key, { since: heldAt, mayEnd: true });
    return recalled;
  }

  /** Most requests are about what is never submitted, and need not ask the state. */
  #mayBeParked({ entityType }: EnrichmentRequest): boolean {
    if (entityType === undefined || this.#options.rules.reanalyseAfterMs > 0) return true;
    return ['artifact', 'url'].includes(entityType.toLowerCase());
  }

  /** @returns a sentence that says why there is no analysis to wait for; `undefined` when there is one. */
  async #submit(considered: Considered, key: string, wish: Order['wish']): Promise<string | undefined> {
    const { request, target, answer, startedAtMs } = considered;
    try {
      const { object } = target;
      const submitted = await this.#options.submitter.submit({ key, object, wish, request, startedAtMs });
      return 'refusal' in submitted ? submitted.refusal : undefined;
    } catch (error) {
      if (error instanceof HandBackError || !(error instanceof ConnectorError)) throw error;
      const { logger } = this.#options;
      logger.warn({ ...factsOf(request), error }, 'submission to VirusTotal failed');
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
    const { store, clock, firstPollMs } = this.#options;
    const now = clock.now().getTime();
    const record = await changeAnalysis(store, key, (current) => {
      if (current === undefined || current.stage === 'submitting') return current;
      const priority = moreUrgent(current.priority, mode);
      if (current.stage === 'given-up') return revived({ ...current, priority }, now);
      if (priority === current.priority) return current;
      // It may have been put off for want of quota that the more urgent one has.
      return { ...current, priority, dueAt: Math.min(current.dueAt, now + firstPollMs) };
    });
    return record?.stage === 'submitting' ? undefined : record;
  }

  async #park(key: string, record: AnalysisRecord, { request, target }: Considered): Promise<Consideration> {
    const { store, clock, logger, owner } = this.#options;
    if (!this.#options.store.isDurable) return waitElsewhere(request);
    const since = new Date(record.begunAt).toISOString().slice(0, 16).replace('T', ' ');
    const message = `VirusTotal: the analysis of ${shownValue(target.observable)} is queued since ${since} UTC; the result follows by itself.`;
    const parkedAt = clock.now().getTime();
    this.#inHand.set(request.key, { since: parkedAt, mayEnd: record.stage !== 'waiting' });
    const held = { owner, holder: this.#holder, heldAt: parkedAt };
    await park(store, { request, analysis: key, message, parkedAt, ...held });
    // It may have been lost for good just now, and the broker is asked to keep the request instead.
    if (!store.isDurable) {
      await unpark(store, request.key);
      this.#inHand.delete(request.key);
      return waitElsewhere(request);
    }
    logger.debug(factsOf(request), 'request waits for an analysis');
    return { status: 'postponed', message };
  }
}

/** @throws HandBackError, so that the broker keeps the request; a playbook step is answered all the same. */
function waitElsewhere({ playbook }: EnrichmentRequest): Consideration {
  if (playbook !== undefined) return { remark: NOT_WAITED_FOR };
  throw new HandBackError(new Error('it waits for an analysis, and the state is kept in memory'));
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
