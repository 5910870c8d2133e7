import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { domains } from '../../../test/helpers/library-contract/world.js';
import { lookUpWorld, type LookUpWorld } from '../../../test/helpers/look-up-world.js';
import { settled } from '../../../test/helpers/virtual-time.js';
import {
  CredentialsError,
  InvalidArgumentError,
  TemporaryFailureError,
  TransportError,
} from '../../virustotal/errors.js';
import { CircuitOpenError } from '../../virustotal/http/circuit-open-error.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import type { JobItemRecord } from '../store/job-items.js';
import type { Ioc } from '../ioc/ioc.js';

const KEY = '0123456789abcdef'.repeat(4);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
let world: LookUpWorld;

beforeEach(async () => {
  world = await lookUpWorld();
});

afterEach(() => world.close());

/** Names that could be looked up: `d0.example.com` and so on. */
function names(count: number, prefix = 'd'): Ioc[] {
  return domains(count, prefix).map(({ value }) => ({ type: 'hostname', value: `${value}.com` }));
}

async function job(items: readonly Ioc[], fresh = false, organisationId = world.own): Promise<string> {
  const { ids } = await world.iocs.import(organisationId, items);
  const created = await world.bulk.create(organisationId, { selection: { ids }, fresh, userId: 'ada' });
  return created.job.id;
}

async function rows(jobId: string): Promise<readonly JobItemRecord[]> {
  return (await world.jobStore.items(world.own, jobId, { page: 1, pageSize: 200 })).items;
}

async function stateOf(jobId: string, organisationId = world.own) {
  const progress = await world.bulk.get(organisationId, jobId);
  const { state, done, failed, reason, resumeAt } = progress!.job;
  return { state, done, failed, reason, resumeAt };
}

/** Lets everything go on that does not wait for time. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await settled();
}

/** Calls that wait for quota, for ever. */
function noTurns(): { readonly waiting: string[] } {
  const waiting: string[] = [];
  world.virusTotal().before = (path, { signal }) =>
    new Promise((_, reject) => {
      waiting.push(path);
      signal?.addEventListener('abort', () => {
        waiting.splice(waiting.indexOf(path), 1);
        reject(signal.reason as Error);
      });
    });
  return { waiting };
}

/** Calls that a test lets through one by one. */
function heldCalls(): { readonly waiting: string[]; letThrough(): Promise<void> } {
  const held: { readonly path: string; go(): void }[] = [];
  world.virusTotal().during = (path) =>
    new Promise((resolve) => {
      held.push({ path, go: resolve });
    });
  return {
    get waiting() {
      return held.map(({ path }) => path.split('/').at(-1)!.replace('.example.com', ''));
    },
    letThrough: async () => {
      held.shift()?.go();
      await quiet();
    },
  };
}

describe('a bulk job', () => {
  it('looks up every IOC once, and says of each what came of it', async () => {
    world.virusTotal().malicious = (path) => (path.endsWith('d1.example.com') ? undefined : 8);
    await world.bulk.start();
    const id = await job([...names(3), { type: 'ipv4', value: '10.0.0.1' }]);
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 4, failed: 0 });
    expect(await rows(id)).toMatchObject([
      { state: 'done', verdict: 'malicious', message: null },
      { state: 'done', verdict: 'unknown' },
      { state: 'done', verdict: 'malicious' },
      { state: 'skipped', message: expect.stringContaining('cannot know it') as string },
    ]);
    expect(world.virusTotal().asked).toHaveLength(3);
  });

  it('asks for no answer that is at hand, unless it is to be fresh, and then once', async () => {
    await world.bulk.start();
    await job(names(2));
    await quiet();
    await world.time.pass(MINUTE);
    await job(names(3));
    await quiet();
    expect(world.virusTotal().asked).toHaveLength(3);
    await world.time.pass(MINUTE);
    await job(names(3), true);
    await quiet();
    expect(world.virusTotal().asked).toHaveLength(6);
  });

  it('takes turns with those of other organisations, and of its own', async () => {
    const calls = heldCalls();
    const { id: other } = await world.organisations.create({ name: 'Red Team' });
    await job(names(4, 'long'));
    await job(names(2, 'short'));
    await job(names(2, 'red'), false, other);
    await world.bulk.start();
    await quiet();
    const served: string[] = [];
    while (calls.waiting.length > 0) {
      served.push(calls.waiting[0]!);
      await calls.letThrough();
    }
    expect(served).toEqual(['long0', 'red0', 'short0', 'red1', 'long1', 'short1', 'long2', 'long3']);
  });

  it('has no more in work at a time than it may', async () => {
    const calls = heldCalls();
    await world.bulk.start();
    await job(names(5));
    await quiet();
    expect(calls.waiting).toEqual(['d0', 'd1']);
    while (calls.waiting.length > 0) await calls.letThrough();
  });

  it.each(['pause', 'cancel'] as const)(
    'begins nothing more after %s; what is on its way ends',
    async (stop) => {
      const calls = heldCalls();
      await world.bulk.start();
      const id = await job(names(5));
      await quiet();
      await world.bulk[stop](world.own, id);
      await calls.letThrough();
      await calls.letThrough();
      await world.time.pass(MINUTE);
      expect(calls.waiting).toEqual([]);
      expect(await stateOf(id)).toMatchObject({ state: stop === 'pause' ? 'paused' : 'cancelled', done: 2 });
      await world.bulk.resume(world.own, id);
      await quiet();
      expect(calls.waiting).toEqual(stop === 'pause' ? ['d2', 'd3'] : []);
      while (calls.waiting.length > 0) await calls.letThrough();
    },
  );

  it.each([
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
  ] as const)(
    'asks for nothing that only waits for quota after %s, and pays nothing',
    async (stop, state) => {
      const { waiting } = noTurns();
      await world.bulk.start();
      const id = await job(names(3));
      await quiet();
      expect(waiting).toHaveLength(2);
      await world.bulk[stop](world.own, id);
      await quiet();
      expect(waiting).toEqual([]);
      expect((await rows(id)).map((row) => row.state)).toEqual(['open', 'open', 'open']);
      world.virusTotal().before = () => Promise.resolve();
      await world.time.pass(5 * MINUTE);
      expect(await stateOf(id)).toMatchObject({ state, done: 0 });
      expect(world.virusTotal().asked).toEqual([]);
      expect((await world.usage.read(world.own, world.time.clock.now())).day.used).toBe(0);
    },
  );

  it.each(['pause', 'cancel'] as const)('tries nothing again after %s', async (stop) => {
    world.virusTotal().before = () => Promise.reject(new TransportError('The line broke.'));
    await world.bulk.start();
    const id = await job(names(2));
    await quiet();
    await world.bulk[stop](world.own, id);
    world.virusTotal().before = () => Promise.resolve();
    await world.time.pass(5 * MINUTE);
    expect((await rows(id)).map((row) => row.state)).toEqual(['open', 'open']);
    expect(world.virusTotal().asked).toEqual([]);
  });

  it('asks for nothing once another process has paused it', async () => {
    let come: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (come = resolve));
    world.virusTotal().before = () => turn;
    await world.bulk.start();
    const id = await job(names(3));
    await quiet();
    await world.jobStore.pause(world.own, id);
    come();
    await quiet();
    expect((await rows(id)).map((row) => row.state)).toEqual(['open', 'open', 'open']);
    expect(world.virusTotal().asked).toEqual([]);
    await world.bulk.resume(world.own, id);
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 3 });
  });

  it('asks for no IOC that was deleted while it waited', async () => {
    let come: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (come = resolve));
    world.virusTotal().before = () => turn;
    await world.bulk.start();
    const id = await job(names(2));
    await quiet();
    const ids = (await rows(id)).map(({ iocId }) => iocId!);
    await world.iocs.delete(world.own, { ids });
    come();
    await quiet();
    expect((await rows(id)).map(({ state }) => state)).toEqual(['skipped', 'skipped']);
    expect(world.virusTotal().asked).toEqual([]);
    expect((await world.usage.read(world.own, world.time.clock.now())).day.used).toBe(0);
  });

  it('is nothing to another organisation', async () => {
    const id = await job(names(1));
    const { id: other } = await world.organisations.create({ name: 'Red Team' });
    expect(await world.bulk.get(other, id)).toBeUndefined();
    expect(await world.bulk.list(other)).toEqual([]);
    for (const change of ['pause', 'resume', 'cancel'] as const)
      expect(await world.bulk[change](other, id)).toBeUndefined();
    expect(await stateOf(id)).toMatchObject({ state: 'running' });
  });
});

describe('a bulk job waits', () => {
  it('for the quota, says until when, and goes on by itself', async () => {
    const renewed = new Date('2026-01-02T04:00:00.000Z');
    world.virusTotal().before = (path) =>
      path.endsWith('d2.example.com') && world.time.clock.now() < renewed
        ? Promise.reject(new QuotaExhaustedError(renewed, 'hour'))
        : Promise.resolve();
    await world.bulk.start();
    const id = await job(names(4));
    await quiet();
    const waiting = await stateOf(id);
    expect(waiting).toMatchObject({
      state: 'waiting',
      reason:
        'The hourly VirusTotal quota of the key is used up; look-ups are possible again from 2026-01-02 04:00 UTC on.',
      resumeAt: renewed.toISOString(),
    });
    expect(waiting.done).toBeLessThan(4);
    await world.time.pass(renewed.getTime() - world.time.clock.now().getTime() + 10 * SECOND);
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 4, reason: null });
  });

  it('for its budget, while that of another organisation goes on', async () => {
    await world.organisations.patch(world.own, { budgetPerDay: 2 });
    const { id: other } = await world.organisations.create({ name: 'Red Team' });
    await world.bulk.start();
    const id = await job(names(4));
    const theirs = await job(names(4, 'red'), false, other);
    await quiet();
    expect(await stateOf(id)).toMatchObject({
      state: 'waiting',
      done: 2,
      resumeAt: '2026-01-03T00:00:00.000Z',
    });
    expect(await stateOf(theirs, other)).toMatchObject({ state: 'finished', done: 4 });
  });

  it('while VirusTotal cannot be reached', async () => {
    const retryAt = new Date('2026-01-02T03:10:00.000Z');
    world.virusTotal().before = () =>
      Promise.reject(new CircuitOpenError(world.time.clock.now(), retryAt, new Error('no line')));
    await world.bulk.start();
    const id = await job(names(2));
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'waiting', resumeAt: retryAt.toISOString() });
    expect((await rows(id)).map(({ state }) => state)).toEqual(['open', 'open']);
  });

  it('for somebody to act when the key is refused', async () => {
    world.virusTotal().before = () => Promise.reject(new CredentialsError('unknown', {}));
    await world.bulk.start();
    const id = await job(names(2));
    await quiet();
    expect(await stateOf(id)).toMatchObject({
      state: 'paused',
      done: 0,
      reason: expect.stringContaining('A super admin must set a valid one') as string,
    });
  });
});

describe('a bulk job that is held up', () => {
  const exhausted = () =>
    new QuotaExhaustedError(new Date(world.time.clock.now().getTime() + 60 * MINUTE), 'day');

  it('by its budget goes on when that is raised, and no other does', async () => {
    const { id: other } = await world.organisations.create({ name: 'Red Team', budgetPerDay: 0 });
    await world.organisations.patch(world.own, { budgetPerDay: 1 });
    await world.bulk.start();
    const own = await job(names(2));
    const foreign = await job(names(1, 'x'), false, other);
    await quiet();
    expect(await stateOf(own)).toMatchObject({ state: 'waiting', done: 1 });
    await world.organisations.patch(world.own, { budgetPerDay: null });
    await world.organisations.patch(other, { budgetPerDay: null });
    await world.bulk.budgetChanged(world.own);
    await quiet();
    expect(await stateOf(own)).toMatchObject({ state: 'finished', done: 2 });
    expect(await stateOf(foreign, other)).toMatchObject({ state: 'waiting' });
  });

  it.each([
    ['its quota', 'waiting', exhausted],
    ['a key that is refused', 'paused', () => new CredentialsError('unknown', {})],
  ])('by %s goes on with another key', async (_what, state, error) => {
    world.virusTotal().before = () => Promise.reject(error());
    await world.bulk.start();
    const id = await job(names(2));
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state, done: 0 });
    await world.vault.set(KEY);
    await world.bulk.keyChanged();
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 2, reason: null });
  });

  it('by a person stays so, whatever the key is', async () => {
    const id = await job(names(2));
    await world.bulk.pause(world.own, id);
    await world.bulk.keyChanged();
    await world.bulk.start();
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'paused', done: 0 });
  });
});

describe('without a key', () => {
  it('a job that was begun with one is paused and says so, and goes on at the next start with one', async () => {
    const id = await job(names(2));
    await world.time.pass(SECOND);
    const simulated = world.another({ environmentKey: undefined });
    await simulated.bulk.start();
    await quiet();
    expect(await stateOf(id)).toMatchObject({
      state: 'paused',
      done: 0,
      reason: expect.stringContaining('VIRUSTOTAL_TOKEN') as string,
    });
    expect(simulated.virusTotal().asked).toEqual([]);
    await Promise.all([simulated.bulk.close(), simulated.engine.close()]);
    await world.bulk.start();
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 2 });
  });

  it('one that is begun then goes on, also after a restart', async () => {
    const simulated = world.another({ environmentKey: undefined });
    const { ids } = await world.iocs.import(world.own, names(2));
    const { id } = (await simulated.bulk.create(world.own, { selection: { ids }, userId: 'ada' })).job;
    await world.time.pass(SECOND);
    await Promise.all([simulated.bulk.close(), simulated.engine.close()]);
    const next = world.another({ environmentKey: undefined });
    await next.bulk.start();
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 2 });
    await Promise.all([next.bulk.close(), next.engine.close()]);
  });
});

describe('an item that fails', () => {
  it('for a while is tried again, and then done', async () => {
    let failures = 2;
    world.virusTotal().before = () =>
      (failures -= 1) >= 0
        ? Promise.reject(new TemporaryFailureError('VirusTotal could not answer.', { status: 424 }))
        : Promise.resolve();
    await world.bulk.start();
    const id = await job(names(1));
    await world.time.pass(2 * MINUTE);
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 1 });
  });

  it.each([
    [new TransportError('The line broke; try again later.'), 'The line broke; try again later.'],
    [
      new InvalidArgumentError('VirusTotal does not accept this value.', {}),
      'VirusTotal does not accept this value.',
    ],
    [
      new Error('stack of secrets'),
      'It could not be looked up, for a reason nobody foresaw; the log of the library says more.',
    ],
  ])('for good says why, and holds up no other: %s', async (error, message) => {
    world.virusTotal().before = (path) =>
      path.endsWith('d0.example.com') ? Promise.reject(error) : Promise.resolve();
    await world.bulk.start();
    const id = await job(names(3));
    await world.time.pass(3 * MINUTE);
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 2, failed: 1 });
    expect((await rows(id))[0]).toMatchObject({ state: 'failed', message });
  });
});

describe('after the end of the process', () => {
  it('what was put back by a stop goes on', async () => {
    const calls = heldCalls();
    await world.bulk.start();
    const id = await job(names(4));
    await quiet();
    const closing = world.bulk.close();
    await calls.letThrough();
    await calls.letThrough();
    await closing;
    expect((await rows(id)).map(({ state }) => state)).toEqual(['done', 'done', 'open', 'open']);
    const next = world.another();
    await next.bulk.start();
    await quiet();
    expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 4 });
    await Promise.all([next.bulk.close(), next.engine.close()]);
  });

  it.each([false, true])(
    'by a kill nothing is paid for twice that had been answered; fresh: %s',
    async (fresh) => {
      const id = await job(names(3), fresh);
      await world.time.pass(MINUTE);
      // Answered and in the cache, but the row had not ended: as a kill leaves it.
      const [item] = await world.jobStore.claim(id, 1);
      await world.lookUps.lookUp({
        organisationId: world.own,
        subject: { id: item!.iocId },
        priority: 'auto',
        notBefore: new Date((await world.jobStore.get(world.own, id))!.createdAt),
      });
      const next = world.another();
      await next.bulk.start();
      await quiet();
      expect(await stateOf(id)).toMatchObject({ state: 'finished', done: 3 });
      expect(world.virusTotal().asked).toEqual(['/domains/d0.example.com']);
      expect(next.virusTotal().asked).toEqual(['/domains/d1.example.com', '/domains/d2.example.com']);
      expect(await world.enrichments.history(world.own, item!.iocId)).toHaveLength(1);
      await Promise.all([next.bulk.close(), next.engine.close()]);
    },
  );
});

describe('the progress of a job', () => {
  it('is told while it goes on, and when it is over', async () => {
    const told: string[] = [];
    world.events.subscribe(world.own, (event) => {
      if (event.event === 'job') told.push(`${event.job.job.state} ${event.job.job.done}`);
    });
    await world.bulk.start();
    await job(names(3));
    await world.time.pass(SECOND);
    expect(told[0]).toMatch(/^running/);
    expect(told.at(-1)).toBe('finished 3');
  });

  it('has the time that the quota of a minute makes it', async () => {
    world.virusTotal().limits = { minute: 4, day: 500 };
    const id = await job(names(40));
    expect((await world.bulk.get(world.own, id))?.etaSeconds).toBe(600);
    await world.bulk.pause(world.own, id);
    expect((await world.bulk.get(world.own, id))?.etaSeconds).toBeNull();
  });
});
