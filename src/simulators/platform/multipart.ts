import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import busboy from 'busboy';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { UploadedFile } from './request-context.js';

/** A GraphQL request whose variables hold names of parts where files belong. */
export interface MultipartRequest {
  operations: JsonObject;
  uploads: Map<string, UploadedFile>;
}

/**
 * Reads a request of the GraphQL multipart request convention: `operations`, `map`, then the files. Each mapped
 * variable becomes the name of its part.
 *
 * @throws {Error} when the form does not follow the convention.
 */
export async function readMultipart(
  headers: IncomingMessage['headers'],
  body: Buffer,
): Promise<MultipartRequest> {
  const { fields, uploads } = await readForm(headers, body);
  const operations: unknown = JSON.parse(fields.get('operations') ?? 'null');
  const map: unknown = JSON.parse(fields.get('map') ?? 'null');
  if (!isJsonObject(operations)) throw new Error('the part "operations" is missing');
  if (!isJsonObject(map)) throw new Error('the part "map" is missing');
  for (const [part, paths] of Object.entries(map)) {
    if (!uploads.has(part)) throw new Error(`the file part "${part}" is missing`);
    for (const path of Array.isArray(paths) ? paths : []) place(operations, String(path), part);
  }
  return { operations, uploads };
}

async function readForm(
  headers: IncomingMessage['headers'],
  body: Buffer,
): Promise<{ fields: Map<string, string>; uploads: Map<string, UploadedFile> }> {
  const fields = new Map<string, string>();
  const uploads = new Map<string, UploadedFile>();
  await new Promise<void>((resolve, reject) => {
    const parser = busboy({ headers, defParamCharset: 'utf8' });
    parser.on('field', (name, value) => fields.set(name, value));
    parser.on('file', (name, stream, info) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        uploads.set(name, {
          // Some versions of busboy leave the name of a part without one undefined.
          filename: info.filename ?? '',
          mimeType: info.mimeType,
          content: Buffer.concat(chunks),
        });
      });
    });
    parser.on('error', reject);
    parser.on('close', resolve);
    Readable.from([body]).pipe(parser);
  });
  return { fields, uploads };
}

function place(operations: JsonObject, path: string, part: string): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let holder: unknown = operations;
  for (const key of keys) holder = isJsonObject(holder) ? holder[key] : undefined;
  if (!isJsonObject(holder) || holder[last] !== null) throw new Error(`"${path}" is not a null variable`);
  holder[last] = part;
}
