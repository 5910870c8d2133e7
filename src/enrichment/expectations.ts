import type { Logger } from 'pino';
import type { Attempt, Attempts } from './attempts.js';
import { callOnce, callRepeatedly, HandBackError } from './platform-call.js';
import type { WorkReporter } from './ports.js';
import type { EnrichmentRequest } from './request.js';

export interface ExpectationsDependencies {
  readonly works: WorkReporter;
  /** Where expectations are noted before they are announced. */
  readonly attempts?: Pick<Attempts, 'commit' | 'progress'> | undefined;
  readonly logger: Logger;
}

/**
 * Tells the platform how many reports a work has to wait for (protocol reference §10). Told twice, the work stays open
 * for ever; so it is noted in the state before, and what is found there after a crash counts as told (ADR 17).
 */
export class Expectations {
  readonly #dependencies: ExpectationsDependencies;

  constructor(dependencies: ExpectationsDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Announces what was not announced before.
   *
   * @returns `false` when there is no such work any more.
   * @throws HandBackError when the platform surely was not told, but can be later.
   */
  async announce(request: EnrichmentRequest, expectations: number, attempt: Attempt): Promise<boolean> {
    const { works, attempts, logger } = this.#dependencies;
    const { announced, isCertain } = attempt;
    const missing = expectations - announced;
    if (missing <= 0 || request.workId === undefined) return true;
    if (attempt.handedOver && !attempt.isUnqueued) return true;
    Object.assign(attempt, { announced: expectations, isCertain: false });
    await attempts?.commit(request.key, attempt);
    let answer: Awaited<ReturnType<typeof callOnce>> = 'refused';
    try {
      answer = await callOnce(() => works.addExpectations(request, missing), 'expectations', {
        request,
        logger,
      });
    } catch (error) {
      if (error instanceof HandBackError) Object.assign(attempt, { announced, isCertain });
      throw error;
    }
    if (answer === 'done') attempt.isCertain = isCertain;
    if (answer === 'refused') Object.assign(attempt, { announced, isCertain });
    attempts?.progress(request.key, attempt);
    return answer !== 'refused';
  }

  /**
   * Reports what an earlier attempt announced beyond these, from a report that was longer: nobody else will, and the work
   * would stay open.
   */
  async reportSurplus(request: EnrichmentRequest, expectations: number, attempt: Attempt): Promise<void> {
    const { works, logger } = this.#dependencies;
    if (request.workId === undefined) return;
    for (; attempt.announced > expectations; attempt.announced -= 1) {
      await callRepeatedly(() => works.reportExpectation(request), 'report of an expectation', {
        request,
        logger,
      });
    }
  }
}
