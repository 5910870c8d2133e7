import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StateError } from '../../src/state/errors.js';
import type { CachedValue, StateStore } from '../../src/state/port.js';

const STORED = new Date('2026-01-02T03:04:05.678Z');
const EXPIRES = new Date('2026-01-02T04:04:05.678Z');
const BEFORE_EXPIRY = new Date('2026-01-02T04:04:05.677Z');

/** The clock of every store under test stands at this moment. */
export const CONTRACT_NOW = STORED;

function valueOf(bytes: Uint8Array): CachedValue {
  return { bytes, storedAt: STORED, expiresAt: EXPIRES };
}

/** Hostile for whoever joins names with separators, uses them as property names, or ends them at NUL. */
const HOSTILE_KEYS = [
  '',
  'a',
  'a:b',
  'a\0b',
  'a\0c',
  '__proto__',
  'constructor',
  'ключ/鍵',
  "'; --",
  '*',
  '{x}',
];

const keys = fc.oneof(fc.constantFrom(...HOSTILE_KEYS), fc.string({ unit: 'grapheme' }));

/** What every implementation of the port must do, whatever it is made of. */
export function itKeepsTheStateContract(openEmptyStore: () => Promise<StateStore>): void {
  let store: StateStore;
  let buckets = 0;
  /** A bucket no other test uses. */
  const newBucket = (): string => `bucket-${(buckets += 1)}`;
  const put = (bucket: string, key: string, next: unknown): Promise<undefined> =>
    store.update<unknown, undefined>(bucket, key, () => ({ next, result: undefined }));
  const get = (bucket: string, key: string): Promise<unknown> =>
    store.update<unknown, unknown>(bucket, key, (current) => ({ result: current }));
  const increment = (bucket: string, key: string): Promise<number> =>
    store.update<{ count: number }, number>(bucket, key, (current) => {
      const count = (current?.count ?? 0) + 1;
      return { next: { count }, result: count };
    });

  beforeAll(async () => {
    store = await openEmptyStore();
  });
  afterAll(() => store.close());

  describe('records', () => {
    it('hands over the present record and returns what the change answers', async () => {
      const bucket = newBucket();
      const seen: unknown[] = [];
      const answers: number[] = [];
      for (const next of [{ used: 1 }, { used: 2 }]) {
        answers.push(
          await store.update(bucket, 'k', (current) => {
            seen.push(current);
            return { next, result: next.used * 10 };
          }),
        );
      }
      expect(seen).toEqual([undefined, { used: 1 }]);
      expect(answers).toEqual([10, 20]);
      expect(await get(bucket, 'k')).toEqual({ used: 2 });
    });

    it('keeps the record when the change names no next one, and deletes it when the next one is undefined', async () => {
      const bucket = newBucket();
      await put(bucket, 'k', { kept: true });
      await store.update(bucket, 'k', () => ({ result: undefined }));
      expect(await get(bucket, 'k')).toEqual({ kept: true });
      await store.update(bucket, 'k', () => ({ next: undefined, result: undefined }));
      expect(await get(bucket, 'k')).toBeUndefined();
      expect(await store.list(bucket)).toEqual([]);
    });

    it('keeps null apart from no record', async () => {
      const bucket = newBucket();
      await put(bucket, 'k', null);
      expect(await get(bucket, 'k')).toBeNull();
      expect(await store.list(bucket)).toEqual([{ key: 'k', value: null }]);
    });

    it('keeps buckets and keys apart, whatever characters the keys hold', async () => {
      const [one, other] = [newBucket(), newBucket()];
      for (const key of HOSTILE_KEYS) {
        await put(one, key, { one: key });
        await put(other, key, { other: key });
      }
      for (const key of HOSTILE_KEYS) {
        expect(await get(one, key)).toEqual({ one: key });
        expect(await get(other, key)).toEqual({ other: key });
      }
      const listed = await store.list(one);
      expect(new Set(listed.map(({ key }) => key))).toEqual(new Set(HOSTILE_KEYS));
      expect(listed.every(({ key, value }) => (value as { one: string }).one === key)).toBe(true);
    });

    it('leaves the record alone when the change throws, and passes the error on', async () => {
      const bucket = newBucket();
      await put(bucket, 'k', { count: 1 });
      const failing = store.update(bucket, 'k', () => {
        throw new RangeError('a bug of the caller');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await get(bucket, 'k')).toEqual({ count: 1 });
    });

    it('loses none of 100 changes that are made to one record at once', async () => {
      const bucket = newBucket();
      const counts = await Promise.all(Array.from({ length: 100 }, () => increment(bucket, 'k')));
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      expect(await get(bucket, 'k')).toEqual({ count: 100 });
    });

    it('returns every JSON record as it was given', async () => {
      const bucket = newBucket();
      await fc.assert(
        fc.asyncProperty(keys, fc.jsonValue(), async (key, record) => {
          await put(bucket, key, record);
          // JSON has no negative zero.
          expect(await get(bucket, key)).toEqual(JSON.parse(JSON.stringify(record)));
        }),
        { numRuns: 200 },
      );
    });

    it('lists what a map would hold after the same changes', async () => {
      const step = fc.tuple(fc.constantFrom(...HOSTILE_KEYS), fc.option(fc.nat(), { nil: undefined }));
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const bucket = newBucket();
          const model = new Map<string, unknown>();
          for (const [key, next] of steps) {
            await put(bucket, key, next);
            if (next === undefined) model.delete(key);
            else model.set(key, next);
          }
          const listed = await store.list(bucket);
          expect(listed).toHaveLength(model.size);
          expect(new Map(listed.map(({ key, value }) => [key, value]))).toEqual(model);
        }),
        { numRuns: 50 },
      );
    });
  });

  describe('cached values', () => {
    const bytesOf = async (key: string): Promise<Buffer | undefined> => {
      const found = await store.read(key, STORED);
      return found === undefined ? undefined : Buffer.from(found.bytes);
    };

    it('returns a value with its dates until it expires', async () => {
      await store.write('v', valueOf(Buffer.from('report')));
      const found = await store.read('v', BEFORE_EXPIRY);
      expect(found?.storedAt).toEqual(STORED);
      expect(found?.expiresAt).toEqual(EXPIRES);
      expect(Buffer.from(found!.bytes).toString()).toBe('report');
      expect(await store.read('v', EXPIRES)).toBeUndefined();
    });

    it('knows nothing of a key that was never written or that was forgotten', async () => {
      expect(await store.read('never', STORED)).toBeUndefined();
      await store.write('gone', valueOf(Buffer.from('report')));
      await store.forget('gone');
      await store.forget('gone');
      expect(await store.read('gone', STORED)).toBeUndefined();
    });

    it('returns all bytes as they were given, under any key', async () => {
      await fc.assert(
        fc.asyncProperty(keys, fc.uint8Array({ maxLength: 5_000 }), async (key, bytes) => {
          await store.write(key, valueOf(bytes));
          expect((await bytesOf(key))?.equals(bytes)).toBe(true);
        }),
        { numRuns: 100 },
      );
    });

    it('returns large values, whether they can be compressed or not', async () => {
      const large = [Buffer.from('{"engine":"undetected"},'.repeat(100_000)), randomBytes(2_000_000)];
      for (const bytes of large) {
        await store.write('large', valueOf(bytes));
        expect((await bytesOf('large'))?.equals(bytes)).toBe(true);
      }
    });

    it('keeps the value that was written last, however long an earlier one takes', async () => {
      const slow = Buffer.alloc(3_000_000, 'slow to compress ');
      const quick = Buffer.from('quick');
      await Promise.all([store.write('order', valueOf(slow)), store.write('order', valueOf(quick))]);
      expect((await bytesOf('order'))?.toString()).toBe('quick');
      await Promise.all([store.write('order', valueOf(slow)), store.forget('order')]);
      expect(await bytesOf('order')).toBeUndefined();
    });
  });

  it('may be closed twice, and refuses work afterwards', async () => {
    const closed = await openEmptyStore();
    await closed.close();
    await closed.close();
    await expect(closed.list('bucket')).rejects.toThrow(StateError);
    await expect(closed.read('k', STORED)).rejects.toThrow(StateError);
    await expect(closed.write('k', valueOf(Buffer.from('v')))).rejects.toThrow(StateError);
    await expect(closed.forget('k')).rejects.toThrow(StateError);
    await expect(closed.update('bucket', 'k', () => ({ next: 1, result: undefined }))).rejects.toThrow(
      StateError,
    );
  });
}
