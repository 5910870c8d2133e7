import { promisify } from 'node:util';
import { deflate, deflateSync, inflate } from 'node:zlib';

const deflateAsync = promisify(deflate);
const inflateAsync = promisify(inflate);

/** How the bytes of a cached value are stored; the numbers are part of the stored formats. */
export const Encoding = { plain: 0, zlib: 1 } as const;

/** A cached value as it is stored. */
export interface PackedValue {
  /** One of {@link Encoding}; any number when it was read from a store. */
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** Below this, a compressed value saves less than a page of the store. */
const WORTH_TRYING_BYTES = 1_024;
/** Below this, compressing takes less time than handing the value to a thread and getting it back: 0.5 ms at most. */
const PACKED_AT_ONCE_BYTES = 64 * 1024;
/**
 * The fastest level, and little memory to set up, for values that are compressed at once: half the time of the usual
 * level, and 4 % larger for reports.
 */
const AT_ONCE = { level: 1, windowBits: 14, memLevel: 7 } as const;
/** Compressed values must be at most this part of the original, else reading them costs more than it saves. */
const PAYS_BELOW = 0.9;

/**
 * Compresses a value when that pays, a large one on a thread of its own. Reports of VirusTotal, which are JSON, shrink to some
 * 13 %; zlib beats Brotli there in size and speed, and its checksum tells damage.
 */
export async function packValue(bytes: Uint8Array): Promise<PackedValue> {
  if (bytes.byteLength >= WORTH_TRYING_BYTES) {
    const compressed =
      bytes.byteLength <= PACKED_AT_ONCE_BYTES ? deflateSync(bytes, AT_ONCE) : await deflateAsync(bytes);
    if (compressed.byteLength <= bytes.byteLength * PAYS_BELOW) {
      return { encoding: Encoding.zlib, bytes: compressed };
    }
  }
  return { encoding: Encoding.plain, bytes };
}

/** The value as it was given to {@link packValue}; `undefined` when it is damaged or of an unknown encoding. */
export async function unpackValue(packed: PackedValue): Promise<Uint8Array | undefined> {
  if (packed.encoding === Encoding.plain) return packed.bytes;
  if (packed.encoding !== Encoding.zlib) return undefined;
  try {
    return await inflateAsync(packed.bytes);
  } catch {
    return undefined;
  }
}
