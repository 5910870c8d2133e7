import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Encoding, packValue, unpackValue } from './packed-value.js';

const REPORT = Buffer.from(
  JSON.stringify(Array.from({ length: 90 }, (_, index) => ({ engine: `e${index}` }))),
);

describe('packValue', () => {
  it('compresses what shrinks', async () => {
    const packed = await packValue(REPORT);
    expect(packed.encoding).toBe(Encoding.zlib);
    expect(packed.bytes.byteLength).toBeLessThan(REPORT.byteLength / 3);
    expect(Buffer.from((await unpackValue(packed))!).equals(REPORT)).toBe(true);
  });

  it('leaves alone what is small, and what does not shrink', async () => {
    const noise = randomBytes(10_000);
    expect(await packValue(Buffer.from('small'))).toEqual({
      encoding: Encoding.plain,
      bytes: Buffer.from('small'),
    });
    expect(await packValue(noise)).toEqual({ encoding: Encoding.plain, bytes: noise });
  });
});

describe('unpackValue', () => {
  it('takes damaged bytes and unknown encodings for no value', async () => {
    const { bytes } = await packValue(REPORT);
    const damaged = Buffer.from(bytes);
    damaged[40]! ^= 0xff;
    expect(await unpackValue({ encoding: Encoding.zlib, bytes: damaged })).toBeUndefined();
    expect(await unpackValue({ encoding: Encoding.zlib, bytes: bytes.subarray(0, 20) })).toBeUndefined();
    expect(await unpackValue({ encoding: 7, bytes })).toBeUndefined();
  });
});
