import type { Logger } from 'pino';
import { sleep as wallSleep, type Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import { unlessAborted } from '../shared/unless-aborted.js';
import type { RunEnd, Telemetry } from '../shared/telemetry.js';
import { Attempts, type Attempt } from './attempts.js';
import { CommitOrder, type Turn } from './commit-order.js';
import type { Enrich } from './enrich.js';
import type { EnrichmentOutcome } from './outcome.js';
import { PostponeError } from '../virustotal/postpone-error.js';
import { StoppedError } from '../virustotal/stopped-error.js';
import { callRepeatedly, HandBackError, isTimeout } from './platform-call.js';
import type { WorkReporter } from './ports.js';
import { Reception } from './reception.js';
import { factsOf, type EnrichmentRequest } from './request.js';
import { endOf, handedBackFor, runOf } from './run-facts.js';
import type { Settle } from './settle.js';

export interface HandlerDependencies {
  /** When this process began: works that are older may have been overtaken by what a process before it sent. */
  readonly startedAt: Date;
  readonly enrich: Enrich;
  readonly settle: Settle;
  readonly works: WorkReporter;
  /** Whether a delivery is of a request that was parked and is answered elsewhere: nobody is told anything. */
  readonly isAnswered?: ((request: EnrichmentRequest) => Promise<boolean>) | undefined;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the connector stops: what is not settled by then is handed back instead of reported as failed. */
  readonly signal?: AbortSignal | undefined;
  /** How far requests came that were handed back; its own when absent. */
  readonly attempts?: Attempts;
  /** Deliveries of a request that may end with the process, or time out; without limit when absent or 0. */
  readonly maxAttempts?: number | undefined;
  /**
   * Whether the platform answers at all: only then a request counts as timed out, or is worth a line in the log. Not when
   * absent.
   */
  readonly isPlatformThere?: (() => Promise<boolean>) | undefined;
  readonly sleep?: Sleep | undefined;
}

/**
 * Takes a request from arrival to settlement. Resolves: done with. Rejects: it must be delivered again.
 *
 * @param onCommit - Called with true before something begins that must not happen twice, however long it takes: from
 *   then on a stop may not hand the request back. Called with false as soon as that has failed and must happen again.
 */
export type HandleRequest = (
  request: EnrichmentRequest,
  onCommit?: (isCommitted: boolean) => void,
) => Promise<void>;

/** Nobody is told anything about this delivery. */
const answeredElsewhere: EnrichmentOutcome = { status: 'postponed', message: 'VirusTotal: answered already' };

/** Builds the handler that both inbound protocols call, synchronously and in the order in which requests are served. */
export function createRequestHandler(dependencies: HandlerDependencies): HandleRequest {
  const order = new CommitOrder(dependencies.startedAt);
  const {
    enrich,
    settle,
    works,
    isAnswered,
    telemetry,
    clock,
    logger,
    signal,
    attempts = new Attempts(),
    maxAttempts = 0,
    isPlatformThere = () => Promise.resolve(false),
    sleep = wallSleep,
  } = dependencies;
  const reception = new Reception({ attempts, order, maxAttempts, sleep, signal });

  return async (request, onCommit) => {
    const { attempt, turn, leave } = reception.beginAtOnce(request) ?? (await reception.begin(request));
    const about = { ...factsOf(request), entityType: request.entityType, mode: request.mode };
    const runFacts = runOf(request);
    let end: RunEnd = { outcome: 'failed', reason: 'defect' };
    telemetry.runStarted(runFacts);
    try {
      try {
        const outcome = await run(request, turn, attempt, onCommit);
        end = outcome === answeredElsewhere ? { outcome: 'duplicate' } : endOf(outcome);
        const tookMs = clock.now().getTime() - request.receivedAt.getTime();
        logger.info({ ...about, status: outcome.status, tookMs }, 'request settled');
        attempts.finish(request.key);
      } catch (error) {
        if (!isExpected(error)) telemetry.error();
        if (isPostponed(error)) await tellToWait(request, error.cause, turn, attempt);
        if (error instanceof HandBackError) throw error;
        end = { outcome: 'failed', reason: error instanceof ConnectorError ? error.kind : 'defect' };
        logger.error({ ...about, error }, 'request could not be settled');
        await settleAsFailed(request, error, turn, attempt);
        attempts.finish(request.key);
      }
    } catch (error) {
      onCommit?.(false);
      end = handedBackFor(error, signal?.aborted === true);
      // Nobody has to wait for it any more.
      turn.release();
      leave();
      // While the platform itself is away, no request is to blame.
      const isItsOwn = !isExpected(error) && (await isThereMeanwhile()) && signal?.aborted !== true;
      if (isItsOwn && isTimeout(error)) attempt.timeouts += 1;
      await attempts.keep(request.key, attempt);
      // That the quota is spent, VirusTotal or the platform down, or the connector stopped, is said once, and not for
      // each request; what else keeps a request from its end, once for each, and not for each time it comes.
      logger[isItsOwn && !attempt.toldInLog ? 'warn' : 'debug'](
        { ...about, reason: describeError(error) },
        'request could not be settled and is handed back',
      );
      attempt.toldInLog ||= isItsOwn;
      throw error;
    } finally {
      turn.release();
      leave();
      telemetry.runFinished(runFacts, end, clock.now().getTime() - runFacts.requestedAt.getTime());
    }
  };

  async function run(
    request: EnrichmentRequest,
    turn: Turn,
    attempt: Attempt,
    onCommit: ((isCommitted: boolean) => void) | undefined,
  ): Promise<EnrichmentOutcome> {
    if (isAnswered !== undefined && (await isAnswered(request))) return answeredElsewhere;
    const verdict = reception.verdictOn(attempt);
    if (verdict !== undefined) return giveUp(request, verdict, turn, attempt);
    // The platform's bookkeeping and the look-up need not wait for each other.
    const both = [lookUp(request, attempt), receive(request, attempt)] as const;
    await Promise.allSettled(both);
    if (signal?.aborted === true) throw new HandBackError(new Error('the connector is stopping'));
    const [outcome, accountable] = await Promise.all(both);
    if (request.playbook !== undefined) onCommit?.(true);
    await settleAndRemember(accountable, outcome, turn, attempt);
    return outcome;
  }

  /** What a ping finds out, which may take long; a stop does not wait for it. */
  function isThereMeanwhile(): Promise<boolean> {
    return signal === undefined ? isPlatformThere() : unlessAborted(isPlatformThere(), signal, false);
  }

  /** Ends a request that was tried often enough. A playbook goes on with what it had. */
  async function giveUp(
    request: EnrichmentRequest,
    verdict: EnrichmentOutcome,
    turn: Turn,
    attempt: Attempt,
  ): Promise<EnrichmentOutcome> {
    telemetry.error();
    const { deaths, timeouts } = attempt;
    logger.error({ ...factsOf(request), deaths, timeouts }, 'request was tried often enough and is given up');
    await settleAndRemember(request, verdict, turn, attempt);
    return verdict;
  }

  async function lookUp(request: EnrichmentRequest, attempt: Attempt): Promise<EnrichmentOutcome> {
    if (attempt.outcome !== undefined) return attempt.outcome;
    const outcome = await enrich(request);
    // A parked request may have been resumed meanwhile, and is looked for again.
    if (outcome.status === 'postponed') return outcome;
    if (outcome.status !== 'failed') {
      attempt.outcome = outcome;
    } else if (signal?.aborted !== true) {
      telemetry.error();
      logger.warn({ ...factsOf(request), error: outcome.error }, 'request failed');
    }
    return outcome;
  }

  /** Tells the platform that the work has begun; a work that is gone is not reported to any more. */
  async function receive(request: EnrichmentRequest, attempt: Attempt): Promise<EnrichmentRequest> {
    // A resumed one was received before it was parked, and its work says what it waited for.
    if (request.workId === undefined || attempt.received || request.resumed === true) return request;
    const answer = await callRepeatedly(
      () => works.received(request, 'VirusTotal: looking it up'),
      'begin of the work',
      { request, logger },
    );
    if (answer === 'refused') return { ...request, workId: undefined };
    attempt.received = true;
    return request;
  }

  /** Says in the work, once and if the platform can be told, why nothing happens for a while. */
  async function tellToWait(
    request: EnrichmentRequest,
    reason: PostponeError,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    // Told of something, the platform reopens a work that it has closed because a newer one overtook it.
    if (!attempt.received || attempt.toldToWait || turn.overtaken || reason instanceof StoppedError) return;
    attempt.toldToWait = true;
    try {
      await works.received(request, reason.message);
    } catch (error) {
      logger.debug(
        { ...factsOf(request), reason: describeError(error) },
        'platform could not be told that a request waits',
      );
    }
  }

  /** What comes of a stop, or passes without anybody's doing. */
  function isExpected(error: unknown): boolean {
    return isPostponed(error) || (error instanceof HandBackError && signal?.aborted === true);
  }

  /** A second attempt must end what the first one told the platform, also when that was a failure. */
  async function settleAndRemember(...[request, outcome, turn, attempt]: Parameters<Settle>): Promise<void> {
    try {
      await settle(request, outcome, turn, attempt);
    } finally {
      if (attempt.handedOver || attempt.announced > 0) attempt.outcome = outcome;
    }
  }

  /** After a defect of ours: the work is closed and the playbook goes on all the same. */
  async function settleAsFailed(
    request: EnrichmentRequest,
    error: unknown,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    const cause =
      error instanceof ConnectorError ? error.message : `unexpected failure (${describeError(error)})`;
    const failed: EnrichmentOutcome = {
      status: 'failed',
      error,
      message: `VirusTotal: ${cause}; please report it.`,
    };
    try {
      await settleAndRemember(request, failed, turn, attempt);
    } catch (again) {
      if (again instanceof HandBackError) throw again;
      logger.error({ ...factsOf(request), error: again }, 'failure could not be reported');
    }
  }
}

/** Whether a request was handed back because VirusTotal cannot be asked for a while, through no fault of its own. */
export function isPostponed(error: unknown): error is HandBackError & { readonly cause: PostponeError } {
  return error instanceof HandBackError && error.cause instanceof PostponeError;
}
