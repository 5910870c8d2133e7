import { asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import type { StateStore } from '../../state/port.js';
import type { EnrichmentRequest, PlaybookStep, TriggerMode, ValidationRequest } from '../request.js';

/** Bucket of requests that wait for an analysis, by their key. */
export const PARKED_BUCKET = 'parked';

/** A request that waits for an analysis while nobody holds its delivery. */
export interface ParkedRequest {
  readonly request: EnrichmentRequest;
  /** Key of the analysis it waits for. */
  readonly analysis: string;
  /** What its work says meanwhile. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly parkedAt: number;
}

/** Keeps a request. @throws StateError */
export function park(store: Pick<StateStore, 'update'>, parked: ParkedRequest): Promise<void> {
  return store.update<unknown, undefined>(PARKED_BUCKET, parked.request.key, () => ({
    next: parked,
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

/** Forgets a parked request. @throws StateError */
export function unpark(store: Pick<StateStore, 'update'>, key: string): Promise<void> {
  return store.update<unknown, undefined>(PARKED_BUCKET, key, () => ({ next: undefined, result: undefined }));
}

/** A parked request as it was stored: the moment of its arrival is a Date again. */
export function parkedFrom(value: unknown): ParkedRequest | undefined {
  if (!isJsonObject(value) || !isJsonObject(value.request)) return undefined;
  const request = requestFrom(value.request);
  const analysis = asText(value.analysis);
  if (request === undefined || analysis === undefined) return undefined;
  const parkedAt = typeof value.parkedAt === 'number' ? value.parkedAt : request.receivedAt.getTime();
  return { request, analysis, message: asText(value.message) ?? '', parkedAt };
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
