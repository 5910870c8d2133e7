import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
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
import type { ArtifactReader } from '../ports.js';
import type { EnrichmentRequest } from '../request.js';
import { changeAnalysis, readAnalysis, type AnalysisRecord } from './analysis-record.js';
import type { Exclusive } from './exclusive.js';
import { maxWaitMs, pollDelayMs } from './timing.js';
import type { Wish } from './wish.js';

export interface SubmitterOptions {
  readonly store: Pick<StateStore, 'update'>;
  readonly exclusive: Exclusive;
  readonly submissions: Submissions;
  readonly virusTotal: Pick<VirusTotal, 'lookUp'>;
  readonly artifacts: ArtifactReader;
  /** Time from a submission to the first question how far it is. */
  readonly firstPollMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is to be submitted, and for whom. */
export interface Order {
  readonly key: string;
  readonly object: VtObject;
  readonly wish: Exclude<Wish, { kind: 'nothing' | 'refused' }>;
  readonly request: EnrichmentRequest;
  readonly entity: JsonObject;
}

/** An analysis to wait for, or a sentence that says why there is none. */
export type Submitted = AnalysisRecord | { readonly refusal: string };

/**
 * Submits an object once, however many requests and replicas want it, and across crashes: before the call a record says
 * that it is being made. Who finds such a record and nobody at work asks VirusTotal first whether it has the object.
 */
export class Submitter {
  readonly #options: SubmitterOptions;
  /** The last one in line for each object. */
  readonly #last = new Map<string, Promise<Submitted>>();

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  /**
   * @throws HandBackError when the platform cannot be asked for the file now, or the quota is spent; VirusTotalError
   *   when the call failed and may be made again.
   */
  submit(order: Order): Promise<Submitted> {
    const { exclusive, store } = this.#options;
    return this.#inTurn(order.key, () =>
      exclusive.once<Submitted>(`submit ${order.key}`, {
        ready: async () => {
          const record = await readAnalysis(store, order.key);
          return record === undefined || record.stage === 'submitting' ? undefined : record;
        },
        task: () => this.#submit(order),
      }),
    );
  }

  /** One after the other for each object. What one request is refused, another one may have: a file, a place in time. */
  async #inTurn(key: string, task: () => Promise<Submitted>): Promise<Submitted> {
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(task, task);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }

  async #submit(order: Order): Promise<Submitted> {
    const { store, clock, logger, firstPollMs, random } = this.#options;
    const { key, object, wish, request } = order;
    const earlier = await readAnalysis(store, key);
    if (earlier !== undefined) {
      const found = await this.#recover(order, earlier);
      if (found !== undefined) return found;
    }
    const content = wish.kind === 'upload' ? await this.#contentOf(order) : undefined;
    if (content !== undefined && 'refusal' in content) return this.#drop(key, content.refusal);
    const begunAt = clock.now().getTime();
    const begun: AnalysisRecord = {
      object,
      stage: 'submitting',
      begunAt,
      priority: request.mode,
      staleSince: wish.kind === 'reanalyse' ? wish.lastAnalysis.getTime() : undefined,
      polls: 0,
      lateReports: 0,
      dueAt: begunAt,
      giveUpAt: begunAt + maxWaitMs(object.kind),
    };
    await changeAnalysis(store, key, () => begun);
    const submission = await this.#call(order, content);
    if (submission !== undefined && 'refusal' in submission) return this.#drop(key, submission.refusal);
    const dueAt = clock.now().getTime() + pollDelayMs(0, firstPollMs, random);
    const waiting: AnalysisRecord = { ...begun, stage: 'waiting', submission, dueAt };
    await changeAnalysis(store, key, () => waiting);
    logger.info(
      { entityId: request.entityId, what: wish.kind, analysisId: submission?.analysisId },
      'submitted to VirusTotal',
    );
    return waiting;
  }

  /** A former attempt ended somewhere between its call and its record: VirusTotal may have the object by now. */
  async #recover(order: Order, earlier: AnalysisRecord): Promise<AnalysisRecord | undefined> {
    const { store, clock, virusTotal } = this.#options;
    const { key, object, request, wish } = order;
    const notBefore = clock.now();
    const answer = await orHandBack(
      virusTotal.lookUp(object, { priority: request.mode, notBefore }),
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

  async #contentOf({ request, entity }: Order): Promise<FileContent | { readonly refusal: string }> {
    try {
      const content = await this.#options.artifacts.contentOf(request, entity);
      return content ?? { refusal: 'It was not submitted: no file is attached to it.' };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      // A playbook step is answered whatever happens; any other request can come again when the platform is back.
      if (error.retryable && request.playbook === undefined) throw new HandBackError(error);
      return { refusal: `It was not submitted: ${describeError(error)}` };
    }
  }

  /** `undefined`: VirusTotal is analysing this very object already. */
  async #call(
    order: Order,
    content: FileContent | undefined,
  ): Promise<Submission | undefined | { readonly refusal: string }> {
    const { submissions, logger } = this.#options;
    const { object, wish, request, key } = order;
    const asker: Asker = { priority: request.mode };
    try {
      if (content !== undefined) return await submissions.submitFile(content, asker);
      if (object.kind === 'url' && wish.kind === 'submit-url')
        return await submissions.submitUrl(object.url, asker);
      const again = await submissions.reanalyse(object, asker);
      return again ?? { refusal: 'VirusTotal cannot analyse it again: it does not keep the content.' };
    } catch (error) {
      if (error instanceof PostponeError || (error instanceof ConnectorError && error.untouched))
        await this.#forget(key);
      if (comesAgain(error, request) || isFaultOfSource(error, request)) throw new HandBackError(error);
      const isFinal =
        error instanceof ForbiddenError || (error instanceof ConnectorError && error.kind === 'invalid');
      if (!isFinal) throw error;
      logger.warn({ entityId: request.entityId, reason: error.message }, 'VirusTotal takes no submission');
      const what =
        wish.kind === 'reanalyse' ? 'A fresh analysis could not be asked for' : 'It was not submitted';
      return { refusal: `${what}: ${error.message}` };
    }
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
