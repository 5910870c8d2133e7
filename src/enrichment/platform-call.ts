import type { Logger } from 'pino';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Attempt } from './attempts.js';
import type { DeliveryReport } from './ports.js';
import { factsOf, type EnrichmentRequest } from './request.js';

/** The request has to be delivered again, and nothing is lost or done twice by that. */
export class HandBackError extends ConnectorError {
  /** @param cause - Why it could not be settled now. */
  constructor(cause: unknown) {
    super(describeError(cause), 'transient', { cause, untouched: true });
  }
}

/** Whose call it is. */
export interface CallContext {
  readonly request: EnrichmentRequest;
  readonly logger: Logger;
}

/**
 * Makes one call that must not be made twice.
 *
 * - `done`: it was answered.
 * - `uncertain`: the answer was lost, the call may have happened. It counts as made: to announce an expectation twice
 *   leaves a work open for ever.
 * - `refused`: the platform will not do it, now or later, for example because the work was deleted.
 *
 * @throws HandBackError when it surely was not made but can be later: the platform is away, or its address, token or
 *   a proxy need somebody's hand.
 */
export function callOnce(
  call: () => Promise<void>,
  what: string,
  context: CallContext,
): Promise<'done' | 'uncertain' | 'refused'> {
  return attemptCall(call, what, context, () => false);
}

/**
 * Makes one call that does no harm when it is made again.
 *
 * @throws HandBackError when it was not answered: while the platform does not even take this, nothing that counts
 *   should be told to it.
 */
export async function callRepeatedly(
  call: () => Promise<void>,
  what: string,
  context: CallContext,
): Promise<'done' | 'refused'> {
  return (await attemptCall(call, what, context, () => true)) === 'refused' ? 'refused' : 'done';
}

/** Calls that the platform fails at; each may have run the steps that follow. */
const MAX_FAILED_ANSWERS = 3;

/**
 * Makes one call that must be made, and rather not twice: the answer to a playbook step. An answer that never arrives
 * ends the playbook there, without anybody's being told; a second one runs the following steps again. So it is made again
 * when its answer was lost, unless the platform had it and was not done in time: then it is still running those steps.
 * When the platform says that it failed it may have run them as well, or nothing: it is called three times at most.
 *
 * @param attempt - Counts those calls.
 * @throws HandBackError when it may not have been made, and can be later.
 */
export async function callUntilTaken(
  call: () => Promise<void>,
  what: string,
  context: CallContext,
  attempt: Pick<Attempt, 'failedAnswers'>,
): Promise<'done' | 'uncertain' | 'refused'> {
  return attemptCall(call, what, context, (error) => {
    if (isTimeout(error)) return false;
    if (error.mayBePartial) attempt.failedAnswers += 1;
    return attempt.failedAnswers < MAX_FAILED_ANSWERS;
  });
}

/**
 * Whether something was waited for in vain that was there, by us or by a proxy: the connection stood, and no answer
 * came.
 */
export function isTimeout(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError') return true;
  }
  return false;
}

async function attemptCall(
  call: () => Promise<void>,
  what: string,
  { request, logger }: CallContext,
  mayRepeat: (error: ConnectorError) => boolean,
): Promise<'done' | 'uncertain' | 'refused'> {
  try {
    await call();
    return 'done';
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const about = { ...factsOf(request), what, reason: error.message };
    if (error.uncertain && !mayRepeat(error)) {
      logger.debug(about, 'answer of the platform was lost; the call counts as made');
      return 'uncertain';
    }
    if (error.retryable || error.kind === 'configuration') throw new HandBackError(error);
    logger.warn(about, 'platform refuses the call');
    return 'refused';
  }
}

/**
 * What became of results. What was not confirmed may be sent again: its objects have the same ids.
 *
 * @throws HandBackError then, and ConnectorError when it is of no use.
 */
export async function confirmed(delivered: Promise<DeliveryReport>): Promise<DeliveryReport> {
  try {
    return await delivered;
  } catch (error) {
    throw error instanceof ConnectorError && error.retryable ? new HandBackError(error) : error;
  }
}
