import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { settled, VirtualTime } from '../../../test/helpers/virtual-time.js';
import { MemoryStore } from '../../state/memory-store.js';
import type { Change } from '../../state/port.js';
import type { Priority } from '../schema.js';
import { publicQuota } from './limits.js';
import { QuotaExhaustedError } from './quota-exhausted-error.js';
import { QuotaScheduler, type QuotaSchedulerOptions } from './scheduler.js';

const MINUTE_MS = 60_000;

/** A store that answers when the test lets it. */
class SlowStore extends MemoryStore {
  private gate: Promise<void> = Promise.resolve();
  private answer: () => void = () => undefined;

  hold(): void {
    this.gate = new Promise((resolve) => (this.answer = resolve));
  }

  release(): void {
    this.answer();
  }

  override async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    await this.gate;
    return super.update(bucket, key, change);
  }
}

/** A public key: four look-ups a minute. */
function world(more: Partial<QuotaSchedulerOptions> = {}): {
  time: VirtualTime;
  store: SlowStore;
  scheduler: QuotaScheduler;
} {
  const time = new VirtualTime('2026-03-15T12:00:00.000Z');
  const store = new SlowStore();
  const scheduler = new QuotaScheduler({
    store,
    keyId: 'key-1',
    limits: publicQuota,
    reserveManualPercent: 0,
    clock: time.clock,
    sleep: time.sleep,
    logger: pino({ level: 'silent' }),
    ...more,
  });
  return { time, store, scheduler };
}

describe('a request that gets no look-up', () => {
  /** People ask for a little more than there is, so that nobody else is served. */
  async function askByHand({ time, scheduler }: ReturnType<typeof world>): Promise<void> {
    for (;;) {
      scheduler.acquire('manual').catch(() => undefined);
      await time.sleep(14_000);
    }
  }

  /** When a request that asks after a minute has got its look-up or gone, in minutes of work, and how. */
  async function fateOf(
    priority: Priority,
    { worked = 0, ...more }: Partial<QuotaSchedulerOptions> & { readonly worked?: number } = {},
  ): Promise<{ readonly minutes: number; readonly error?: unknown } | undefined> {
    const present = world(more);
    const { time, scheduler } = present;
    void askByHand(present);
    await time.pass((1 + worked) * MINUTE_MS);
    const startedAtMs = time.elapsedMs - worked * MINUTE_MS;
    let fate: { readonly minutes: number; readonly error?: unknown } | undefined;
    const minutes = (): number => (time.elapsedMs - startedAtMs) / MINUTE_MS;
    scheduler.acquire(priority, undefined, startedAtMs).then(
      () => (fate = { minutes: minutes() }),
      (error: unknown) => (fate = { minutes: minutes(), error }),
    );
    await time.pass(45 * MINUTE_MS);
    void scheduler.close();
    await settled();
    return fate;
  }

  it('goes back to the broker after twelve minutes and what is left of a minute', async () => {
    const fate = await fateOf('auto');
    expect(fate?.minutes).toBeGreaterThanOrEqual(12);
    expect(fate?.minutes).toBeLessThanOrEqual(13);
    expect(fate?.error).toBeInstanceOf(QuotaExhaustedError);
    expect(fate?.error).toMatchObject({ window: 'minute', kind: 'transient' });
  });

  it('goes back as soon as it would have to wait when it has been in work for so long', async () => {
    const fate = await fateOf('auto', { worked: 20 });
    expect(fate?.minutes).toBeGreaterThanOrEqual(20);
    expect(fate?.minutes).toBeLessThanOrEqual(21);
    expect(fate?.error).toMatchObject({ window: 'minute' });
  });

  it('is held until the connector stops when it would not find its answers again', async () => {
    const fate = await fateOf('auto', { mayReturn: (priority) => priority !== 'auto' });
    expect(fate?.minutes).toBe(45);
    expect(fate?.error).not.toBeInstanceOf(QuotaExhaustedError);
  });

  it('is told when the minute opens', async () => {
    const { time, scheduler } = world();
    await Promise.all([1, 2, 3, 4].map(() => scheduler.acquire('auto')));
    await time.pass(20_000);
    await expect(scheduler.acquire('auto', undefined, -15 * MINUTE_MS)).rejects.toMatchObject({
      message:
        'More VirusTotal look-ups are wanted than the quota of a minute allows; the request waits until 2026-03-15 12:01 UTC.',
      until: new Date('2026-03-15T12:01:00.500Z'),
    });
  });

  it('is served all the same, however long it has been in work, when there is a look-up', async () => {
    const { scheduler } = world();
    await scheduler.acquire('auto', undefined, -60 * MINUTE_MS);
    expect(scheduler.usage().day.used).toBe(1);
  });

  it('does not keep files with twenty rulesets each from being done, one delivery after another', async () => {
    const { time, scheduler } = world();
    const held: number[] = [];
    const done: number[] = [];
    const enrich = async (file: number): Promise<void> => {
      let missing = 21;
      while (missing > 0) {
        const startedAtMs = time.elapsedMs;
        const units = await Promise.allSettled(
          Array.from({ length: missing }, () => scheduler.acquire('auto', undefined, startedAtMs)),
        );
        held.push((time.elapsedMs - startedAtMs) / MINUTE_MS);
        missing -= units.filter(({ status }) => status === 'fulfilled').length;
      }
      done.push(file);
    };
    for (let file = 1; file <= 8; file += 1) void enrich(file);
    // 168 look-ups at four a minute.
    await time.pass(43 * MINUTE_MS);
    expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...held)).toBeLessThanOrEqual(13);
  });
});

describe('a unit that was being taken', () => {
  it('is put back when nobody wants it any more', async () => {
    const { store, scheduler } = world();
    store.hold();
    const leave = new AbortController();
    const gone = expect(scheduler.acquire('auto', leave.signal)).rejects.toThrow('another has the answer');
    await settled();
    leave.abort(new Error('another has the answer'));
    store.release();
    await gone;
    await settled();
    expect(scheduler.usage().day.used).toBe(0);
  });

  it('is put back when the scheduler closes, which lasts until that is stored', async () => {
    const { store, scheduler } = world();
    store.hold();
    const gone = expect(scheduler.acquire('auto')).rejects.toMatchObject({ kind: 'transient' });
    await settled();
    const closed = scheduler.close();
    store.release();
    await gone;
    await closed;
    expect(scheduler.usage().day.used).toBe(0);
    const [record] = await store.list('ledger');
    expect(record?.value).toMatchObject({ day: [{ spent: 0 }] });
  });

  it('does not become a unit of another kind of request', async () => {
    const { store, scheduler } = world({
      limits: { ...publicQuota, perMinute: 0, perDay: 1 },
      reserveManualPercent: 100,
    });
    store.hold();
    const leave = new AbortController();
    const manual = expect(scheduler.acquire('manual', leave.signal)).rejects.toThrow('no longer');
    const auto = expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    await settled();
    leave.abort(new Error('no longer'));
    store.release();
    await Promise.all([manual, auto]);
    expect(scheduler.usage().day.used).toBe(0);
  });
});
