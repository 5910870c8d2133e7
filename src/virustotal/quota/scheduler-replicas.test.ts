import { describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { MemoryStore } from '../../state/memory-store.js';
import type { KeyQuota } from '../schema.js';
import { publicQuota, type QuotaOptions } from './limits.js';
import { QuotaExhaustedError } from './quota-exhausted-error.js';
import { QuotaScheduler } from './scheduler.js';

const MINUTE = 60_000;

interface Replica {
  readonly scheduler: QuotaScheduler;
  readonly lines: LogLine[];
}

const time = (): VirtualTime => new VirtualTime('2026-03-15T12:00:00.000Z');

function replica(
  world: VirtualTime,
  store: MemoryStore,
  limits: QuotaOptions = { ...publicQuota, perMinute: 0, perDay: 5 },
  aheadMs = 0,
): Replica {
  const { logger, lines } = recordedLogger();
  const scheduler = new QuotaScheduler({
    store,
    keyId: 'key-1',
    limits,
    reserveManualPercent: 0,
    clock: {
      now: () => new Date(world.clock.now().getTime() + aheadMs),
      elapsedMs: () => world.elapsedMs,
    },
    sleep: world.sleep,
    logger,
  });
  return { scheduler, lines };
}

describe('a store that has lost the ledger', () => {
  it('gets it back from who knows it, and nothing is spent twice', async () => {
    const store = new MemoryStore();
    const { scheduler } = replica(time(), store);
    for (let unit = 0; unit < 4; unit += 1) await scheduler.acquire('auto');
    await store.update('ledger', 'key-1', () => ({ next: undefined, result: undefined }));
    await scheduler.acquire('auto');
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    const [record] = await store.list('ledger');
    expect(record?.value).toMatchObject({ day: [{ id: '2026-03-15', spent: 5 }] });
  });

  it('gets it back from who knows it when it holds something else in its place', async () => {
    const store = new MemoryStore();
    const { scheduler } = replica(time(), store);
    for (let unit = 0; unit < 5; unit += 1) await scheduler.acquire('auto');
    await store.update('ledger', 'key-1', () => ({ next: 'garbage', result: undefined }));
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
  });
});

describe('two replicas whose look-ups are refused at the same time', () => {
  it('each find out that the day is spent, ask once, and warn once', async () => {
    const [world, store] = [time(), new MemoryStore()];
    const [first, second] = [replica(world, store), replica(world, store)];
    let asked = 0;
    const fetchQuota = (): Promise<KeyQuota> => {
      asked += 1;
      return Promise.resolve({ hourly: undefined, daily: { used: 5, allowed: 5 }, monthly: undefined });
    };
    await Promise.all(
      [first, second, first, second].map(({ scheduler }) => scheduler.blocked({}, fetchQuota)),
    );
    expect(asked).toBe(2);
    for (const { lines } of [first, second]) {
      expect(lines.filter(({ level }) => level === 'warn').map(({ window }) => window)).toEqual(['day']);
    }
    for (const { scheduler } of [first, second]) {
      await expect(scheduler.acquire('manual')).rejects.toMatchObject({ window: 'day' });
      void scheduler.close();
    }
  });
});

describe('two replicas whose clocks differ', () => {
  it.each([50, 2000, 10_000, 70_000, 300_000])(
    'by %i ms use the minute to the full together, and never exceed it',
    async (aheadMs) => {
      const [world, store] = [time(), new MemoryStore()];
      const limits = { perMinute: 60, perDay: 0, perMonth: 0 };
      const grants: number[] = [];
      const ask = async ({ scheduler }: Replica): Promise<void> => {
        for (;;) {
          await scheduler.acquire('auto');
          grants.push(world.elapsedMs);
          await world.sleep(200);
        }
      };
      const both = [replica(world, store, limits), replica(world, store, limits, aheadMs)];
      for (const each of both) {
        for (let caller = 0; caller < 10; caller += 1) ask(each).catch(() => undefined);
      }
      await world.pass(10 * MINUTE - 1);
      for (const { scheduler } of both) void scheduler.close();
      const from = (at: number): number =>
        grants.filter((other) => other >= at && other < at + MINUTE).length;
      // Who has just been started cannot know yet by whose clock the units of that moment were counted.
      expect(Math.max(...grants.filter((at) => at > 0).map(from))).toBe(60);
      expect(grants.length).toBeGreaterThanOrEqual(594);
    },
  );

  it('too far to be followed never exceed the minute either', async () => {
    const [world, store] = [time(), new MemoryStore()];
    const limits = { perMinute: 10, perDay: 0, perMonth: 0 };
    const both = [replica(world, store, limits), replica(world, store, limits, 3_600_000)];
    let granted = 0;
    for (const { scheduler } of both) {
      for (let caller = 0; caller < 40; caller += 1) {
        scheduler.acquire('auto').then(
          () => (granted += 1),
          () => undefined,
        );
      }
    }
    await world.pass(MINUTE - 1);
    for (const { scheduler } of both) void scheduler.close();
    expect(granted).toBeLessThanOrEqual(11);
  });
});
