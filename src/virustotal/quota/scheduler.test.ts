import { describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import { settled, VirtualTime } from '../../../test/helpers/virtual-time.js';
import type { Change } from '../../state/port.js';
import type { KeyQuota } from '../schema.js';
import { publicQuota, type QuotaOptions } from './limits.js';
import { QuotaExhaustedError } from './quota-exhausted-error.js';
import { QuotaScheduler, type QuotaSchedulerOptions } from './scheduler.js';

const nothingTold: KeyQuota = { hourly: undefined, daily: undefined, monthly: undefined };
const daily = (used: number, allowed: number) => (): Promise<KeyQuota> =>
  Promise.resolve({ ...nothingTold, daily: { used, allowed } });

/** One record in JSON; fails when told to. */
class JsonStore {
  readonly records = new Map<string, string>();
  isBroken = false;
  updates = 0;

  async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    await Promise.resolve();
    this.updates += 1;
    if (this.isBroken) throw new Error('disk full');
    const stored = this.records.get(`${bucket}/${key}`);
    const changed = change(stored === undefined ? undefined : (JSON.parse(stored) as T));
    if ('next' in changed) this.records.set(`${bucket}/${key}`, JSON.stringify(changed.next));
    return changed.result;
  }
}

interface World {
  readonly time: VirtualTime;
  readonly store: JsonStore;
  readonly lines: LogLine[];
  readonly events: string[];
  readonly options: QuotaSchedulerOptions;
  scheduler: QuotaScheduler;
}

function world(limits: Partial<QuotaOptions> = {}, more: Partial<QuotaSchedulerOptions> = {}): World {
  const time = new VirtualTime('2026-03-15T12:00:00.000Z');
  const store = new JsonStore();
  const { logger, lines } = recordedLogger();
  const events: string[] = [];
  const options: QuotaSchedulerOptions = {
    store,
    keyId: 'key-1',
    limits: { ...publicQuota, ...limits },
    reserveManualPercent: 0,
    clock: time.clock,
    sleep: time.sleep,
    logger,
    onExhausted: ({ until, window, manualServed }) =>
      events.push(`${window} until ${until.toISOString()}${manualServed ? ', manual served' : ''}`),
    onResumed: () => events.push('resumed'),
    ...more,
  };
  return { time, store, lines, events, options, scheduler: new QuotaScheduler(options) };
}

async function acquireAll(scheduler: QuotaScheduler, units: number): Promise<void> {
  for (let unit = 0; unit < units; unit += 1) await scheduler.acquire('auto');
}

const warnings = (lines: readonly LogLine[]): LogLine[] => lines.filter(({ level }) => level === 'warn');

describe('a key without limits', () => {
  const none = { perMinute: 0, perDay: 0, perMonth: 0 };

  it('is served at once, and its units are stored together once a second', async () => {
    const { time, store, options, scheduler } = world(none);
    await acquireAll(scheduler, 500);
    expect(scheduler.usage().day.used).toBe(500);
    expect(store.updates).toBe(1);
    await time.pass(1000);
    expect(store.updates).toBe(2);
    const restarted = new QuotaScheduler(options);
    await restarted.acquire('manual');
    expect(restarted.usage().day.used).toBe(501);
  });

  it('has stored the last units when it has closed', async () => {
    const { store, options, scheduler } = world(none);
    await acquireAll(scheduler, 5);
    await scheduler.close();
    expect(store.updates).toBe(2);
    const restarted = new QuotaScheduler(options);
    await restarted.acquire('auto');
    expect(restarted.usage().day.used).toBe(6);
  });

  it('counts no unit that was given back', async () => {
    const { time, scheduler } = world(none);
    await acquireAll(scheduler, 2);
    await (await scheduler.acquire('manual')).giveBack();
    await time.pass(1000);
    expect(scheduler.usage().day.used).toBe(2);
  });

  it('pauses all the same when VirusTotal refuses a look-up', async () => {
    const { time, scheduler } = world(none);
    await acquireAll(scheduler, 3);
    await scheduler.blocked({ retryAfterMs: 30_000 }, () => Promise.resolve(nothingTold));
    let servedAt = 0;
    void scheduler.acquire('auto').then(() => (servedAt = time.elapsedMs));
    await time.pass(40_000);
    expect(servedAt).toBe(30_000);
  });
});

describe('acquire', () => {
  it('lets a whole minute burst, then waits for the first unit to leave it', async () => {
    const { time, scheduler } = world();
    const servedAt: number[] = [];
    for (let request = 0; request < 6; request += 1) {
      void scheduler.acquire('auto').then(() => servedAt.push(time.elapsedMs));
      await time.pass(1000);
    }
    await time.pass(120_000);
    expect(servedAt).toEqual([0, 1000, 2000, 3000, 60_500, 61_500]);
  });

  it('serves a manual request that comes after 60 automatic ones with the first unit that is free', async () => {
    const { time, scheduler } = world();
    const served: string[] = [];
    for (let request = 1; request <= 60; request += 1) {
      void scheduler.acquire('auto').then(() => served.push(`auto ${request}`));
    }
    await time.pass(1000);
    void scheduler.acquire('playbook').then(() => served.push('playbook'));
    void scheduler.acquire('manual').then(() => served.push('manual'));
    await time.pass(60_000);
    expect(served).toEqual([
      'auto 1',
      'auto 2',
      'auto 3',
      'auto 4',
      'manual',
      'playbook',
      'auto 5',
      'auto 6',
    ]);
    expect(scheduler.usage().waiting).toEqual({ manual: 0, playbook: 0, auto: 54 });
  });

  it('forgets nothing over a restart', async () => {
    const { time, options, scheduler } = world({ perDay: 6 });
    await acquireAll(scheduler, 4);
    void scheduler.close();
    const restarted = new QuotaScheduler(options);
    const servedAt: number[] = [];
    const two = Promise.all(
      [1, 2].map(() => restarted.acquire('auto').then(() => servedAt.push(time.elapsedMs))),
    );
    await time.pass(61_000);
    await two;
    expect(servedAt).toEqual([60_500, 60_500]);
    await expect(restarted.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
  });

  it('stores the unit before it is handed out', async () => {
    const { scheduler, store } = world();
    await scheduler.acquire('manual');
    expect(JSON.parse(store.records.get('ledger/key-1')!)).toMatchObject({
      version: 1,
      day: [{ id: '2026-03-15', spent: 1, manual: 1, elsewhere: 0 }],
    });
  });

  it('spends a day of 55 to the last unit, fails nobody for good, and serves again at midnight', async () => {
    const { time, scheduler, lines, events } = world({ perMinute: 0, perDay: 55 });
    const results = await Promise.allSettled(Array.from({ length: 80 }, () => scheduler.acquire('auto')));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(55);
    const refusals = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(refusals).toHaveLength(25);
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(QuotaExhaustedError);
      expect(refusal).toMatchObject({
        kind: 'transient',
        window: 'day',
        resetsAt: new Date('2026-03-16T00:00:00.000Z'),
        message: 'The daily VirusTotal quota is used up; the request waits until 2026-03-16 00:00 UTC.',
      });
    }
    expect(warnings(lines)).toEqual([
      {
        level: 'warn',
        window: 'day',
        resetsAt: '2026-03-16T00:00:00.000Z',
        manualServed: false,
        msg: 'VirusTotal quota exhausted',
      },
    ]);
    await time.pass(12 * 3_600_000 - 120_000);
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    await time.pass(119_999);
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z']);
    await time.pass(1);
    await settled();
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z', 'resumed']);
    await acquireAll(scheduler, 55);
    await expect(scheduler.acquire('auto')).rejects.toThrow('The daily VirusTotal quota is used up');
  });

  it('waits out the last seconds of a spent day itself', async () => {
    const { time, scheduler, events, lines } = world({ perMinute: 0, perDay: 1 });
    await scheduler.acquire('auto');
    await time.pass(12 * 3_600_000 - 30_000);
    const served = scheduler.acquire('auto').then(() => time.elapsedMs);
    await time.pass(30_000);
    expect(await served).toBe(12 * 3_600_000);
    expect(events).toEqual([]);
    expect(warnings(lines)).toHaveLength(1);
  });

  it('keeps the reserved share for manual requests, and says that they are still served', async () => {
    const { scheduler, events, lines } = world({ perMinute: 0, perDay: 10 }, { reserveManualPercent: 20 });
    await acquireAll(scheduler, 8);
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    await expect(scheduler.acquire('playbook')).rejects.toThrow(QuotaExhaustedError);
    await scheduler.acquire('manual');
    await scheduler.acquire('manual');
    await expect(scheduler.acquire('manual')).rejects.toThrow(QuotaExhaustedError);
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    expect(events).toEqual([
      'day until 2026-03-16T00:00:00.000Z, manual served',
      'day until 2026-03-16T00:00:00.000Z',
    ]);
    expect(warnings(lines)).toHaveLength(2);
  });

  it('fails with the reason of its signal', async () => {
    const { time, scheduler } = world({ perMinute: 1 });
    await scheduler.acquire('auto');
    const giveUp = new AbortController();
    const waiting = scheduler.acquire('auto', giveUp.signal);
    await time.pass(1000);
    giveUp.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
    expect(scheduler.usage().day.used).toBe(1);
  });

  it('fails for all who wait, and all who come, when it closes', async () => {
    const { time, scheduler } = world({ perMinute: 1 });
    await scheduler.acquire('auto');
    const waiting = scheduler.acquire('auto');
    await time.pass(1000);
    void scheduler.close();
    await expect(waiting).rejects.toMatchObject({ kind: 'transient' });
    await expect(scheduler.acquire('manual')).rejects.toMatchObject({ kind: 'transient' });
  });

  it('leaves nothing running when it closes while the quota is spent', async () => {
    const { time, scheduler, events } = world({ perDay: 1 });
    await scheduler.acquire('auto');
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    expect(time.sleeping).toBe(1);
    void scheduler.close();
    await time.pass(2 * 86_400_000);
    expect(time.sleeping).toBe(0);
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z']);
  });
});

describe('a unit that is given back', () => {
  it('can be had again, once', async () => {
    const { scheduler } = world({ perMinute: 0, perDay: 2 });
    const unit = await scheduler.acquire('auto');
    await scheduler.acquire('auto');
    await unit.giveBack();
    await unit.giveBack();
    expect(scheduler.usage().day.used).toBe(1);
    await scheduler.acquire('auto');
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
  });

  it('ends an exhaustion', async () => {
    const { scheduler, events } = world({ perMinute: 0, perDay: 1 });
    const unit = await scheduler.acquire('auto');
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    await unit.giveBack();
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z', 'resumed']);
  });
});

describe('blocked', () => {
  it('pauses the key for a minute, with one warning, however many calls are refused', async () => {
    const { time, scheduler, lines } = world({ perMinute: 0 });
    await Promise.all([1, 2, 3].map(() => scheduler.blocked({}, daily(3, 500))));
    const served = scheduler.acquire('manual').then(() => time.elapsedMs);
    await time.pass(61_000);
    expect(await served).toBe(60_000);
    expect(warnings(lines)).toEqual([
      {
        level: 'warn',
        window: 'blocked',
        resetsAt: '2026-03-15T12:01:00.000Z',
        manualServed: false,
        msg: 'VirusTotal quota exhausted',
      },
    ]);
  });

  it('pauses until the window is renewed that VirusTotal counts as spent, with one warning', async () => {
    const { scheduler, lines, events } = world();
    await scheduler.blocked({}, daily(500, 500));
    await expect(scheduler.acquire('manual')).rejects.toMatchObject({ window: 'day' });
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z']);
    expect(warnings(lines)).toHaveLength(1);
  });

  it('says what is spent only when that is known, even if somebody asks meanwhile', async () => {
    const { time, scheduler, lines } = world();
    const blocked = scheduler.blocked({}, async () => {
      await time.sleep(500);
      return { ...nothingTold, daily: { used: 500, allowed: 500 } };
    });
    await time.pass(100);
    const waiting = scheduler.acquire('auto');
    const refused = expect(waiting).rejects.toMatchObject({ window: 'day' });
    await time.pass(1000);
    await blocked;
    await refused;
    expect(warnings(lines).map(({ window }) => window)).toEqual(['day']);
  });

  it('does not ask again while the key pauses', async () => {
    const { scheduler } = world();
    let asked = 0;
    const fetchQuota = (): Promise<KeyQuota> => {
      asked += 1;
      return Promise.resolve(nothingTold);
    };
    await scheduler.blocked({}, fetchQuota);
    await scheduler.blocked({}, fetchQuota);
    expect(asked).toBe(1);
  });

  it('pauses all the same when the quota cannot be read', async () => {
    const { scheduler, lines } = world();
    await scheduler.blocked({ retryAfterMs: 300_000 }, () => Promise.reject(new Error('ECONNRESET')));
    await expect(scheduler.acquire('auto')).rejects.toMatchObject({
      window: 'blocked',
      resetsAt: new Date('2026-03-15T12:05:00.000Z'),
    });
    expect(warnings(lines).map(({ msg }) => msg)).toEqual([
      'VirusTotal did not tell its quota; our own count stands',
      'VirusTotal quota exhausted',
    ]);
  });

  it('asks less and less often while answers ask for a second, and refuse again', async () => {
    const { time, scheduler } = world({ perMinute: 0, perDay: 0, perMonth: 0 });
    const askedAtS: number[] = [];
    const ask = async (): Promise<void> => {
      for (;;) {
        await scheduler.acquire('auto');
        askedAtS.push(time.elapsedMs / 1000);
        await scheduler.blocked({ retryAfterMs: 1000 }, () => Promise.resolve(nothingTold));
      }
    };
    const refused = expect(ask()).rejects.toMatchObject({ window: 'blocked' });
    await time.pass(3_600_000);
    await refused;
    expect(askedAtS).toEqual([0, 3, 9, 21, 45, 93]);
  });

  it('pauses the other replicas as well', async () => {
    const { options, scheduler } = world();
    const other = new QuotaScheduler(options);
    await scheduler.blocked({ retryAfterMs: 300_000 }, daily(1, 500));
    await expect(other.acquire('auto')).rejects.toMatchObject({ window: 'blocked' });
  });
});

describe('reconcile', () => {
  it('counts what was spent elsewhere', async () => {
    const { scheduler, events } = world({ perMinute: 0 });
    await scheduler.acquire('auto');
    await scheduler.reconcile(daily(499, 500));
    expect(scheduler.usage().day).toEqual({ used: 499, limit: 500 });
    await scheduler.acquire('auto');
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z']);
  });

  it('says at once that nothing is left, before anybody asks', async () => {
    const { scheduler, events } = world();
    await scheduler.reconcile(daily(640, 500));
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z']);
    expect(scheduler.usage().exhaustion).toEqual({
      until: new Date('2026-03-16T00:00:00.000Z'),
      window: 'day',
      manualServed: false,
    });
  });

  it('resumes when the plan was enlarged', async () => {
    const { scheduler, events } = world({ perDay: 'auto' });
    await scheduler.reconcile(daily(500, 500));
    await scheduler.reconcile(daily(500, 20_000));
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z', 'resumed']);
    await scheduler.acquire('auto');
  });

  it('resumes the other replicas too when the plan was enlarged', async () => {
    const { time, options, scheduler } = world({ perDay: 'auto' });
    const events: string[] = [];
    const other = new QuotaScheduler({
      ...options,
      onExhausted: ({ window }) => events.push(window),
      onResumed: () => events.push('resumed'),
    });
    await other.reconcile(daily(500, 500));
    await scheduler.reconcile(daily(500, 20_000));
    await time.pass(60_000);
    expect(events).toEqual(['day', 'resumed']);
  });

  it('serves at once who waits for a limit that has been lifted', async () => {
    const hourly = (allowed: number) => (): Promise<KeyQuota> =>
      Promise.resolve({ ...nothingTold, hourly: { used: 0, allowed } });
    const { time, scheduler } = world({ perMinute: 0 });
    await scheduler.reconcile(hourly(60));
    await scheduler.acquire('auto');
    const waiting = scheduler.acquire('auto').then(() => time.elapsedMs);
    await time.pass(1000);
    await scheduler.reconcile(hourly(600));
    expect(await waiting).toBe(1000);
  });

  it('asks once for all who want it at the same time', async () => {
    const { scheduler } = world();
    let asked = 0;
    const fetchQuota = (): Promise<KeyQuota> => {
      asked += 1;
      return Promise.resolve(nothingTold);
    };
    await Promise.all([scheduler.reconcile(fetchQuota), scheduler.reconcile(fetchQuota)]);
    expect(asked).toBe(1);
    await scheduler.reconcile(fetchQuota);
    expect(asked).toBe(2);
  });

  it('lets our own count stand when it fails', async () => {
    const { scheduler, lines } = world();
    await scheduler.acquire('auto');
    await scheduler.reconcile(() => Promise.reject(new Error('ECONNRESET')));
    expect(scheduler.usage().day).toEqual({ used: 1, limit: 500 });
    expect(warnings(lines)).toEqual([
      {
        level: 'warn',
        reason: 'ECONNRESET',
        msg: 'VirusTotal did not tell its quota; our own count stands',
      },
    ]);
  });
});

describe('a quota that VirusTotal does not tell', () => {
  const failing = (): Promise<KeyQuota> => Promise.reject(new Error('403'));

  it('is warned of once, until VirusTotal has told it again', async () => {
    const { scheduler, lines } = world();
    for (const fetchQuota of [failing, failing, failing, daily(1, 500), daily(1, 500), failing]) {
      await scheduler.reconcile(fetchQuota);
    }
    expect(lines.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'warn: VirusTotal did not tell its quota; our own count stands',
      'debug: VirusTotal did not tell its quota; our own count stands',
      'debug: VirusTotal did not tell its quota; our own count stands',
      'info: VirusTotal tells its quota again',
      'warn: VirusTotal did not tell its quota; our own count stands',
    ]);
  });
});

describe('a store that fails', () => {
  it('is gone on without, within the limits, and told of once', async () => {
    const { scheduler, store, lines } = world({ perMinute: 0, perDay: 5 });
    await acquireAll(scheduler, 2);
    store.isBroken = true;
    await acquireAll(scheduler, 3);
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    expect(warnings(lines).map(({ msg }) => msg)).toEqual([
      'quota ledger cannot be stored; it is kept in memory',
      'VirusTotal quota exhausted',
    ]);
  });

  it('learns what it missed when it is back', async () => {
    const { scheduler, store, options } = world({ perMinute: 0, perDay: 5 });
    await acquireAll(scheduler, 1);
    store.isBroken = true;
    await acquireAll(scheduler, 3);
    store.isBroken = false;
    await acquireAll(scheduler, 1);
    await expect(new QuotaScheduler(options).acquire('auto')).rejects.toThrow(QuotaExhaustedError);
  });

  it('adds up what it and another replica spent meanwhile', async () => {
    const { scheduler, store, options } = world({ perMinute: 0 });
    await acquireAll(scheduler, 1);
    store.isBroken = true;
    await acquireAll(scheduler, 2);
    store.isBroken = false;
    const replica = new QuotaScheduler(options);
    await acquireAll(replica, 4);
    const units = await Promise.all(Array.from({ length: 3 }, () => scheduler.acquire('auto')));
    // Two changes that come upon the store side by side do not both add the units of the outage.
    await Promise.all(units.map((unit) => unit.giveBack()));
    expect(scheduler.usage().day.used).toBe(7);
    await acquireAll(replica, 1);
    expect(replica.usage().day.used).toBe(8);
  });

  it('holds a damaged record: an empty ledger takes its place', async () => {
    const { scheduler, store } = world();
    store.records.set('ledger/key-1', '{"version":1,"at":"yesterday"}');
    await scheduler.acquire('auto');
    expect(scheduler.usage().day.used).toBe(1);
  });
});

describe('usage', () => {
  it('tells what is used and what the limits are', async () => {
    const { time, scheduler } = world();
    await scheduler.reconcile(() =>
      Promise.resolve({
        hourly: { used: 0, allowed: 240 },
        daily: { used: 100, allowed: 500 },
        monthly: { used: 99, allowed: 99_000_000 },
      }),
    );
    await acquireAll(scheduler, 3);
    void scheduler.acquire('auto').catch(() => undefined);
    void scheduler.acquire('manual').catch(() => undefined);
    await time.pass(1000);
    expect(scheduler.usage()).toEqual({
      minute: { used: 4, limit: 4 },
      hour: { used: 4, limit: 240 },
      day: { used: 104, limit: 500 },
      month: { used: 103, limit: 15_500 },
      waiting: { manual: 1, playbook: 0, auto: 0 },
      exhaustion: undefined,
    });
    void scheduler.close();
  });
});

/** Look-ups granted by when, in time that has really passed. */
type Grants = number[];

/** Callers that each want one look-up after the other, and take 200 ms for each. */
function keepAsking(
  world: Pick<World, 'time'>,
  scheduler: QuotaScheduler,
  callers: number,
  grants: Grants,
): void {
  const caller = async (): Promise<void> => {
    for (;;) {
      await scheduler.acquire('auto');
      grants.push(world.time.elapsedMs);
      await world.time.sleep(200);
    }
  };
  for (let each = 0; each < callers; each += 1) void caller().catch(() => undefined);
}

function mostInAnyMinute(grants: Grants): number {
  const sorted = grants.toSorted((a, b) => a - b);
  let first = 0;
  return Math.max(
    ...sorted.map((at, index) => {
      while ((sorted[first] ?? at) <= at - 60_000) first += 1;
      return index - first + 1;
    }),
  );
}

const tenMinutesMs = 600_000;

describe('ten minutes of more requests than the plan allows', () => {
  it.each([1, 4, 60, 300, 1000])('use a minute of %i to the full, and never exceed it', async (perMinute) => {
    const one = world({ perMinute, perDay: 0, perMonth: 0 });
    const grants: Grants = [];
    keepAsking(one, one.scheduler, 100, grants);
    await one.time.pass(tenMinutesMs - 1);
    void one.scheduler.close();
    expect(mostInAnyMinute(grants)).toBe(perMinute);
    expect(grants.length).toBeGreaterThanOrEqual(perMinute * 9.9);
  });

  it('use a minute of 60 to the full when requests come evenly', async () => {
    const one = world({ perMinute: 60, perDay: 0, perMonth: 0 });
    const grants: Grants = [];
    for (let second = 0; second < 600; second += 1) {
      void one.scheduler
        .acquire('auto')
        .then(() => grants.push(one.time.elapsedMs))
        .catch(() => undefined);
      await one.time.pass(1000);
    }
    void one.scheduler.close();
    expect(mostInAnyMinute(grants)).toBe(60);
    expect(grants.length).toBeGreaterThanOrEqual(594);
  });

  it('are shared by two replicas, and taken over whole when one of them is killed', async () => {
    const first = world({ perMinute: 60, perDay: 0, perMonth: 0 });
    const second = new QuotaScheduler(first.options);
    const grants: { first: Grants; second: Grants } = { first: [], second: [] };
    keepAsking(first, first.scheduler, 30, grants.first);
    keepAsking(first, second, 30, grants.second);
    await first.time.pass(tenMinutesMs / 2);
    const ofFirst = grants.first.length;
    void first.scheduler.close();
    await first.time.pass(tenMinutesMs / 2);
    void second.close();

    const all = [...grants.first, ...grants.second];
    expect(mostInAnyMinute(all)).toBe(60);
    for (let minute = 0; minute < 9; minute += 1) {
      const inMinute = all.filter((at) => at >= minute * 60_500 && at < minute * 60_500 + 60_000);
      expect(inMinute.length).toBeGreaterThanOrEqual(57);
    }
    expect(ofFirst).toBeGreaterThan(60);
    expect(grants.first.length).toBe(ofFirst);
    expect(grants.second.filter((at) => at >= 302_500).length).toBeGreaterThanOrEqual(297);
  });

  it('are not disturbed by a clock that is set back', async () => {
    const one = world({ perMinute: 4, perDay: 0, perMonth: 0 });
    const grants: Grants = [];
    keepAsking(one, one.scheduler, 10, grants);
    await one.time.pass(100_000);
    one.time.setClock(-7_200_000);
    await one.time.pass(500_000);
    void one.scheduler.close();
    expect(mostInAnyMinute(grants)).toBe(4);
    // The minute begins anew when the clock is set: less than one minute's units are lost, none is taken twice.
    expect(grants.length).toBeGreaterThanOrEqual(36);
  });

  it('are not disturbed by a clock that is set forward', async () => {
    const one = world({ perMinute: 4, perDay: 0, perMonth: 0 });
    const grants: Grants = [];
    keepAsking(one, one.scheduler, 10, grants);
    await one.time.pass(100_000);
    one.time.setClock(7_200_000);
    await one.time.pass(500_000);
    void one.scheduler.close();
    expect(grants.length).toBeGreaterThanOrEqual(40);
    expect(mostInAnyMinute(grants)).toBeLessThanOrEqual(4);
  });
});

describe('a clock that is set forward a day and back', () => {
  it('neither gives the day twice nor takes it away', async () => {
    const { time, scheduler } = world({ perMinute: 0, perDay: 10 });
    await acquireAll(scheduler, 6);
    time.setClock(86_400_000);
    await acquireAll(scheduler, 1);
    time.setClock(-86_400_000);
    await acquireAll(scheduler, 3);
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    await time.pass(86_400_000);
    await acquireAll(scheduler, 10);
  });

  it('ends an exhaustion that no longer holds within a minute', async () => {
    const { time, scheduler, events } = world({ perMinute: 0, perDay: 1 });
    await scheduler.acquire('auto');
    await expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    time.setClock(12 * 3_600_000);
    await time.pass(60_000);
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z', 'resumed']);
  });
});

describe('a clock that is set back while the end of a window is waited for', () => {
  it('makes the wait a long one, which is told, without another warning', async () => {
    const { time, scheduler, events, lines } = world({ perMinute: 0, perDay: 1 });
    await time.pass(12 * 3_600_000 - 30_000);
    await scheduler.acquire('auto');
    const waiting = expect(scheduler.acquire('auto')).rejects.toThrow(QuotaExhaustedError);
    await time.pass(5000);
    expect(events).toEqual([]);
    time.setClock(-3_600_000);
    await time.pass(60_000);
    await waiting;
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z']);
    expect(warnings(lines)).toHaveLength(1);
    await time.pass(3_600_000);
    expect(events).toEqual(['day until 2026-03-16T00:00:00.000Z', 'resumed']);
  });
});
