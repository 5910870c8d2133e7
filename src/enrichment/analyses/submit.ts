import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { ForbiddenError, VirusTotalError } from '../../virustotal/errors.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import type {
  Asker,
  FileContent,
  Submission,
  Submissions,
  VirusTotal,
  VtObject,
} from '../../virustotal/schema.js';
import { comesAgain } from '../comes-again.js';
import { HandBackError } from '../platform-call.js';
import { factsOf, type EnrichmentRequest } from '../request.js';
import { changeAnalysis, readAnalysis, type AnalysisRecord } from './analysis-record.js';
import type { Exclusive } from './exclusive.js';
import type { Publication } from './publication.js';
import { maxWaitMs, pollDelayMs } from './timing.js';
import { OvertakenError, Turns } from './turns.js';
import type { Wish } from './wish.js';

export interface SubmitterOptions {
  readonly store: Pick<StateStore, 'update' | 'isDurable'>;
  readonly exclusive: Exclusive;
  readonly submissions: Submissions;
  readonly virusTotal: Pick<VirusTotal, 'lookUp'>;
  readonly publication: Publication;
  /** Time from a submission to the first question how far it is. */
  readonly firstPollMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often a request comes again because the answer to its submission was lost, before that fails it. */
const MAX_LOST_ANSWERS = 3;

/** What is to be submitted, and for whom. */
export interface Order {
  readonly key: string;
  readonly object: VtObject;
  readonly wish: Exclude<Wish, { kind: 'nothing' | 'refused' }>;
  readonly request: EnrichmentRequest;
  /** As in `Asker`. */
  readonly startedAtMs: number | undefined;
}

/** An analysis to wait for, or a sentence that says why there is none. */
export type Submitted = AnalysisRecord | { readonly refusal: string };

/**
 * Submits an object once, however many requests and replicas want it, and across crashes: before the call a record says
 * that it is being made. Who finds such a record and nobody at work asks VirusTotal first whether it has the object.
 */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #turns = new Turns();

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  /**
   * @throws HandBackError when the platform cannot be asked for the file now, or the quota is spent; VirusTotalError
   *   when the call failed and may be made again.
   */
  async submit(order: Order): Promise<Submitted> {
    for (;;) {
      // What one request is refused, another one may have: a file, a place in time.
      const turn = await this.#turns.take(order.key, order.request.mode);
      try {
        return await this.#once(order, turn.signal);
      } catch (error) {
        // What the more urgent one leaves behind is for this one, too.
        if (!(error instanceof OvertakenError)) throw error;
      } finally {
        turn.end();
      }
    }
  }

  #once(order: Order, signal: AbortSignal): Promise<Submitted> {
    const { exclusive, store } = this.#options;
    return exclusive.once<Submitted>(`submit ${order.key}`, {
      ready: async () => {
        const record = await readAnalysis(store, order.key);
        return record === undefined || record.stage === 'submitting' ? undefined : record;
      },
      task: () => this.#submit(order, signal),
    });
  }

  async #submit(order: Order, signal: AbortSignal): Promise<Submitted> {
    const { store, clock, logger, firstPollMs, random } = this.#options;
    const { key, object, wish, request } = order;
    const earlier = await readAnalysis(store, key);
    if (earlier !== undefined) {
      const found = await this.#recover(order, earlier, signal);
      if (found !== undefined) return found;
    }
    // A fresh analysis of what VirusTotal has publishes nothing.
    const cleared =
      wish.kind === 'reanalyse'
        ? { content: undefined }
        : await this.#options.publication.clear(request, object);
    if ('refusal' in cleared) return this.#drop(key, cleared.refusal);
    const { content } = cleared;
    const begunAt = clock.now().getTime();
    const begun: AnalysisRecord = {
      object,
      stage: 'submitting',
      begunAt,
      priority: request.mode,
      staleSince: wish.kind === 'reanalyse' ? wish.lastAnalysis.getTime() : undefined,
      polls: 0,
      lateReports: 0,
      lostAnswers: earlier?.lostAnswers,
      dueAt: begunAt,
      giveUpAt: begunAt + maxWaitMs(object.kind),
    };
    await changeAnalysis(store, key, () => begun);
    if (!store.isDurable)
      return this.#drop(key, 'Nothing is submitted while the connector cannot keep its state.');
    const submission = await this.#call(order, content, signal);
    if (submission !== undefined && 'refusal' in submission) return this.#drop(key, submission.refusal);
    const dueAt = clock.now().getTime() + pollDelayMs(0, firstPollMs, random);
    const waiting: AnalysisRecord = { ...begun, stage: 'waiting', lostAnswers: undefined, submission, dueAt };
    await changeAnalysis(store, key, () => waiting);
    logger.info(
      { ...factsOf(request), what: wish.kind, analysisId: submission?.analysisId },
      'submitted to VirusTotal',
    );
    return waiting;
  }

  /** A former attempt ended somewhere between its call and its record: VirusTotal may have the object by now. */
  async #recover(
    order: Order,
    earlier: AnalysisRecord,
    signal: AbortSignal,
  ): Promise<AnalysisRecord | undefined> {
    const { store, clock, virusTotal } = this.#options;
    const { key, object, request, wish, startedAtMs } = order;
    const notBefore = clock.now();
    const answer = await orHandBack(
      virusTotal.lookUp(object, {
        priority: request.mode,
        startedAtMs,
        notBefore,
        signal,
        about: factsOf(request),
      }),
      request,
    );
    if (!answer.found) return undefined;
    const analysedAt = answer.report.lastAnalysisDate?.getTime();
    const isFresh =
      analysedAt !== undefined && (wish.kind !== 'reanalyse' || analysedAt > wish.lastAnalysis.getTime());
    if (!isFresh && wish.kind === 'reanalyse') return undefined;
    return changeAnalysis(store, key, () =>
      isFresh
        ? { ...earlier, stage: 'completed', endedAt: notBefore.getTime() }
        : {
            ...earlier,
            stage: 'waiting',
            dueAt: notBefore.getTime(),
            giveUpAt: notBefore.getTime() + maxWaitMs(object.kind),
          },
    );
  }

  /** `undefined`: VirusTotal is analysing this very object already. */
  async #call(
    order: Order,
    content: FileContent | undefined,
    signal: AbortSignal,
  ): Promise<Submission | undefined | { readonly refusal: string }> {
    const { submissions, logger } = this.#options;
    const { object, wish, request, key, startedAtMs } = order;
    const asker: Asker = { priority: request.mode, startedAtMs, signal, about: factsOf(request) };
    try {
      if (content !== undefined) return await submissions.submitFile(content, asker);
      if (object.kind === 'url' && wish.kind === 'submit-url')
        return await submissions.submitUrl(object.url, asker);
      const again = await submissions.reanalyse(object, asker);
      return again ?? { refusal: 'VirusTotal cannot analyse it again: it does not keep the content.' };
    } catch (error) {
      if (error instanceof PostponeError || (error instanceof ConnectorError && error.untouched))
        await this.#forget(key);
      if (error instanceof OvertakenError) throw error;
      if (comesAgain(error, request) || isFaultOfSource(error, request)) throw new HandBackError(error);
      if (await this.#isWorthRecovering(error, order)) throw new HandBackError(error);
      const isFinal =
        error instanceof ForbiddenError || (error instanceof ConnectorError && error.kind === 'invalid');
      if (!isFinal) throw error;
      logger.warn({ ...factsOf(request), reason: error.message }, 'VirusTotal takes no submission');
      const what =
        wish.kind === 'reanalyse' ? 'A fresh analysis could not be asked for' : 'It was not submitted';
      return { refusal: `${what}: ${error.message}` };
    }
  }

  /** VirusTotal may have taken it: when the request comes again, a look-up tells. */
  async #isWorthRecovering(error: unknown, { key, request }: Order): Promise<boolean> {
    if (!(error instanceof VirusTotalError && error.uncertain) || request.playbook !== undefined)
      return false;
    const record = await changeAnalysis(
      this.#options.store,
      key,
      (current) => current && { ...current, lostAnswers: (current.lostAnswers ?? 0) + 1 },
    );
    return (record?.lostAnswers ?? 0) <= MAX_LOST_ANSWERS;
  }

  async #drop(key: string, refusal: string): Promise<Submitted> {
    await this.#forget(key);
    return { refusal };
  }

  /** Nothing was submitted, so there is nothing to recover. */
  async #forget(key: string): Promise<void> {
    await changeAnalysis(this.#options.store, key, (current) =>
      current?.stage === 'submitting' ? undefined : current,
    );
  }
}

/** The platform failed while the file was read from it; a playbook step is answered all the same. */
function isFaultOfSource(error: unknown, { playbook }: EnrichmentRequest): boolean {
  const isOurs = error instanceof VirusTotalError || error instanceof PostponeError;
  return error instanceof ConnectorError && !isOurs && error.retryable && playbook === undefined;
}

async function orHandBack<T>(answer: Promise<T>, request: EnrichmentRequest): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw comesAgain(error, request) ? new HandBackError(error) : error;
  }
}
