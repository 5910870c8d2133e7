import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { isJsonObject } from '../../shared/json.js';
import { TransportError } from '../errors.js';

/** Reports reach 1 MB and rulesets a few; beyond this something is wrong, and memory is at stake. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Below this, unpacking takes less time than handing the body to a thread and getting it back. */
const UNPACKED_AT_ONCE_BYTES = 64 * 1024;

const gunzipAsync = promisify(gunzip);

/** An answer whose body was read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** Decompressed. */
  readonly body: Buffer;
}

/**
 * Reads and decompresses a body. Whether it is compressed is decided by the body itself, since error bodies come back
 * plain although gzip was asked for, and some proxies unpack without changing the header. JSON never begins like gzip.
 *
 * @throws TransportError when it is longer than the limit or broken.
 */
export async function readBody(chunks: AsyncIterable<unknown>, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Uint8Array);
    length += part.length;
    // Leaving the loop destroys the body and with it the connection.
    if (length > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  return body[0] === 0x1f && body[1] === 0x8b ? unzip(body, maxBytes) : body;
}

async function unzip(body: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    const options = { maxOutputLength: maxBytes };
    return body.length <= UNPACKED_AT_ONCE_BYTES
      ? gunzipSync(body, options)
      : await gunzipAsync(body, options);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new TransportError('The compressed answer of VirusTotal is broken; try again later.', {
      cause: error,
    });
  }
}

function tooLarge(maxBytes: number): TransportError {
  const megabytes = Math.floor(maxBytes / 1024 / 1024);
  return new TransportError(
    `The answer of VirusTotal is larger than ${megabytes} MB; nothing can be done about this object.`,
    {},
    'defect',
  );
}

/**
 * The JSON object in an answer, or `undefined` when there is none: an empty body, a page of a proxy (also with status
 * 200), truncated text.
 */
export function jsonObjectOf(answer: HttpAnswer): Record<string, unknown> | undefined {
  if (/html|xml/i.test(answer.contentType)) return undefined;
  const text = answer.body.toString('utf8').replace(/^\uFEFF/, '');
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
