import { asText, asTextList, isJsonObject, type JsonObject } from '../../shared/json.js';
import { splitBundle } from './split-bundle.js';
import type { Since } from './version.js';

/** A push message as a connector publishes it, read. */
export interface PushMessage {
  /** All fields but `content`. */
  fields: JsonObject;
  bundle: JsonObject;
  objects: JsonObject[];
  workId: string | undefined;
  applicantId: string | undefined;
  /** `undefined`: the field is null or absent, so the applicant's own draft applies; `''`: no draft. */
  draftId: string | undefined;
  /** STIX types to import; all when empty. */
  entitiesTypes: string[];
}

/** What a worker does with a push message. */
export type ImportPlan =
  /** Every object is imported from this message. */
  | { action: 'import'; message: PushMessage; report: 'per-object' | 'per-message' }
  /** One message per object goes back into the queue. */
  | { action: 'split'; message: PushMessage; bodies: JsonObject[]; addExpectations: number }
  /** The bundle of a dead work is thrown away. */
  | { action: 'discard'; message: PushMessage }
  /** A malformed message is thrown away and no expectation is ever reported for it. */
  | { action: 'drop'; reason: string };

/**
 * Decides what a worker of this version does with a message.
 *
 * @param isAlive - Whether a work still has its counters; asked from 6.8.7 on.
 */
export function planImport(body: Buffer, since: Since, isAlive: (workId: string) => boolean): ImportPlan {
  const message = decode(body);
  if (typeof message === 'string') return { action: 'drop', reason: message };
  const { workId, objects, fields } = message;
  if (since('6.8.7') && workId !== undefined && !isAlive(workId)) return { action: 'discard', message };
  const report = since('6.1.5') ? 'per-object' : 'per-message';
  const whole = objects.length === 1 || !since('6.2.14') || (since('6.7.0') && fields.no_split === true);
  if (whole) return { action: 'import', message, report };
  const bodies = splitBundle(message.bundle).map((bundle) => ({
    ...fields,
    content: Buffer.from(JSON.stringify(bundle), 'utf8').toString('base64'),
  }));
  return { action: 'split', message, bodies, addExpectations: since('6.3.0') ? bodies.length : 0 };
}

/** The message, or why it cannot be read. */
function decode(body: Buffer): PushMessage | string {
  const envelope = parseObject(body.toString('utf8'));
  if (envelope === undefined) return 'the message is not a JSON object';
  const { content, ...fields } = envelope;
  if (fields.type !== undefined && fields.type !== 'bundle') return 'the message is not a bundle';
  if (typeof content !== 'string' || !isBase64(content)) return 'the content is not base64';
  const bundle = parseObject(Buffer.from(content, 'base64').toString('utf8'));
  if (bundle === undefined) return 'the content is not a JSON object';
  const objects = Array.isArray(bundle.objects) ? bundle.objects.filter(isJsonObject) : [];
  if (objects.length === 0) return 'the bundle has no objects';
  const draftId = fields.draft_id;
  return {
    fields,
    bundle,
    objects,
    workId: asText(fields.work_id),
    applicantId: asText(fields.applicant_id),
    draftId: typeof draftId === 'string' ? draftId : undefined,
    entitiesTypes: asTextList(fields.entities_types),
  };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
