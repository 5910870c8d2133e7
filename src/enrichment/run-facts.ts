import { ConnectorError } from '../shared/connector-error.js';
import type { Run, RunEnd } from '../shared/telemetry.js';
import { CircuitOpenError } from '../virustotal/http/circuit-open-error.js';
import { PostponeError } from '../virustotal/postpone-error.js';
import { StoppedError } from '../virustotal/stopped-error.js';
import { creationOf } from './commit-order.js';
import { definitionOf } from './observables/registry.js';
import type { EnrichmentOutcome } from './outcome.js';
import type { EnrichmentRequest } from './request.js';

/** A request as metrics see it: no value that somebody else could choose. */
export function runOf({ entityType, entityId, mode, workId, receivedAt }: EnrichmentRequest): Run {
  const createdAt = creationOf(workId);
  return {
    type: typeLabel(entityType ?? typeOfId(entityId)),
    mode,
    requestedAt: createdAt === undefined ? receivedAt : new Date(createdAt),
  };
}

/** What came of a request that is not handed back. */
export function endOf(outcome: EnrichmentOutcome): RunEnd {
  if (outcome.status === 'failed') {
    const { error } = outcome;
    return { outcome: 'failed', reason: error instanceof ConnectorError ? error.kind : 'defect' };
  }
  if (outcome.status === 'skipped') return { outcome: 'skipped', reason: outcome.reason };
  return { outcome: outcome.status };
}

/**
 * Why a request is handed back.
 *
 * @param error - What the handler rejects with.
 */
export function handedBackFor(error: unknown, isStopping: boolean): RunEnd {
  const cause = error instanceof Error ? error.cause : undefined;
  if (isStopping || cause instanceof StoppedError) return { outcome: 'handed_back', reason: 'stop' };
  if (cause instanceof CircuitOpenError) return { outcome: 'handed_back', reason: 'outage' };
  return { outcome: 'handed_back', reason: cause instanceof PostponeError ? 'quota' : 'platform' };
}

/** Our spelling of a type that can be enriched. */
function typeLabel(type: string): string {
  const known = definitionOf(type)?.type;
  if (known !== undefined) return known;
  return type.toLowerCase() === 'indicator' ? 'Indicator' : 'other';
}

/** STIX calls a file otherwise than the platform. Messages of playbooks name no type before 7.260615. */
function typeOfId(id: string): string {
  const type = id.slice(0, Math.max(0, id.indexOf('--')));
  return type === 'file' ? 'StixFile' : type;
}
