import { packValue, unpackValue } from '../shared/packed-value.js';
import type { CachedValue } from './port.js';

/** Header of a cached value: encoding (one byte), stored at, expires at (milliseconds as 64-bit floats). */
const HEADER_BYTES = 17;

/** A cached value as one binary string. */
export async function encodeValue(value: CachedValue): Promise<Buffer> {
  const { encoding, bytes } = await packValue(value.bytes);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(encoding, 0);
  header.writeDoubleBE(value.storedAt.getTime(), 1);
  header.writeDoubleBE(value.expiresAt.getTime(), 9);
  return Buffer.concat([header, bytes]);
}

/** The value of {@link encodeValue}; `undefined` when it is damaged. */
export async function decodeValue(encoded: Buffer): Promise<CachedValue | undefined> {
  if (encoded.byteLength < HEADER_BYTES) return undefined;
  const bytes = await unpackValue({
    encoding: encoded.readUInt8(0),
    bytes: encoded.subarray(HEADER_BYTES),
  });
  if (bytes === undefined) return undefined;
  return {
    bytes,
    storedAt: new Date(encoded.readDoubleBE(1)),
    expiresAt: new Date(encoded.readDoubleBE(9)),
  };
}
