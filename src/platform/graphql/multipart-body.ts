import { randomBytes } from 'node:crypto';

/** A file that travels with an operation. */
export interface UploadedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly text: string;
}

const NEW_LINE = '\r\n';

/**
 * A GraphQL operation and the file of its variable `file`, as one body (GraphQL multipart request convention, protocol
 * reference §9.5): the operation with a hole, where the hole is, and the file that fills it.
 */
export function multipartBody(
  document: string,
  variables: object,
  file: UploadedFile,
): { readonly contentType: string; readonly content: Buffer } {
  // 128 random bits do not occur in a file by chance.
  const boundary = `upload-${randomBytes(16).toString('hex')}`;
  const part = (head: string, text: string): string =>
    [`--${boundary}`, `Content-Disposition: form-data; ${head}`, '', text, ''].join(NEW_LINE);
  const operations = JSON.stringify({ query: document, variables: { ...variables, file: null } });
  const fileHead = `name="0"; filename="${quoted(file.name)}"${NEW_LINE}Content-Type: ${file.mimeType}`;
  const text = [
    part('name="operations"', operations),
    part('name="map"', JSON.stringify({ '0': ['variables.file'] })),
    part(fileHead, file.text),
    `--${boundary}--${NEW_LINE}`,
  ].join('');
  return { contentType: `multipart/form-data; boundary=${boundary}`, content: Buffer.from(text, 'utf8') };
}

/** As browsers escape what would end the name or its line (RFC 7578 and the HTML standard). */
function quoted(name: string): string {
  return name.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}
