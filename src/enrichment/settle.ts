import type { Logger } from 'pino';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { createBundle, shareWithOrganisations } from '../stix/bundle.js';
import { grantedOrganisationsOf } from '../stix/extensions.js';
import type { Bundle, StixObject } from '../stix/objects.js';
import type { JsonObject } from '../shared/json.js';
import type { Turn } from './commit-order.js';
import type { EnrichedOutcome, EnrichmentOutcome } from './outcome.js';
import type { BundleSink, PlaybookResponder, WorkReporter } from './ports.js';
import type { EnrichmentRequest } from './request.js';

export interface SettleDependencies {
  readonly works: WorkReporter;
  readonly sink: BundleSink;
  readonly playbooks: PlaybookResponder;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Acts on an outcome. Resolves when the request is settled; rejects when it must be delivered again. */
export type Settle = (request: EnrichmentRequest, outcome: EnrichmentOutcome, turn: Turn) => Promise<void>;

/**
 * Builds the one function that talks to works and playbooks (protocol reference §9 and §10): a playbook step gets
 * exactly one answer; any other request gets expectations → publish → processed, exactly once and in the order in
 * which the requests came.
 */
export function createSettle(dependencies: SettleDependencies): Settle {
  return async (request, outcome, turn) => {
    if (request.playbook !== undefined) {
      await dependencies.playbooks.reply(request, playbookBundle(request.playbook.bundle, outcome));
      if (outcome.status === 'enriched') dependencies.telemetry.recordsSent(outcome.objects.length + 1);
      return;
    }
    if (outcome.status === 'enriched') {
      await deliver(request, outcome, turn, dependencies);
    } else {
      await completeWithoutResults(request, outcome, turn, dependencies);
    }
  };
}

async function deliver(
  request: EnrichmentRequest,
  outcome: EnrichedOutcome,
  turn: Turn,
  dependencies: SettleDependencies,
): Promise<void> {
  const { works, sink, telemetry, logger } = dependencies;
  const bundle = sharedBundle([outcome.leanEntity, ...outcome.objects], outcome.entity);
  let prepared;
  try {
    prepared = sink.prepare(request, bundle);
  } catch (error) {
    const message = `VirusTotal: the results cannot be handed over: ${describeError(error)}`;
    await completeWithoutResults(request, { status: 'failed', error, message }, turn, dependencies);
    return;
  }
  if (prepared.expectations > 0 && request.workId !== undefined) {
    try {
      await works.addExpectations(request, prepared.expectations);
    } catch (error) {
      if (mustComeAgain(error)) throw error;
      // The work is gone. A message without a work id is imported unconditionally, so the knowledge still arrives.
      logger.warn(
        { workId: request.workId, reason: describeError(error) },
        'work no longer exists; its results are delivered without it',
      );
      await deliver({ ...request, workId: undefined }, outcome, turn, dependencies);
      return;
    }
  }
  await turn.wait();
  const { delivered } = prepared.send();
  // On its way: the next work may follow while the broker confirms this one.
  turn.release();
  const { undelivered } = await delivered;
  for (const loss of undelivered) await works.reportExpectation(request, loss);
  telemetry.recordsSent(bundle.objects.length);
  if (undelivered.length > 0) {
    telemetry.error();
    logger.error(
      { workId: request.workId, undelivered: undelivered.length },
      'part of the results could not be delivered',
    );
  }
  await works.processed(request, outcome.message, false);
}

/** A work without results completes too: one expectation, reported at once (protocol reference §10, safe sequence). */
async function completeWithoutResults(
  request: EnrichmentRequest,
  outcome: Exclude<EnrichmentOutcome, EnrichedOutcome>,
  turn: Turn,
  { works }: SettleDependencies,
): Promise<void> {
  const inError =
    outcome.status === 'failed' || (outcome.status === 'skipped' && outcome.reason === 'refused');
  await works.addExpectations(request, 1);
  await turn.wait();
  await works.reportExpectation(request);
  turn.release();
  await works.processed(request, outcome.message, inError);
}

/** The received objects, updated when there are results, so that the playbook goes on whatever happened. */
function playbookBundle(received: JsonObject, outcome: EnrichmentOutcome): Bundle {
  if (outcome.status !== 'enriched') return received as Bundle;
  const derived = new Map(outcome.objects.map((object) => [object.id, object]));
  const objects = (Array.isArray(received.objects) ? received.objects : []) as StixObject[];
  const updated = objects.map((object) => {
    if (object.id === outcome.entity.id) return outcome.entity;
    // Found by an earlier step and again by this one: what is new counts, what only the platform knows stays.
    const again = derived.get(object.id);
    return again === undefined ? object : { ...object, ...again };
  });
  const result = sharedBundle([...updated, ...outcome.objects], outcome.entity);
  return { ...received, objects: result.objects } as Bundle;
}

function sharedBundle(objects: readonly StixObject[], entity: StixObject): Bundle {
  return createBundle(shareWithOrganisations(objects, grantedOrganisationsOf(entity)));
}

/** Whether a failure to settle means that the request must come again. */
export function mustComeAgain(error: unknown): boolean {
  return error instanceof ConnectorError && error.retryable;
}
