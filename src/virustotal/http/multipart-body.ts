import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { ConnectorError } from '../../shared/connector-error.js';
import { collectYoungGarbage } from '../../shared/young-garbage.js';
import type { CallBody } from './call.js';
import type { FileContent } from '../schema.js';

const MAX_NAME_LENGTH = 255;
const COLLECT_EVERY_BYTES = 2 * 1024 * 1024;
const NEW_LINE = '\r\n';

const hashNames = { md5: 'MD5', sha1: 'SHA-1', sha256: 'SHA-256' } as const;

/**
 * A file as the part `file` of a `multipart/form-data` body (RFC 7578), read from its source as fast as the stream is
 * read: no more than a few pieces are in memory at any time.
 *
 * The last piece goes out only when everything before it was right: whatever is wrong with the source, a complete file
 * never arrives. The stream then ends with a ConnectorError: that of the source, or one that says that the bytes are
 * not as many as announced, or not those that the hash promises.
 *
 * @param signal - Ends the transfer from the source, as does the end of the stream.
 */
export function multipartBody(content: FileContent, signal: AbortSignal): CallBody {
  // 128 random bits do not occur in a file by chance, and nobody knows them in time to put them there.
  const boundary = `file-${randomBytes(16).toString('hex')}`;
  const head = Buffer.from(
    [
      `--${boundary}`,
      `Content-Disposition: form-data; name="file"; filename="${quoted(cleanFileName(content.name))}"`,
      'Content-Type: application/octet-stream',
      '',
      '',
    ].join(NEW_LINE),
  );
  const tail = Buffer.from(`${NEW_LINE}--${boundary}--${NEW_LINE}`);
  return {
    content: abortableStream((ending) => pieces(content, head, tail, ending), signal),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    ...(content.sizeBytes === undefined
      ? {}
      : { contentLength: head.length + content.sizeBytes + tail.length }),
  };
}

/**
 * A stream of what a generator yields. Unlike that of `Readable.from`, its end aborts the signal of the generator: one
 * that waits for its source would notice only later that nobody reads any more.
 */
function abortableStream(
  generate: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, undefined>,
  signal: AbortSignal,
): Readable {
  const ending = new AbortController();
  const abort = (): void => {
    ending.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const generator = generate(ending.signal);
  return new Readable({
    read() {
      generator.next().then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, callback) {
      signal.removeEventListener('abort', abort);
      abort();
      generator.return().catch(() => undefined);
      callback(error);
    },
  });
}

async function* pieces(
  content: FileContent,
  head: Uint8Array,
  tail: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { sizeBytes } = content;
  const algorithm = algorithmOf(content.hash);
  const hash = createHash(algorithm);
  let received = 0;
  let collectedAt = 0;
  let held = head;
  for await (const piece of await content.open(signal)) {
    if (piece.length === 0) continue;
    received += piece.length;
    if (sizeBytes !== undefined && received > sizeBytes) throw wrongSize(sizeBytes, 'more');
    hash.update(piece);
    yield held;
    held = piece;
    if (received - collectedAt >= COLLECT_EVERY_BYTES) {
      collectYoungGarbage();
      collectedAt = received;
    }
  }
  if (received === 0) throw emptyFile();
  if (sizeBytes !== undefined && received < sizeBytes) throw wrongSize(sizeBytes, `only ${received}`);
  if (hash.digest('hex') !== content.hash) {
    throw unfit(
      `The file of the artifact is not the one that its ${hashNames[algorithm]} stands for, so it is not uploaded; attach the right one.`,
    );
  }
  yield held;
  yield tail;
}

/** By its length; the strictest for what is no hash, which no file has then. */
function algorithmOf(hash: string): keyof typeof hashNames {
  switch (hash.length) {
    case 32:
      return 'md5';
    case 40:
      return 'sha1';
    default:
      return 'sha256';
  }
}

/**
 * The name under which a file is uploaded: without directories, whichever system they come from, and without characters
 * that cannot be seen. Of a name that is too long the end is kept, since sandboxes go by the extension.
 */
export function cleanFileName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const visible = base.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
  const short = Array.from(visible).slice(-MAX_NAME_LENGTH).join('');
  return /^\.*$/.test(short) ? 'file' : short;
}

/**
 * As browsers do; line breaks, which they escape as well, are not left in a name
 * (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
 */
function quoted(name: string): string {
  return name.replaceAll('"', '%22');
}

/** The error for a file without a single byte. */
export function emptyFile(): ConnectorError {
  return unfit('The file of the artifact is empty; there is nothing to upload.');
}

function unfit(message: string): ConnectorError {
  return new ConnectorError(message, 'invalid', { untouched: true });
}

function wrongSize(announced: number, found: string): ConnectorError {
  return unfit(
    `The file of the artifact should have ${announced} bytes and came with ${found}, so it is not uploaded; attach it again.`,
  );
}
