import { ConnectorError } from '../shared/connector-error.js';
import { createBundle } from '../stix/bundle.js';
import { createAuthor } from '../stix/create.js';
import type { Attempt } from './attempts.js';
import type { Turn } from './commit-order.js';
import type { Expectations } from './expectations.js';
import { type ExpectationsDependencies } from './expectations.js';
import { callRepeatedly, confirmed, HandBackError } from './platform-call.js';
import type { BundleSink } from './ports.js';
import type { EnrichmentRequest } from './request.js';

/** How a work completes for which no worker has anything to import (protocol reference §10). */
export type EmptyWorkRule =
  /** As soon as it is told of its end. Nothing is reported, so that no older work is overtaken. */
  | { readonly by: 'end' }
  /** By an expectation that the connector itself announces and reports. */
  | { readonly by: 'report' }
  /**
   * By an expectation that a worker reports, for a message that holds the author alone: it goes behind the results of
   * older works, which the platform would throw away if a newer one reported before they are imported.
   */
  | { readonly by: 'message'; readonly queue: BundleSink };

export interface WorkEndDependencies extends ExpectationsDependencies {
  readonly emptyWorks: EmptyWorkRule;
}

/** The last things that a work is told. */
export class WorkEnd {
  readonly #dependencies: WorkEndDependencies;
  readonly #expectations: Expectations;

  constructor(dependencies: WorkEndDependencies, expectations: Expectations) {
    this.#dependencies = dependencies;
    this.#expectations = expectations;
  }

  /**
   * Sees to it that a work of which no worker has anything to report completes when it is told of its end.
   *
   * @returns `false` when there is no such work any more.
   */
  async fulfil(request: EnrichmentRequest, turn: Turn, attempt: Attempt): Promise<boolean> {
    const { emptyWorks } = this.#dependencies;
    // What was announced for results that cannot be handed over after all has to be reported in any case.
    if (request.workId === undefined || (emptyWorks.by === 'end' && attempt.announced === 0)) {
      turn.release();
      return true;
    }
    if (emptyWorks.by === 'message' && attempt.announced === 0) {
      const isFulfilled = await this.#fulfilByMessage(emptyWorks.queue, request, turn, attempt);
      if (isFulfilled !== undefined) return isFulfilled;
    }
    if (!(await this.#expectations.announce(request, 1, attempt))) return false;
    await turn.wait();
    // One too many does no harm: as many as are expected complete the work, and nobody else reports.
    await this.#report(request, Math.max(1, attempt.announced));
    turn.sent();
    return true;
  }

  /** `undefined` when no message can be sent. */
  async #fulfilByMessage(
    queue: BundleSink,
    request: EnrichmentRequest,
    turn: Turn,
    attempt: Attempt,
  ): Promise<boolean | undefined> {
    try {
      const prepared = await queue.prepare(request, createBundle([createAuthor()]));
      if (!(await this.#expectations.announce(request, prepared.expectations, attempt))) return false;
      await turn.wait();
      const { delivered } = prepared.send();
      turn.sent();
      const { undelivered, isUnqueued } = await confirmed(delivered);
      if (isUnqueued === true) return undefined;
      // Nobody misses what was in it.
      await this.#report(request, undelivered.length);
      return true;
    } catch (error) {
      if (!(error instanceof ConnectorError) || error instanceof HandBackError) throw error;
      return undefined;
    }
  }

  /** Reports objects that were announced and are lost. */
  async reportLosses(request: EnrichmentRequest, attempt: Attempt): Promise<void> {
    const { works, logger } = this.#dependencies;
    for (let loss = attempt.losses[0]; loss !== undefined; loss = attempt.losses[0]) {
      const reported = loss;
      await callRepeatedly(() => works.reportExpectation(request, reported), 'report of a lost object', {
        request,
        logger,
      });
      attempt.losses = attempt.losses.slice(1);
    }
  }

  /** The end itself. */
  async close(request: EnrichmentRequest, message: string, inError: boolean): Promise<void> {
    const { works, logger } = this.#dependencies;
    await callRepeatedly(() => works.processed(request, message, inError), 'end of the work', {
      request,
      logger,
    });
  }

  /**
   * Ends a work whose results travelled without it. Nothing is announced: the platform may have closed it.
   *
   * @throws HandBackError when that cannot be done now.
   */
  async closeOvertaken(request: EnrichmentRequest, message: string, attempt: Attempt): Promise<void> {
    const { emptyWorks } = this.#dependencies;
    const { announced } = attempt;
    // As many as the platform may know of, since no worker reports them; too many do no harm, and one completes the
    // work where its end alone does not (from 7.260422 on `processed ≥ expected`).
    if (announced > 0 || emptyWorks.by !== 'end') await this.#report(request, Math.max(1, announced));
    await this.close(request, message, attempt.failure !== undefined);
  }

  async #report(request: EnrichmentRequest, count: number): Promise<void> {
    const { works, logger } = this.#dependencies;
    for (let open = count; open > 0; open -= 1) {
      await callRepeatedly(() => works.reportExpectation(request), 'report of an expectation', {
        request,
        logger,
      });
    }
  }
}
