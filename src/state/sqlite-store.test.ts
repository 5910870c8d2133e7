import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../test/helpers/recorded-logger.js';
import { CONTRACT_NOW, itKeepsTheStateContract } from '../../test/helpers/state-store-contract.js';
import { fixedClock } from '../shared/clock.js';
import { StateError } from './errors.js';
import type { CachedValue, StateStore } from './port.js';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.js';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const LATER = new Date('2026-01-02T04:04:05.678Z');
const MEBIBYTE = 1_048_576;

let folder: string;
let path: string;
let lines: LogLine[];
const opened: StateStore[] = [];

async function open(changes: Partial<SqliteStoreOptions> = {}): Promise<StateStore> {
  const recorded = recordedLogger();
  lines = recorded.lines;
  const store = await openSqliteStore({ path, clock: fixedClock(NOW), logger: recorded.logger, ...changes });
  opened.push(store);
  return store;
}

/** Bytes that do not shrink, so that sizes are known. */
function valueOf(size: number, expiresAt = LATER): CachedValue {
  return { bytes: randomBytes(size), storedAt: NOW, expiresAt };
}

function put(store: StateStore, key: string, next: unknown): Promise<undefined> {
  return store.update<unknown, undefined>('ledger', key, () => ({ next, result: undefined }));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlite-store-'));
  path = join(folder, 'state', 'connector.sqlite');
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the contract of the port, kept by SQLite', () => {
  let contractFolder: string;
  beforeAll(async () => {
    contractFolder = await mkdtemp(join(tmpdir(), 'sqlite-contract-'));
  });
  afterAll(() => rm(contractFolder, { recursive: true, force: true }));

  let files = 0;
  itKeepsTheStateContract(() =>
    openSqliteStore({
      path: join(contractFolder, `${(files += 1)}.sqlite`),
      clock: fixedClock(CONTRACT_NOW),
      logger: recordedLogger().logger,
    }),
  );
});

describe('the file', () => {
  it('is created with its folder, for this user alone, and so are its companions', async () => {
    const store = await open();
    await put(store, 'day', 1);
    const modes = [];
    for (const name of ['', '-wal', '-shm']) modes.push((await stat(path + name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect((await stat(join(folder, 'state'))).mode & 0o777).toBe(0o700);
    expect(store.description).toBe(`SQLite file ${path}`);
  });

  it('still holds records and cached values when it is opened again', async () => {
    const first = await open();
    await put(first, 'day', { used: 3 });
    await first.write('file:1', { bytes: Buffer.from('report'), storedAt: NOW, expiresAt: LATER });
    await first.close();
    const second = await open();
    expect(await second.list('ledger')).toEqual([{ key: 'day', value: { used: 3 } }]);
    expect(Buffer.from((await second.read('file:1', NOW))!.bytes).toString()).toBe('report');
  });

  it('is refused, and left untouched, when it is the database of another program', async () => {
    path = join(folder, 'other.sqlite');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    const before = await readFile(path);
    await expect(open()).rejects.toThrow(StateError);
    await expect(open()).rejects.toThrow(/database of another program/);
    expect((await readFile(path)).equals(before)).toBe(true);
    expect(await readdir(folder)).toEqual(['other.sqlite']);
  });

  it('is refused, and left untouched, when a later version wrote it', async () => {
    await (await open()).close();
    const later = new DatabaseSync(path);
    later.exec('PRAGMA user_version = 99');
    later.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    later.close();
    const before = await readFile(path);
    await expect(open()).rejects.toThrow(/written by a later version .*schema 99/);
    await expect(open()).rejects.toThrow(StateError);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('is reported as a state error when it cannot be created', async () => {
    await writeFile(join(folder, 'state'), 'a file where the folder should be');
    await expect(open()).rejects.toThrow(StateError);
  });

  it('is shared by two connections that change one record at the same time', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const increment = (store: StateStore): Promise<number> =>
      store.update<number, number>('ledger', 'day', (count = 0) => ({ next: count + 1, result: count }));
    await Promise.all(Array.from({ length: 200 }, (_, index) => increment(index % 2 ? one : other)));
    expect(await one.list('ledger')).toEqual([{ key: 'day', value: 200 }]);
  });
});

describe('a lock of another process', () => {
  it('is waited for', async () => {
    const store = await open();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const waiting = put(store, 'day', 1);
    // The event loop turns while the store waits, or this would never run.
    await new Promise((resolve) => setImmediate(resolve));
    other.exec('COMMIT');
    other.close();
    await waiting;
    expect(await store.list('ledger')).toEqual([{ key: 'day', value: 1 }]);
  });

  it('is a state error when it lasts', async () => {
    const store = await open({ maxLockWaitMs: 40 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(put(store, 'day', 1)).rejects.toThrow(StateError);
    await expect(put(store, 'day', 1)).rejects.toThrow(/locked by another process/);
    other.close();
    await put(store, 'day', 2);
    expect(await store.list('ledger')).toEqual([{ key: 'day', value: 2 }]);
  });
});

describe('a damaged file', () => {
  /** Fills a store with records and enough cached values that the file has hundreds of pages, and closes it. */
  async function filledFile(): Promise<void> {
    const store = await open();
    await put(store, 'day', { used: 7 });
    for (let index = 0; index < 300; index += 1) await store.write(`file:${index}`, valueOf(20_000));
    await store.close();
  }

  async function corruptFiles(): Promise<string[]> {
    return (await readdir(join(folder, 'state'))).filter((name) => /\.corrupt-[^-]*$/.test(name));
  }

  it('is moved aside with one error when it is no database at all', async () => {
    await filledFile();
    await writeFile(path, 'this was once a database '.repeat(1_000));
    const store = await open();
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: 'the state file is damaged; moved it aside and began a new one',
        movedTo: 'connector.sqlite.corrupt-20260102T030405678Z',
        recordsCarriedOver: 0,
      }),
    ]);
    expect(await corruptFiles()).toEqual(['connector.sqlite.corrupt-20260102T030405678Z']);
    await put(store, 'day', { used: 1 });
    expect(await store.list('ledger')).toEqual([{ key: 'day', value: { used: 1 } }]);
  });

  it('hands its readable records over to the new one', async () => {
    await filledFile();
    const { size } = await stat(path);
    await truncate(path, size / 2);
    const store = await open();
    expect(lines).toEqual([expect.objectContaining({ level: 'error', recordsCarriedOver: 1 })]);
    expect(await store.list('ledger')).toEqual([{ key: 'day', value: { used: 7 } }]);
    expect(await store.read('file:1', NOW)).toBeUndefined();
    expect(await corruptFiles()).toHaveLength(1);
  });

  it('is a state error when the damage shows while the store is open, and moved aside when it is opened again', async () => {
    await filledFile();
    const store = await open();
    const bytes = await readFile(path);
    // All pages but the first few, which hold the schema.
    await writeFile(path, Buffer.concat([bytes.subarray(0, 4_096), randomBytes(bytes.length - 4_096)]));
    const use = async (): Promise<void> => {
      for (let index = 0; index < 300; index += 1) await store.read(`file:${index}`, NOW);
      await store.list('ledger');
    };
    await expect(use()).rejects.toThrow(StateError);
    await store.close();
    const fresh = await open();
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    await put(fresh, 'day', 1);
  });

  it('does not bring its write-ahead log into the new one', async () => {
    await filledFile();
    const store = await open();
    await put(store, 'day', { used: 8 });
    const log = await readFile(`${path}-wal`);
    await store.close();
    await writeFile(path, randomBytes(8_192));
    await writeFile(`${path}-wal`, log);
    const fresh = await open();
    expect(await fresh.list('ledger')).toEqual([]);
    await put(fresh, 'day', { used: 1 });
    expect(await fresh.list('ledger')).toEqual([{ key: 'day', value: { used: 1 } }]);
  });
});

describe('a file that is taken away while it is open', () => {
  it('is a state error for whatever is done with it, and there is a new one when it is opened again', async () => {
    const store = await open();
    await put(store, 'day', { used: 1 });
    await rm(join(folder, 'state'), { recursive: true });
    const removed = `The SQLite file ${path} was removed or replaced.`;
    await expect(put(store, 'day', { used: 2 })).rejects.toThrow(new StateError(removed));
    await expect(store.list('ledger')).rejects.toThrow(removed);
    await expect(store.read('file:1', NOW)).rejects.toThrow(removed);
    await expect(store.write('file:1', valueOf(10))).rejects.toThrow(removed);
    await expect(store.forget('file:1')).rejects.toThrow(removed);
    const fresh = await open();
    expect(await fresh.list('ledger')).toEqual([]);
  });

  it('takes nothing of the new one along when it is let go', async () => {
    const store = await open();
    await put(store, 'day', { used: 1 });
    await rm(join(folder, 'state'), { recursive: true });
    const fresh = await open();
    await put(fresh, 'day', { used: 2 });
    await store.close();
    await put(fresh, 'month', { used: 3 });
    const another = await open();
    expect(await another.list('ledger')).toEqual([
      { key: 'day', value: { used: 2 } },
      { key: 'month', value: { used: 3 } },
    ]);
  });

  it('is a state error when garbage takes its place, which is moved aside when it is opened again', async () => {
    const store = await open();
    await put(store, 'day', { used: 1 });
    const garbage = join(folder, 'garbage');
    await writeFile(garbage, randomBytes(8_192));
    await rename(garbage, path);
    await expect(put(store, 'day', { used: 2 })).rejects.toThrow(StateError);
    await store.close();
    const fresh = await open();
    expect(lines).toEqual([expect.objectContaining({ level: 'error', recordsCarriedOver: 0 })]);
    await put(fresh, 'day', { used: 2 });
    expect(await fresh.list('ledger')).toEqual([{ key: 'day', value: { used: 2 } }]);
  });
});

describe('the bound of the cache', () => {
  async function kept(store: StateStore, count: number): Promise<number[]> {
    const found: number[] = [];
    for (let index = 0; index < count; index += 1) {
      if ((await store.read(`file:${index}`, NOW)) !== undefined) found.push(index);
    }
    return found;
  }

  it('is kept by dropping what was unused for the longest time, and the file stays near it', async () => {
    let ticks = 0;
    const clock = { now: () => new Date(NOW.getTime() + (ticks += 1)) };
    const store = await open({ maxCacheBytes: 4 * MEBIBYTE, clock });
    for (let index = 0; index < 1_000; index += 1) {
      await store.write(`file:${index}`, valueOf(20_000));
      // The first one is asked for again and again.
      await store.read('file:0', clock.now());
    }
    await store.close();
    const { size } = await stat(path);
    expect(size).toBeLessThan(4 * MEBIBYTE * 1.1);
    const indexes = await kept(await open({ maxCacheBytes: 4 * MEBIBYTE }), 1_000);
    expect(indexes[0]).toBe(0);
    expect(indexes.at(-1)).toBe(999);
    expect(indexes.length).toBeGreaterThan(150);
    // What is left beside the first one are the latest, without a gap.
    expect(indexes.at(-1)! - indexes[1]!).toBe(indexes.length - 2);
  });

  it('drops expired values first', async () => {
    const soon = new Date(NOW.getTime() + 1);
    let now = NOW;
    const store = await open({ maxCacheBytes: 4 * MEBIBYTE, clock: { now: () => now } });
    for (let index = 0; index < 5; index += 1) await store.write(`file:${index}`, valueOf(20_000));
    for (let index = 5; index < 10; index += 1) await store.write(`file:${index}`, valueOf(20_000, soon));
    now = soon;
    for (let index = 10; index < 25; index += 1) await store.write(`file:${index}`, valueOf(20_000));
    await store.close();
    const file = new DatabaseSync(path);
    const rows = file.prepare('SELECT CAST(key AS TEXT) AS key FROM cache ORDER BY id').all();
    file.close();
    expect(rows.map(({ key }: { key: string }) => key)).toEqual([
      ...Array.from({ length: 5 }, (_, index) => `file:${index}`),
      ...Array.from({ length: 15 }, (_, index) => `file:${index + 10}`),
    ]);
  });

  it('holds for a file that was filled under a larger one', async () => {
    const large = await open({ maxCacheBytes: 16 * MEBIBYTE });
    for (let index = 0; index < 500; index += 1) await large.write(`file:${index}`, valueOf(20_000));
    await large.close();
    expect((await stat(path)).size).toBeGreaterThan(8 * MEBIBYTE);
    const small = await open({ maxCacheBytes: 2 * MEBIBYTE });
    await small.close();
    expect((await stat(path)).size).toBeLessThanOrEqual(2 * MEBIBYTE);
  });

  it('refuses a value larger than itself, and drops the one it was to replace', async () => {
    const store = await open({ maxCacheBytes: 100_000 });
    await store.write('file:0', valueOf(1_000));
    await store.write('file:0', valueOf(200_000));
    expect(await store.read('file:0', NOW)).toBeUndefined();
  });
});
