import { createCipheriv, createHash } from 'node:crypto';

/**
 * Bytes that are made while they are sent, so that a large file takes no memory. The same size and seed always give
 * the same bytes, which look random and cannot be compressed.
 */
export interface GeneratedBytes {
  readonly sizeBytes: number;
  readonly seed: string;
}

/** What is in a file: the bytes themselves, or how they are made. */
export type FileBytes = Uint8Array | GeneratedBytes;

const CHUNK_BYTES = 64 * 1024;

/** Length in bytes. */
export function sizeOf(bytes: FileBytes): number {
  return bytes instanceof Uint8Array ? bytes.length : bytes.sizeBytes;
}

/** The bytes, in pieces of at most 64 KiB. */
export function* chunksOf(bytes: FileBytes): Generator<Uint8Array> {
  if (bytes instanceof Uint8Array) {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
    return;
  }
  const key = createHash('sha256').update(bytes.seed).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  for (let left = bytes.sizeBytes; left > 0; left -= CHUNK_BYTES)
    yield stream.update(zeros.subarray(0, Math.min(left, CHUNK_BYTES)));
}

/** The beginning of the bytes. */
export function* firstBytes(bytes: FileBytes, count: number): Generator<Uint8Array> {
  let left = count;
  for (const chunk of chunksOf(bytes)) {
    if (left <= 0) return;
    yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** Digest in lower-case hex, for the `hashes` of the entity that the file belongs to. */
export function digestOf(bytes: FileBytes, algorithm: 'md5' | 'sha1' | 'sha256'): string {
  const hash = createHash(algorithm);
  for (const chunk of chunksOf(bytes)) hash.update(chunk);
  return hash.digest('hex');
}
