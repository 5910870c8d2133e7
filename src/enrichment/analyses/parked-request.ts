import { asNumber, asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import type { StateStore } from '../../state/port.js';
import type { EnrichmentRequest, PlaybookStep, TriggerMode, ValidationRequest } from '../request.js';

/** Bucket of requests that wait for an analysis, by their key. */
export const PARKED_BUCKET = 'parked';

/** A request that waits for an analysis while nobody holds its delivery. Moments are milliseconds since the epoch. */
export interface ParkedRequest {
  readonly request: EnrichmentRequest;
  /** Key of the analysis it waits for. */
  readonly analysis: string;
  /** What its work says meanwhile. */
  readonly message: string;
  readonly parkedAt: number;
  /** The connector that has parked it, where others may share the state; earlier versions did not say. */
  readonly owner?: string | undefined;
  /** The process that took its delivery last, and when: that one knows whether it is acknowledged. */
  readonly holder: string | undefined;
  readonly heldAt: number;
  /** It is being answered, or was about to be: its work is not to be told any more that it waits. */
  readonly resumedAt?: number | undefined;
}

/**
 * Whether a connector may resume a parked request: another one has no right to tell its platform anything, and perhaps
 * another platform. What does not say whose it is belongs to whoever finds it.
 *
 * @param owner - The connector; `undefined` where it has the state to itself.
 */
export function isOwnedBy(owner: string | undefined, parked: Pick<ParkedRequest, 'owner'>): boolean {
  return owner === undefined || parked.owner === undefined || parked.owner === owner;
}

/** Whether a parked request may be resumed at this moment, as far as its delivery is concerned. */
export type MayResume = (parked: ParkedRequest) => boolean;

/** Keeps a request. @throws StateError */
export function park(store: Pick<StateStore, 'update'>, parked: ParkedRequest): Promise<void> {
  return store.update<unknown, undefined>(PARKED_BUCKET, parked.request.key, () => ({
    next: parked,
    result: undefined,
  }));
}

/**
 * Takes a delivery of a request that may be parked already. Whoever resumes parked requests sees from now on that this
 * process has it.
 *
 * @returns `answered` when there is nothing left to tell anybody; `undefined` when no request with this key was parked,
 *   or it cannot be read.
 * @throws StateError
 */
export function recallParked(
  store: Pick<StateStore, 'update'>,
  key: string,
  by: Pick<ParkedRequest, 'holder' | 'heldAt'>,
): Promise<ParkedRequest | 'answered' | undefined> {
  return store.update<unknown, ParkedRequest | 'answered' | undefined>(PARKED_BUCKET, key, (current) => {
    if (settledAtFrom(current) !== undefined) return { result: 'answered' };
    const parked = parkedFrom(current);
    if (parked === undefined) return { result: undefined };
    if (parked.resumedAt !== undefined) return { result: 'answered' };
    return { next: { ...parked, holder: by.holder, heldAt: by.heldAt }, result: parked };
  });
}

/**
 * Marks a request as being resumed, so that a delivery that comes late tells nobody that it waits.
 *
 * @returns `held` when its delivery is in somebody's hands; `undefined` when it is not parked any more.
 * @throws StateError
 */
export function claimParked(
  store: Pick<StateStore, 'update'>,
  key: string,
  mayResume: MayResume,
  resumedAt: number,
): Promise<ParkedRequest | 'held' | undefined> {
  return store.update<unknown, ParkedRequest | 'held' | undefined>(PARKED_BUCKET, key, (current) => {
    const parked = parkedFrom(current);
    if (parked === undefined) return { result: undefined };
    if (!mayResume(parked)) return { result: 'held' };
    if (parked.resumedAt !== undefined) return { result: parked };
    return { next: { ...parked, resumedAt }, result: parked };
  });
}

/**
 * Leaves only the fact that the request was settled: a broker that was not reached by its acknowledgement delivers it
 * again, at once or when it has noticed that its consumer is gone.
 *
 * @throws StateError
 */
export function settleParked(
  store: Pick<StateStore, 'update'>,
  key: string,
  settledAt: number,
): Promise<void> {
  return store.update<unknown, undefined>(PARKED_BUCKET, key, () => ({
    next: { settledAt },
    result: undefined,
  }));
}

/** A parked request; `undefined` when there is none with this key, or it cannot be read. @throws StateError */
export function readParked(
  store: Pick<StateStore, 'update'>,
  key: string,
): Promise<ParkedRequest | undefined> {
  return store.update(PARKED_BUCKET, key, (current: unknown) => ({ result: parkedFrom(current) }));
}

/** Forgets a request, parked or settled. @throws StateError */
export function unpark(store: Pick<StateStore, 'update'>, key: string): Promise<void> {
  return store.update<unknown, undefined>(PARKED_BUCKET, key, () => ({ next: undefined, result: undefined }));
}

/** When a request was settled that had been parked; `undefined` for any other record. */
export function settledAtFrom(value: unknown): number | undefined {
  return isJsonObject(value) ? asNumber(value.settledAt) : undefined;
}

/** A parked request as it was stored: the moment of its arrival is a Date again. */
export function parkedFrom(value: unknown): ParkedRequest | undefined {
  if (!isJsonObject(value) || !isJsonObject(value.request)) return undefined;
  const request = requestFrom(value.request);
  const analysis = asText(value.analysis);
  if (request === undefined || analysis === undefined) return undefined;
  const parkedAt = asNumber(value.parkedAt) ?? request.receivedAt.getTime();
  return {
    request,
    analysis,
    message: asText(value.message) ?? '',
    parkedAt,
    owner: asText(value.owner),
    holder: asText(value.holder),
    heldAt: asNumber(value.heldAt) ?? parkedAt,
    resumedAt: asNumber(value.resumedAt),
  };
}

function requestFrom(stored: JsonObject): EnrichmentRequest | undefined {
  const key = asText(stored.key);
  const entityId = asText(stored.entityId);
  const receivedAt = new Date(asText(stored.receivedAt) ?? Number.NaN);
  if (key === undefined || entityId === undefined || Number.isNaN(receivedAt.getTime())) return undefined;
  const playbook = playbookFrom(stored.playbook);
  // Without the step there is nobody to answer, and without its bundle nothing to answer with.
  if (stored.playbook !== undefined && playbook === undefined) return undefined;
  return {
    key,
    mode: modeFrom(stored.mode),
    entityId,
    entityType: asText(stored.entityType),
    workId: asText(stored.workId),
    draftId: asText(stored.draftId),
    applicantId: asText(stored.applicantId),
    playbook,
    entity: isJsonObject(stored.entity) ? stored.entity : undefined,
    validation: validationFrom(stored.validation),
    receivedAt,
  };
}

function playbookFrom(value: unknown): PlaybookStep | undefined {
  if (!isJsonObject(value) || !isJsonObject(value.bundle)) return undefined;
  const executionId = asText(value.executionId);
  const playbookId = asText(value.playbookId);
  const dataInstanceId = asText(value.dataInstanceId);
  const stepId = asText(value.stepId);
  const previousStepId = asText(value.previousStepId);
  if (executionId === undefined || playbookId === undefined || dataInstanceId === undefined) return undefined;
  if (stepId === undefined || previousStepId === undefined) return undefined;
  return {
    executionId,
    eventId: asText(value.eventId),
    playbookId,
    dataInstanceId,
    stepId,
    previousStepId,
    bundle: value.bundle,
  };
}

function validationFrom(value: unknown): ValidationRequest {
  if (!isJsonObject(value)) return { mode: undefined, force: false };
  const mode = value.mode === 'draft' || value.mode === 'workbench' ? value.mode : undefined;
  return { mode, force: value.force === true };
}

function modeFrom(value: unknown): TriggerMode {
  return value === 'auto' || value === 'playbook' ? value : 'manual';
}
