import type { Logger } from 'pino';
import { ConnectorError, describeError } from '../shared/connector-error.js';
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
 *   leaves a work open for ever, and to answer a playbook step twice runs all following steps again.
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
  return attemptCall(call, what, context, false);
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
  return (await attemptCall(call, what, context, true)) === 'refused' ? 'refused' : 'done';
}

async function attemptCall(
  call: () => Promise<void>,
  what: string,
  { request, logger }: CallContext,
  repeatable: boolean,
): Promise<'done' | 'uncertain' | 'refused'> {
  try {
    await call();
    return 'done';
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const about = { ...factsOf(request), what, reason: error.message };
    if (error.uncertain && !repeatable) {
      logger.warn(about, 'answer of the platform was lost; the call counts as made');
      return 'uncertain';
    }
    if (error.retryable || error.kind === 'configuration') throw new HandBackError(error);
    logger.warn(about, 'platform refuses the call');
    return 'refused';
  }
}
