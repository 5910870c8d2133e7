import { describe, expect, it } from 'vitest';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { noTelemetry } from '../../shared/telemetry.js';
import { MemoryStore } from '../../state/memory-store.js';
import { QuotaScheduler } from '../quota/scheduler.js';
import type { LookUp, Priority, VirusTotal } from '../schema.js';
import { CachedVirusTotal } from './cached-virustotal.js';

const unknown: LookUp = { found: false };

/** The cache before a quota of so many look-ups a minute. */
function world(perMinute: number): {
  time: VirtualTime;
  cached: CachedVirusTotal;
  scheduler: QuotaScheduler;
} {
  const time = new VirtualTime('2026-03-15T12:00:00.000Z');
  const { clock, sleep } = time;
  const store = new MemoryStore();
  const { logger } = recordedLogger();
  const scheduler = new QuotaScheduler({
    store,
    keyId: 'key-a',
    limits: { perMinute, perDay: 500, perMonth: 15_500 },
    reserveManualPercent: 0,
    clock,
    sleep,
    logger,
  });
  const virusTotal: VirusTotal = {
    lookUp: async (_object, { priority, signal }) => {
      await scheduler.acquire(priority, signal);
      await sleep(200);
      return unknown;
    },
    yaraRuleset: () => Promise.resolve(undefined),
    extra: () => Promise.resolve(undefined),
    quota: () => Promise.reject(new Error('nobody asks')),
  };
  const cached = new CachedVirusTotal(virusTotal, {
    store,
    keyId: 'key-a',
    foundMs: 600_000,
    unknownMs: 600_000,
    clock,
    logger,
    telemetry: noTelemetry,
  });
  return { time, cached, scheduler };
}

describe('a person and machines that want to know the same while the minute is spent', () => {
  it('cost one look-up, which comes when the minute opens, and nobody stays in the line', async () => {
    const { time, cached, scheduler } = world(1);
    const lookUp = (name: string, priority: Priority): Promise<LookUp> =>
      cached.lookUp({ kind: 'domain', name }, { priority });
    const first = lookUp('first.example.com', 'auto');
    await time.pass(1000);
    expect(await first).toEqual(unknown);
    const others = [lookUp('other.example.com', 'auto'), lookUp('same.example.com', 'auto')];
    await time.pass(1000);
    const manual = lookUp('same.example.com', 'manual');
    await time.pass(1000);
    expect(scheduler.usage().waiting).toEqual({ manual: 1, playbook: 0, auto: 2 });

    await time.pass(60_000);
    expect(await Promise.all([manual, others[1]])).toEqual([unknown, unknown]);
    expect(scheduler.usage().waiting).toEqual({ manual: 0, playbook: 0, auto: 1 });
    await time.pass(60_500);
    expect(await others[0]).toEqual(unknown);
    expect(scheduler.usage().day.used).toBe(3);
    await scheduler.close();
  });
});
