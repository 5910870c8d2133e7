import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chunksOf, digestOf, firstBytes, sizeOf } from './file-bytes.js';

describe('the bytes of a file', () => {
  it('are made anew each time, the same for the same seed', () => {
    const generated = { sizeBytes: 200_000, seed: 'sample' };
    const first = Buffer.concat([...chunksOf(generated)]);
    const second = Buffer.concat([...chunksOf(generated)]);
    expect(first.equals(second)).toBe(true);
    expect([sizeOf(generated), first.length]).toEqual([200_000, 200_000]);
    expect(digestOf(generated, 'sha256')).toBe(createHash('sha256').update(first).digest('hex'));
    expect(digestOf({ ...generated, seed: 'other' }, 'sha256')).not.toBe(digestOf(generated, 'sha256'));
  });

  it('are cut into pieces whatever they come from', () => {
    const lengths = (bytes: Parameters<typeof chunksOf>[0]): number[] =>
      [...chunksOf(bytes)].map(({ length }) => length);
    expect(lengths({ sizeBytes: 65_537, seed: '' })).toEqual([65_536, 1]);
    expect(lengths(Buffer.alloc(65_537))).toEqual([65_536, 1]);
    expect(lengths({ sizeBytes: 0, seed: '' })).toEqual([]);
  });

  it('can be broken off', () => {
    const bytes = { sizeBytes: 200_000, seed: 'sample' };
    const beginning = Buffer.concat([...firstBytes(bytes, 70_000)]);
    expect(beginning.equals(Buffer.concat([...chunksOf(bytes)]).subarray(0, 70_000))).toBe(true);
    expect([...firstBytes(Buffer.from('demo'), 9)].map(String)).toEqual(['demo']);
  });

  it('may be given as they are', () => {
    expect(digestOf(Buffer.from('demo'), 'md5')).toBe('fe01ce2a7fbac8fafaed7c982a04e229');
    expect(sizeOf(Buffer.from('demo'))).toBe(4);
  });
});
