import type { Attempts } from './attempts.js';
import { outOfOrder } from './commit-order.js';
import type { EnrichmentOutcome } from './outcome.js';
import type { EnrichmentRequest } from './request.js';
import type { Settle } from './settle.js';

export interface AbandonDependencies {
  readonly settle: Settle;
  /** As the request handler keeps them. */
  readonly attempts: Attempts;
}

/**
 * Ends a request that nobody would deliver again: its work fails with a sentence that says what to do, and a playbook
 * goes on with what it had. Rejects when the platform cannot be told.
 */
export type AbandonRequest = (request: EnrichmentRequest) => Promise<void>;

/** Builds the function that ends requests which a stopping connector loses. */
export function createAbandonRequest({ settle, attempts }: AbandonDependencies): AbandonRequest {
  return async (request) => {
    const attempt = await attempts.recall(request.key);
    const error = new Error('the connector stopped');
    const failed: EnrichmentOutcome = {
      status: 'failed',
      error,
      message: 'VirusTotal: the connector stopped before this could be done; start the enrichment again.',
    };
    // What is with the platform already has not failed; only its work is still open.
    const outcome = attempt.handedOver ? (attempt.outcome ?? failed) : failed;
    await settle(request, outcome, outOfOrder, attempt);
    attempts.finish(request.key);
  };
}
