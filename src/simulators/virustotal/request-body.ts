import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { ApiError, badRequest } from './envelope.js';
import type { FileIdentity } from './report-skeletons.js';

const smallBodyBytes = 256 * 1024;
/** What a multipart body may hold besides the file itself. */
const multipartOverheadBytes = 64 * 1024;

/** The front end in front of the API answers 413 with a page of its own: `server.ts` replaces code and message. */
const tooLarge = (): ApiError => new ApiError(413, 'RequestEntityTooLarge', 'Request entity too large');

/**
 * Reads the file of a multipart upload without keeping its content.
 *
 * @param maxBytes - Largest file accepted.
 * @param onProgress - Told how many bytes of the file have arrived, after each piece; no more is read before it is done.
 * @throws {@link ApiError} 400 when there is no part `file` with a file name, 413 when the file is too large.
 */
export async function receiveUpload(
  request: IncomingMessage,
  maxBytes: number,
  onProgress: (receivedBytes: number) => Promise<void> | undefined,
): Promise<FileIdentity> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + multipartOverheadBytes) throw tooLarge();
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? ''))
    throw badRequest('The request must be multipart/form-data');
  return new Promise((resolve, reject) => {
    let upload: Promise<FileIdentity> | undefined;
    const fail = (error: unknown): void => {
      request.unpipe(parser);
      request.resume();
      reject(error instanceof ApiError ? error : badRequest('Malformed multipart body'));
    };
    const parser = openParser(request);
    parser.on('file', (field, content, { filename }: { filename?: string }) => {
      if (field !== 'file' || upload !== undefined) {
        content.resume();
        return;
      }
      upload = fingerprint(content, filename ?? '', maxBytes, onProgress);
      upload.catch(fail);
    });
    parser.on('error', fail);
    request.once('close', () => {
      if (!request.complete) fail(badRequest('The client went away'));
    });
    parser.on('close', () => {
      if (upload === undefined) fail(badRequest('The part "file" is missing'));
      else upload.then(resolve, fail);
    });
    request.pipe(parser);
  });
}

/**
 * Reads an HTML form.
 *
 * @throws {@link ApiError} 400 for any other content type.
 */
export async function receiveForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? ''))
    throw badRequest('The request must be application/x-www-form-urlencoded');
  return new URLSearchParams(await receiveText(request));
}

/**
 * Reads a JSON object.
 *
 * @throws {@link ApiError} 400 for anything else.
 */
export async function receiveJson(request: IncomingMessage): Promise<JsonObject> {
  try {
    const body: unknown = JSON.parse(await receiveText(request));
    if (isJsonObject(body)) return body;
  } catch (error) {
    if (error instanceof ApiError) throw error;
  }
  throw badRequest('The request body must be a JSON object');
}

function openParser(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, defParamCharset: 'utf8' });
  } catch {
    throw badRequest('Malformed multipart header');
  }
}

/** Digests and size of a stream. */
async function fingerprint(
  content: Readable,
  name: string,
  maxBytes: number,
  onProgress: (receivedBytes: number) => Promise<void> | undefined,
): Promise<FileIdentity> {
  const digests = { md5: createHash('md5'), sha1: createHash('sha1'), sha256: createHash('sha256') };
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    for (const digest of Object.values(digests)) digest.update(chunk);
    await onProgress(size);
  }
  return {
    md5: digests.md5.digest('hex'),
    sha1: digests.sha1.digest('hex'),
    sha256: digests.sha256.digest('hex'),
    size,
    name,
  };
}

async function receiveText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > smallBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
