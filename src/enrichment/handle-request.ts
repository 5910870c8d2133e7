import type { Logger } from 'pino';
import type { Clock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { CommitOrder, outOfOrder } from './commit-order.js';
import type { Enrich } from './enrich.js';
import type { EnrichmentOutcome } from './outcome.js';
import type { WorkReporter } from './ports.js';
import type { EnrichmentRequest } from './request.js';
import { mustComeAgain, type Settle } from './settle.js';

export interface HandlerDependencies {
  readonly enrich: Enrich;
  readonly settle: Settle;
  readonly works: WorkReporter;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the connector stops: what is not settled by then is handed back instead of reported as failed. */
  readonly signal?: AbortSignal | undefined;
}

/** Takes a request from arrival to settlement. Resolves: done with. Rejects: it must be delivered again. */
export type HandleRequest = (request: EnrichmentRequest) => Promise<void>;

/** Builds the handler that both inbound protocols call, synchronously and in the order of arrival. */
export function createRequestHandler(dependencies: HandlerDependencies): HandleRequest {
  const order = new CommitOrder();
  const { enrich, settle, works, telemetry, clock, logger, signal } = dependencies;
  return async (request) => {
    const turn = request.playbook === undefined ? order.take() : outOfOrder;
    telemetry.runStarted();
    const context = {
      key: request.key,
      entityId: request.entityId,
      entityType: request.entityType,
      mode: request.mode,
    };
    try {
      // The platform's bookkeeping and the look-up need not wait for each other.
      const [outcome, accountable] = await Promise.all([enrich(request), receive(request)]);
      if (signal?.aborted === true) throw new ConnectorError('the connector is stopping', 'transient');
      report(outcome);
      await settle(accountable, outcome, turn);
      logger.info(
        { ...context, status: outcome.status, tookMs: clock.now().getTime() - request.receivedAt.getTime() },
        'request settled',
      );
    } catch (error) {
      telemetry.error();
      if (mustComeAgain(error)) {
        logger.warn(
          { ...context, reason: describeError(error) },
          'request could not be settled and is handed back',
        );
        throw error;
      }
      logger.error({ ...context, error }, 'request could not be settled');
    } finally {
      turn.release();
      telemetry.runFinished();
    }

    /** Tells the platform that the work has begun; a work that is gone is not reported to any more. */
    async function receive(taken: EnrichmentRequest): Promise<EnrichmentRequest> {
      if (taken.workId === undefined) return taken;
      try {
        await works.received(taken, 'VirusTotal: looking it up');
        return taken;
      } catch (error) {
        if (mustComeAgain(error)) throw error;
        logger.warn(
          { ...context, reason: describeError(error) },
          'work cannot be reported to; results are delivered without it',
        );
        return { ...taken, workId: undefined };
      }
    }

    function report(outcome: EnrichmentOutcome): void {
      if (outcome.status !== 'failed') return;
      telemetry.error();
      logger.warn({ ...context, error: outcome.error }, 'request failed');
    }
  };
}
