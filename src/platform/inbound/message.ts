import type { EnrichmentRequest, PlaybookStep, TriggerMode } from '../../enrichment/request.js';
import { asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import { UndecodableMessageError, UnreadableMessage } from './unreadable-message.js';

export { UndecodableMessageError };

const NOT_A_REQUEST = 'only OpenCTI may write into the queue of this connector';
const REPORT = 'trigger the enrichment again, and report this with the version of OpenCTI if it persists';

/**
 * Reads one enrichment message (protocol reference §4) of any platform from 6.0.6 on. An entity that came along but
 * cannot be read is left out, because it can still be asked for; what identifies the request must be there.
 *
 * @param receivedAt - When this process took the message.
 * @throws UndecodableMessageError, and nothing else.
 */
export function decodeRequest(body: Buffer | string, receivedAt: Date): EnrichmentRequest {
  const message = parseBody(body);
  const internal = requireObject(message.internal, 'internal');
  const event = requireObject(message.event, 'event');
  const entityId = requireId(event.entity_id, 'event.entity_id');

  const common = {
    entityId,
    entityType: asText(event.entity_type),
    draftId: optionalId(internal.draft_id, 'internal.draft_id', HEADER_SAFE),
    applicantId: optionalId(internal.applicant_id, 'internal.applicant_id', HEADER_SAFE),
    validation: {
      mode: validationMode(event.validation_mode),
      force: event.force_validation === true,
    },
    receivedAt,
  };

  if (internal.playbook !== undefined && internal.playbook !== null) {
    const playbook = readPlaybook(internal.playbook, event.bundle);
    return {
      ...common,
      key: `playbook ${playbook.executionId} ${playbook.stepId} ${playbook.dataInstanceId}`,
      mode: 'playbook',
      workId: undefined,
      playbook,
      entity: baseElement(playbook.bundle, entityId),
    };
  }

  const workId = requireId(internal.work_id, 'internal.work_id');
  return {
    ...common,
    // The platform makes the ids of works from the time: two works of one millisecond have the same.
    key: `${workId} ${common.entityId}`,
    mode: triggerMode(internal.mode),
    workId,
    playbook: undefined,
    entity: embeddedObject(event.stix_entity),
  };
}

/** The request in a message, or what can be read of it when there is none. */
export function readRequest(body: Buffer, receivedAt: Date): EnrichmentRequest | UnreadableMessage {
  try {
    return decodeRequest(body, receivedAt);
  } catch (error) {
    if (!(error instanceof UndecodableMessageError)) throw error;
    return new UnreadableMessage(body, receivedAt, error, remainsOf(body));
  }
}

/** Whom a message that cannot be decoded is about, as far as it can be read field by field. */
function remainsOf(body: Buffer): ConstructorParameters<typeof UnreadableMessage>[3] {
  const message = orNothing(() => parseBody(body));
  const internal = isJsonObject(message?.internal) ? message.internal : {};
  const event = isJsonObject(message?.event) ? message.event : {};
  return {
    workId: orNothing(() => optionalId(internal.work_id, 'internal.work_id')),
    entityId: orNothing(() => optionalId(event.entity_id, 'event.entity_id')),
    playbook: orNothing(() => readPlaybook(internal.playbook, event.bundle)),
  };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UndecodableMessageError) return undefined;
    throw error;
  }
}

function parseBody(body: Buffer | string): JsonObject {
  const text = typeof body === 'string' ? body : body.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new UndecodableMessageError('body', 'is not JSON', NOT_A_REQUEST);
  }
  if (!isJsonObject(parsed)) throw new UndecodableMessageError('body', 'is not a JSON object', NOT_A_REQUEST);
  return parsed;
}

function readPlaybook(value: unknown, bundle: unknown): PlaybookStep {
  const playbook = requireObject(value, 'internal.playbook');
  const received = embeddedObject(bundle);
  if (received === undefined || !Array.isArray(received.objects)) {
    throw new UndecodableMessageError('event.bundle', 'is not a bundle with objects', REPORT);
  }
  const id = (field: string): string => requireId(playbook[field], `internal.playbook.${field}`);
  return {
    executionId: id('execution_id'),
    eventId: optionalId(playbook.event_id, 'internal.playbook.event_id'),
    playbookId: id('playbook_id'),
    dataInstanceId: id('data_instance_id'),
    stepId: id('step_id'),
    previousStepId: id('previous_step_id'),
    bundle: received,
  };
}

function baseElement(bundle: JsonObject, entityId: string): JsonObject | undefined {
  const objects = bundle.objects as readonly unknown[];
  return objects.filter(isJsonObject).find((object) => object.id === entityId);
}

/**
 * Text of JSON (6.8.10 and later), an object (6.8.9), an empty text (could not be loaded), or nothing (before). What is
 * nested more deeply than anything in STIX could be read, but not be written again.
 */
function embeddedObject(value: unknown): JsonObject | undefined {
  const parsed = typeof value === 'string' ? parsedOrNothing(value) : value;
  return isJsonObject(parsed) && !isDeeperThan(MAX_DEPTH, parsed) ? parsed : undefined;
}

function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MAX_DEPTH = 100;

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const child of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (isDeeperThan(levels - 1, child)) return true;
  }
  return false;
}

/** Absent before 6.8.9. Whatever is not surely automatic counts as somebody waiting for it. */
function triggerMode(value: unknown): TriggerMode {
  return value === 'auto' ? 'auto' : 'manual';
}

function validationMode(value: unknown): 'draft' | 'workbench' | undefined {
  return value === 'draft' || value === 'workbench' ? value : undefined;
}

function requireObject(value: unknown, field: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new UndecodableMessageError(field, 'is not an object', NOT_A_REQUEST);
}

function requireId(value: unknown, field: string): string {
  return optionalId(value, field) ?? missing(field);
}

function missing(field: string): never {
  throw new UndecodableMessageError(field, 'is missing', REPORT);
}

/** A line of sane length. */
const ONE_LINE = /^\P{C}{1,1024}$/u;

/** The same for ids that travel in HTTP headers: printable ASCII. */
const HEADER_SAFE = /^[\x21-\x7e]{1,256}$/;

function optionalId(value: unknown, field: string, form: RegExp = ONE_LINE): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  throw new UndecodableMessageError(field, 'is not an id', REPORT);
}

const EXCERPT_LENGTH = 200;

/** The beginning of a message for the log: one line, bounded, without anything that looks like a secret. */
export function excerptOf(body: Buffer | string): string {
  const text = typeof body === 'string' ? body : body.subarray(0, 16 * EXCERPT_LENGTH).toString('utf8');
  const line = withoutSecrets(text.slice(0, 16 * EXCERPT_LENGTH).replace(/\p{C}+/gu, ' '));
  return line.length <= EXCERPT_LENGTH ? line : `${line.slice(0, EXCERPT_LENGTH)}…`;
}

/** The text of a message without anything that looks like a secret. */
export function withoutSecrets(text: string): string {
  return text
    .replace(
      /("[^"]*(?:token|secret|pass|key|authorization)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*("|$)/gi,
      '$1"[redacted]"',
    )
    .replace(/\bBearer\s+[^\s"']+/gi, 'Bearer [redacted]')
    .replace(/\bflgrn_\w+/g, '[redacted]');
}
