import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/state/sqlite-store.js';
import { recordedLogger } from '../helpers/recorded-logger.js';
import { cachedBytes, endOf, fillUp, startStateWorker } from '../helpers/state-worker-process.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-sqlite-'));
  path = join(folder, 'state.sqlite');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function integrityOf(file: string): unknown {
  const database = new DatabaseSync(file);
  try {
    return (database.prepare('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check;
  } finally {
    database.close();
  }
}

describe('a process killed while it caches 1,000 values', () => {
  it.each([0, 1, randomInt(2, 999), randomInt(2, 999), randomInt(2, 999)])(
    'loses at most the value it was writing when SIGKILL comes after value %i',
    async (killAt) => {
      const worker = startStateWorker('cache', path, 1_000);
      const ended = endOf(worker);
      let lastTold = -1;
      for await (const line of createInterface(worker.stdout!)) {
        lastTold = Number(line);
        if (lastTold === killAt) worker.kill('SIGKILL');
      }
      expect(await ended).toBe('SIGKILL');
      expect(lastTold).toBeGreaterThanOrEqual(killAt);

      const { logger, lines } = recordedLogger();
      const store = await openSqliteStore({ path, logger });
      const found: number[] = [];
      for (let index = 0; index < 1_000; index += 1) {
        const value = await store.read(`file:${index}`, new Date());
        if (value === undefined) continue;
        expect(Buffer.from(value.bytes).equals(cachedBytes(index))).toBe(true);
        found.push(index);
      }
      // All that was acknowledged, and perhaps the one that was stored when the signal came.
      expect(found.slice(0, lastTold + 1)).toEqual(Array.from({ length: lastTold + 1 }, (_, index) => index));
      expect(found.length - (lastTold + 1)).toBeLessThanOrEqual(1);
      expect(lines).toEqual([]);
      await store.write('file:after', {
        bytes: Buffer.from('x'),
        storedAt: new Date(),
        expiresAt: new Date(Date.now() + 60_000),
      });
      await store.close();
      expect(integrityOf(path)).toBe('ok');
    },
  );
});

describe('a disk that is full', () => {
  it('makes memory stand in, which goes on counting; the file stays sound and can be used again', async () => {
    const { counted, health, messages } = await fillUp(path, 100, 400);
    expect(counted).toBe(100);
    expect(health).toEqual({
      ok: false,
      detail: expect.stringContaining(
        `state is kept in memory: The SQLite file ${path} cannot be used: `,
      ) as string,
    });
    expect(messages[0]).toBe(
      'the state store cannot be used; going on with limits and cache in memory until it can',
    );
    expect(integrityOf(path)).toBe('ok');

    const { logger, lines } = recordedLogger();
    const store = await openSqliteStore({ path, logger });
    const [record] = await store.list('ledger');
    // What was counted while the disk was full ended with the process; nothing before that is lost.
    expect(record?.value).toBeGreaterThan(0);
    await store.update('ledger', 'count', () => ({ next: 101, result: undefined }));
    expect(await store.list('ledger')).toEqual([{ key: 'count', value: 101 }]);
    await store.close();
    expect(lines).toEqual([]);
  });
});

describe('processes that share one file', () => {
  it('lose none of the changes they make to one record at the same time', async () => {
    const workers = Array.from({ length: 3 }, () => startStateWorker('count', path, 200));
    expect(await Promise.all(workers.map(endOf))).toEqual([0, 0, 0]);
    const { logger } = recordedLogger();
    const store = await openSqliteStore({ path, logger });
    expect(await store.list('ledger')).toEqual([{ key: 'count', value: 600 }]);
    await store.close();
    expect(integrityOf(path)).toBe('ok');
  });

  it('lose no cached value, and the file stays sound', async () => {
    const workers = Array.from({ length: 3 }, () => startStateWorker('cache', path, 300));
    for (const worker of workers) worker.stdout?.resume();
    expect(await Promise.all(workers.map(endOf))).toEqual([0, 0, 0]);
    const { logger, lines } = recordedLogger();
    const store = await openSqliteStore({ path, logger });
    for (let index = 0; index < 300; index += 1) {
      const value = await store.read(`file:${index}`, new Date());
      expect(Buffer.from(value!.bytes).equals(cachedBytes(index))).toBe(true);
    }
    await store.close();
    expect(lines).toEqual([]);
    expect(integrityOf(path)).toBe('ok');
  });
});
