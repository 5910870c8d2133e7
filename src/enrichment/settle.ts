import type { Clock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { createBundle, shareWithOrganisations } from '../stix/bundle.js';
import { grantedOrganisationsOf } from '../stix/extensions.js';
import type { Bundle } from '../stix/objects.js';
import type { Attempt } from './attempts.js';
import { creationOf, type Turn } from './commit-order.js';
import type { EnrichedOutcome, EnrichmentOutcome, FailedOutcome, PostponedOutcome } from './outcome.js';
import { Expectations } from './expectations.js';
import { callRepeatedly, callUntilTaken, confirmed, HandBackError } from './platform-call.js';
import { playbookBundle } from './playbook-bundle.js';
import type { BundleSink, DeliveryReport, PlaybookResponder, PreparedBundle, WorkLiveness } from './ports.js';
import { factsOf, type EnrichmentRequest } from './request.js';
import { WorkEnd, type WorkEndDependencies } from './work-end.js';

export interface SettleDependencies extends WorkEndDependencies {
  readonly sink: BundleSink;
  readonly playbooks: PlaybookResponder;
  readonly telemetry: Telemetry;
  /** The platform throws bundles of works away that are older than one with a report (`Capabilities`). */
  readonly dropsOvertakenBundles: boolean;
  /** Asked there about requests that came late; without it, or without an answer, only our own order tells. */
  readonly liveness?: WorkLiveness | undefined;
  /** Whether there may be other connectors that serve the same queue. */
  readonly hasReplicas?: boolean;
  readonly clock: Clock;
}

/** A work that is so old may have been overtaken: the platform looks every minute, and does not tell when. */
const LATE_MS = 30_000;

/**
 * Acts on an outcome. Resolves when the request is settled.
 *
 * @throws HandBackError when the request must be delivered again; `attempt` then tells how far it came.
 */
export type Settle = (
  request: EnrichmentRequest,
  outcome: EnrichmentOutcome,
  turn: Turn,
  attempt: Attempt,
) => Promise<void>;

/**
 * Builds the one function that talks to works and playbooks (protocol reference §9 and §10): a playbook step gets
 * one answer that arrives; any other request gets expectations → publish → processed, exactly once and in the
 * order of the works. Where the platform throws the results of overtaken works away, those travel without their work.
 */
export function createSettle(dependencies: SettleDependencies): Settle {
  const { works, sink, playbooks, telemetry, logger, attempts, clock } = dependencies;
  const { dropsOvertakenBundles, liveness, hasReplicas = false } = dependencies;
  // Of what other replicas send, our own order knows nothing.
  const lateMs = hasReplicas ? 0 : LATE_MS;
  const expectations = new Expectations(dependencies);
  const end = new WorkEnd(dependencies, expectations);

  return async (request, outcome, turn, attempt) => {
    if (outcome.status === 'postponed') {
      // The work stays open, a playbook step unanswered: the request is parked and comes again.
      await callRepeatedly(() => works.received(request, outcome.message), 'what the work waits for', {
        request,
        logger,
      });
    } else if (request.playbook !== undefined) {
      const bundle = playbookBundle(request.playbook.bundle, outcome);
      const context = { request, logger };
      await callUntilTaken(
        () => playbooks.reply(request, bundle),
        'answer to a playbook step',
        context,
        attempt,
      );
      if (outcome.status === 'enriched') telemetry.recordsSent(outcome.objects.length + 1);
    } else if (outcome.status === 'enriched') {
      await deliver(request, outcome, turn, attempt);
    } else {
      await completeWithoutResults(request, outcome, turn, attempt);
    }
  };

  async function deliver(
    request: EnrichmentRequest,
    outcome: EnrichedOutcome,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    if (losesItsWork(request, turn, attempt) || (await isDead(request, attempt))) {
      await deliverWithoutWork(request, outcome, turn, attempt);
      return;
    }
    if (attempt.handedOver) {
      await conclude(request, outcome, turn, attempt);
      return;
    }
    const bundle = sharedBundle(outcome);
    let prepared: PreparedBundle;
    try {
      prepared = await sink.prepare(request, bundle);
    } catch (error) {
      await failWithoutResults(request, error, turn, attempt);
      return;
    }
    if (!(await expectations.announce(request, prepared.expectations, attempt))) {
      // The work is gone, or closed.
      await deliverWithoutWork(request, outcome, turn, attempt);
      return;
    }
    await turn.wait();
    if (losesItsWork(request, turn, attempt)) {
      await deliverWithoutWork(request, outcome, turn, attempt);
      return;
    }
    const { delivered } = prepared.send();
    // On its way: the next work may follow while the broker confirms this one.
    leave(request, turn);
    let report: DeliveryReport;
    try {
      report = await confirmed(delivered);
    } catch (error) {
      if (!(error instanceof ConnectorError) || error instanceof HandBackError) throw error;
      await failWithoutResults(request, error, turn, attempt);
      return;
    }
    attempt.handedOver = true;
    attempt.losses = report.undelivered;
    attempt.isUnqueued = report.isUnqueued ?? false;
    attempt.remark = report.remark;
    attempt.failure = undefined;
    telemetry.recordsSent(bundle.objects.length);
    logLosses(request, report.undelivered.length);
    await expectations.reportSurplus(request, prepared.expectations, attempt);
    attempts?.progress(request.key, attempt);
    await conclude(request, outcome, turn, attempt);
  }

  /** Nothing arrives anywhere, and whoever reads the work is told why. */
  async function failWithoutResults(
    request: EnrichmentRequest,
    error: unknown,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    const failed = notHandedOver(error);
    attempt.failure = failed.message;
    await completeWithoutResults(request, failed, turn, attempt);
  }

  /** Tells the platform what became of results that are with it, or where else they belong. */
  async function conclude(
    request: EnrichmentRequest,
    outcome: EnrichedOutcome,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    await end.reportLosses(request, attempt);
    if (attempt.isUnqueued) await end.fulfil(request, turn, attempt);
    attempt.isUnqueued = false;
    await end.close(request, messageOf(outcome, attempt), attempt.failure !== undefined);
  }

  /** A message without a work id is imported unconditionally, so that the knowledge arrives. */
  async function deliverWithoutWork(
    request: EnrichmentRequest,
    outcome: EnrichedOutcome,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    if (!attempt.isAlone || !attempt.handedOver) {
      logger.debug(factsOf(request), 'results are delivered without their work, which may be closed');
      attempt.isAlone = true;
      await deliver({ ...request, workId: undefined }, outcome, turn, attempt);
    }
    // Elsewhere it is gone altogether.
    if (dropsOvertakenBundles) await end.closeOvertaken(request, messageOf(outcome, attempt), attempt);
  }

  /**
   * Whether the platform has closed the work, or is about to, so that its workers would throw the results away. One that
   * may not know of the expectations closes the work as soon as it is told of its end.
   */
  function losesItsWork(request: EnrichmentRequest, turn: Turn, attempt: Attempt): boolean {
    if (!dropsOvertakenBundles || request.workId === undefined) return false;
    if (attempt.isAlone) return true;
    if (attempt.handedOver) return false;
    return turn.overtaken || request.resumed === true || !attempt.isCertain;
  }

  /** Asked before anything is announced: on some platforms that gives a dead work counters, and lets it look alive. */
  async function isDead(request: EnrichmentRequest, attempt: Attempt): Promise<boolean> {
    const { workId, redelivered, receivedAt } = request;
    if (liveness === undefined || !dropsOvertakenBundles) return false;
    if (workId === undefined || attempt.handedOver || attempt.announced > 0) return false;
    const ageMs = clock.now().getTime() - (creationOf(workId) ?? receivedAt.getTime());
    if (redelivered !== true && ageMs <= lateMs) return false;
    return (await liveness.isAlive(request)) === false;
  }

  /** A work without results completes too. */
  async function completeWithoutResults(
    request: EnrichmentRequest,
    outcome: Exclude<EnrichmentOutcome, EnrichedOutcome | PostponedOutcome>,
    turn: Turn,
    attempt: Attempt,
  ): Promise<void> {
    const inError =
      outcome.status === 'failed' || (outcome.status === 'skipped' && outcome.reason === 'refused');
    if (!attempt.handedOver) {
      // A work that the platform has closed is told all the same what came of it; elsewhere it is gone.
      if (!(await end.fulfil(request, turn, attempt)) && !dropsOvertakenBundles) return;
      attempt.handedOver = true;
      // Where nothing was announced, nothing can be done twice.
      if (attempt.announced > 0) attempts?.progress(request.key, attempt);
    }
    await end.close(request, outcome.message, inError);
  }

  function logLosses(request: EnrichmentRequest, undelivered: number): void {
    if (undelivered === 0) return;
    telemetry.error();
    logger.error({ ...factsOf(request), undelivered }, 'part of the results could not be delivered');
  }
}

function messageOf({ message }: EnrichedOutcome, { failure, remark }: Attempt): string {
  if (failure !== undefined) return failure;
  return remark === undefined ? message : `${message}; ${remark}`;
}

function notHandedOver(error: unknown): FailedOutcome {
  const message = `VirusTotal: the results cannot be handed over: ${describeError(error)}`;
  return { status: 'failed', error, message };
}

/** Without a work nothing is reported, and so nobody overtaken. */
function leave(request: EnrichmentRequest, turn: Turn): void {
  if (request.workId === undefined) turn.release();
  else turn.sent();
}

function sharedBundle({ entity, leanEntity, objects, sharedAlready }: EnrichedOutcome): Bundle {
  const all = [leanEntity, ...objects];
  return createBundle(shareWithOrganisations(all, grantedOrganisationsOf(entity), sharedAlready));
}
