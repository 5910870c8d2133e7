import { createHash } from 'node:crypto';
import { asNumber, asText, isJsonObject, type JsonObject } from '../shared/json.js';

/** How a message came. */
export type DeadLetterSource = 'queue' | 'callback';

/** A message that could not be read, without its bytes. */
export interface DeadLetter {
  /** Made from the bytes: a message that comes again is the same dead letter. */
  readonly id: string;
  /** Why it could not be read, in a sentence that repeats nothing of it. */
  readonly reason: string;
  readonly source: DeadLetterSource;
  /** The work that it names, when that much can be read. */
  readonly workId: string | undefined;
  /** The entity that it names, when that much can be read. */
  readonly entityId: string | undefined;
  /** Bytes as they came. */
  readonly size: number;
  /** Bytes that are kept; less than `size` when it was too large to be kept whole. */
  readonly kept: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** How often it came. */
  readonly times: number;
}

const ID_LENGTH = 12;

/** The id of a message, from its bytes: 12 hexadecimal digits. */
export function deadLetterId(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, ID_LENGTH);
}

/** The record that stands for a dead letter in the state. */
export function recordOf({ id: _, firstAt, lastAt, ...letter }: DeadLetter): JsonObject {
  return { ...letter, firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() };
}

/** The dead letter of a record; `undefined` when there is none, or somebody else wrote it. */
export function deadLetterFrom(id: string, record: unknown): DeadLetter | undefined {
  if (!isJsonObject(record)) return undefined;
  const reason = asText(record.reason);
  const size = asNumber(record.size);
  const firstAt = dateOf(record.firstAt);
  if (reason === undefined || size === undefined || firstAt === undefined) return undefined;
  return {
    id,
    reason,
    source: record.source === 'callback' ? 'callback' : 'queue',
    workId: asText(record.workId),
    entityId: asText(record.entityId),
    size,
    kept: asNumber(record.kept) ?? 0,
    firstAt,
    lastAt: dateOf(record.lastAt) ?? firstAt,
    times: asNumber(record.times) ?? 1,
  };
}

function dateOf(value: unknown): Date | undefined {
  const date = new Date(asText(value) ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
