import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { openResilientStore } from '../../src/state/resilient-store.js';
import { openRedisStore } from '../../src/state/redis-store.js';
import type { StateStore } from '../../src/state/port.js';
import { openSqliteStore } from '../../src/state/sqlite-store.js';
import { recordedLogger } from './recorded-logger.js';
import { cachedBytes, type FillReport } from './state-worker-process.js';

/*
 * A process of its own that works on a shared store, for tests of several processes and of SIGKILL:
 *   count <store> <times>   adds 1 to the record `count` of the bucket `ledger`, many at once, and ends
 *   cache <store> <times>   caches that many values one after the other, and tells each one that is stored
 *   fill <store> <times>    counts and caches as often, with memory to stand in when the store is full, and tells in JSON
 *                           how it went ({@link FillReport})
 * <store> is a path, or a Redis URL with the prefix as its fragment.
 */
const [command, where = '', times = '0'] = process.argv.slice(2);

const HOUR_MS = 3_600_000;

async function open(): Promise<StateStore> {
  const logger = pino({ level: 'silent' });
  if (!where.startsWith('redis')) return openSqliteStore({ path: where, logger });
  const [url = '', prefix = ''] = where.split('#');
  return openRedisStore({ url, prefix, logger });
}

async function count(store: StateStore): Promise<void> {
  await Promise.all(
    Array.from({ length: Number(times) }, () =>
      store.update<number, undefined>('ledger', 'count', (value = 0) => ({
        next: value + 1,
        result: undefined,
      })),
    ),
  );
}

async function cache(store: StateStore): Promise<void> {
  for (let index = 0; index < Number(times); index += 1) {
    const storedAt = new Date();
    const expiresAt = new Date(storedAt.getTime() + HOUR_MS);
    await store.write(`file:${index}`, { bytes: cachedBytes(index), storedAt, expiresAt });
    // Synchronous, so that a number that is out was stored before, and at most one that is stored is not out.
    writeSync(1, `${index}\n`);
  }
}

async function fill(): Promise<void> {
  const { logger, lines } = recordedLogger();
  const store = await openResilientStore({
    open: () => openSqliteStore({ path: where, logger }),
    merge: ({ base, memory, primary }) => Number(primary ?? 0) + Number(memory) - Number(base ?? 0),
    logger,
  });
  let counted = 0;
  for (let index = 0; index < Number(times); index += 1) {
    counted = await store.update<number, number>('ledger', 'count', (value = 0) => ({
      next: value + 1,
      result: value + 1,
    }));
    const storedAt = new Date();
    const expiresAt = new Date(storedAt.getTime() + HOUR_MS);
    await store.write(`file:${index}`, { bytes: randomBytes(4_000), storedAt, expiresAt });
  }
  const messages = lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg);
  const report: FillReport = { counted, health: store.health(), messages };
  writeSync(1, JSON.stringify(report));
}

if (command === 'fill') {
  await fill();
  // What is still being tried is of no interest.
  process.exit(0);
}
const store = await open();
await (command === 'count' ? count(store) : cache(store));
await store.close();
