import { describe, expect, it } from 'vitest';
import { itKeepsTheStateContract } from '../../test/helpers/state-store-contract.js';
import { MemoryStore } from './memory-store.js';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const LATER = new Date('2026-01-02T04:04:05.678Z');

describe('MemoryStore', () => {
  itKeepsTheStateContract(() => Promise.resolve(new MemoryStore()));

  it('drops the cached values unused for the longest time when its bound is reached', async () => {
    const store = new MemoryStore({ maxCacheBytes: 3_700 });
    const value = { bytes: new Uint8Array(1_000), storedAt: NOW, expiresAt: LATER };
    for (const key of ['a', 'b', 'c']) await store.write(key, value);
    await store.read('a', NOW);
    await store.write('d', value);
    const kept = [];
    for (const key of ['a', 'b', 'c', 'd']) {
      if ((await store.read(key, NOW)) !== undefined) kept.push(key);
    }
    expect(kept).toEqual(['a', 'c', 'd']);
  });

  it('does not keep a value larger than its bound, nor the one it was to replace', async () => {
    const store = new MemoryStore({ maxCacheBytes: 1_000 });
    await store.write('a', { bytes: new Uint8Array(10), storedAt: NOW, expiresAt: LATER });
    await store.write('a', { bytes: new Uint8Array(2_000), storedAt: NOW, expiresAt: LATER });
    expect(await store.read('a', NOW)).toBeUndefined();
  });

  it('drops the records unused for the longest time when there are too many', async () => {
    const store = new MemoryStore({ maxRecords: 2 });
    for (const key of ['ledger', 'old', 'ledger', 'new']) {
      await store.update('b', key, () => ({ next: key, result: undefined }));
    }
    expect((await store.list('b')).map(({ key }) => key)).toEqual(['ledger', 'new']);
  });
});
