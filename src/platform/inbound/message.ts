import type { Logger } from 'pino';
import type { EnrichmentRequest, PlaybookStep, TriggerMode } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { asText, isJsonObject, type JsonObject } from '../../shared/json.js';

/** A message that can never become a request, however often it is delivered. */
export class UndecodableMessageError extends ConnectorError {
  /** Path of the offending field, such as `event.entity_id`; `body` when the whole is unreadable. */
  readonly field: string;
  readonly remedy: string;

  constructor(field: string, problem: string, remedy: string) {
    super(`The message cannot be read: ${field} ${problem}; ${remedy}.`, 'invalid');
    this.field = field;
    this.remedy = remedy;
  }
}

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

/** The request in a message, or why there is none, which is logged. */
export function readRequest(
  body: Buffer,
  receivedAt: Date,
  logger: Logger,
): EnrichmentRequest | UndecodableMessageError {
  try {
    return decodeRequest(body, receivedAt);
  } catch (error) {
    if (!(error instanceof UndecodableMessageError)) throw error;
    logger.error(
      { reason: error.message, excerpt: excerptOf(body) },
      'message cannot be read and is dropped',
    );
    return error;
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

/** Text of JSON (6.8.10 and later), an object (6.8.9), an empty text (could not be loaded), or nothing (before). */
function embeddedObject(value: unknown): JsonObject | undefined {
  if (isJsonObject(value)) return value;
  if (typeof value !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
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
  const line = text
    .slice(0, 16 * EXCERPT_LENGTH)
    .replace(/\p{C}+/gu, ' ')
    .replace(
      /("[^"]*(?:token|secret|pass|key|authorization)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*("|$)/gi,
      '$1"[redacted]"',
    )
    .replace(/\bBearer\s+[^\s"']+/gi, 'Bearer [redacted]')
    .replace(/\bflgrn_\w+/g, '[redacted]');
  return line.length <= EXCERPT_LENGTH ? line : `${line.slice(0, EXCERPT_LENGTH)}…`;
}
