import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/helpers/virtual-time.js';
import { MemoryStore } from '../state/memory-store.js';
import { ATTEMPT_BUCKET, AttemptJournal, type AttemptEntry } from './attempt-journal.js';
import { Attempts } from './attempts.js';

const inWork: AttemptEntry = {
  announced: 3,
  isCertain: false,
  handedOver: false,
  deaths: 0,
  timeouts: 0,
  isInWork: true,
};

describe('the journal of attempts', () => {
  let time: VirtualTime;
  let store: MemoryStore;
  let writes: number;

  beforeEach(() => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    store = new MemoryStore({ isDurable: true });
    writes = 0;
  });

  /** A process: what it does not write, dies with it. */
  const start = (): AttemptJournal =>
    new AttemptJournal({
      store: {
        isDurable: store.isDurable,
        list: (bucket) => store.list(bucket),
        update: (...args) => {
          writes += 1;
          return store.update(...args);
        },
      },
      clock: time.clock,
      sleep: time.sleep,
      logger: pino({ level: 'silent' }),
    });

  it.each([
    // what was noted, and what the next process finds
    [inWork, { ...inWork, isInWork: false, deaths: 1 }],
    [
      { ...inWork, isInWork: false, timeouts: 2 },
      { ...inWork, isInWork: false, timeouts: 2 },
    ],
    [
      { ...inWork, deaths: 4, isCertain: true },
      { ...inWork, deaths: 5, isCertain: true, isInWork: false },
    ],
  ])('tells the next process what became of a request: %o', async (noted, found) => {
    await start().write('a', noted);
    expect(await start().takeOver('a')).toEqual(found);
  });

  it('counts a death once, however often the processes after it look', async () => {
    await start().write('a', inWork);
    await start().takeOver('a');
    await start().takeOver('a');
    expect(await start().takeOver('a')).toMatchObject({ deaths: 1 });
  });

  it('leaves nothing behind of what was taken over', async () => {
    await start().write('a', inWork);
    const next = start();
    await next.takeOver('a');
    next.drop('a');
    await next.close();
    expect(await store.list(ATTEMPT_BUCKET)).toEqual([]);
  });

  it('keeps a request that went back in an orderly way from counting as dead', async () => {
    const journal = start();
    await journal.write('a', { ...inWork, announced: 0 });
    await journal.erase('a');
    expect(await start().takeOver('a')).toBeUndefined();
  });

  it('takes what is in work at a stop for handed back', async () => {
    const journal = start();
    await journal.write('announced', inWork);
    await journal.write('not announced', { ...inWork, announced: 0 });
    await journal.close();
    const next = start();
    expect(await next.takeOver('announced')).toMatchObject({ announced: 3, deaths: 0 });
    expect(await next.takeOver('not announced')).toBeUndefined();
  });

  it('writes together what is noted at the same time, and nothing for what is settled', async () => {
    const journal = start();
    await Promise.all(['a', 'b', 'c'].map((key) => journal.write(key, inWork)));
    expect(writes).toBe(1);
    for (const key of ['a', 'b', 'c']) journal.drop(key);
    await time.pass(60_000);
    expect(writes).toBe(1);
    await journal.write('d', inWork);
    expect(await store.list(ATTEMPT_BUCKET)).toMatchObject([{ value: { entries: [['d', inWork]] } }]);
  });

  it('writes soon what nobody waits for, or along with something else', async () => {
    const journal = start();
    journal.noteSoon('a', inWork);
    await journal.write('b', inWork);
    await time.pass(1_000);
    expect(writes).toBe(1);
    journal.noteSoon('c', inWork);
    await time.pass(1_000);
    expect(writes).toBe(2);
    expect(await start().takeOver('c')).toMatchObject({ deaths: 1 });
  });

  it('keeps pages small, however many requests are in work', async () => {
    const journal = start();
    for (let index = 0; index < 20; index += 1) await journal.write(`key ${index}`, inWork);
    const pages = await store.list(ATTEMPT_BUCKET);
    expect(pages.map(({ value }) => (value as { entries: unknown[] }).entries.length).sort()).toEqual([
      4, 8, 8,
    ]);
    expect(await start().takeOver('key 19')).toMatchObject({ announced: 3 });
  });

  it('removes what is a week old when it starts', async () => {
    await start().write('old', inWork);
    await time.pass(6 * 86_400_000);
    await start().write('young', inWork);
    await time.pass(2 * 86_400_000);
    const journal = start();
    await journal.sweep();
    expect(await journal.takeOver('old')).toBeUndefined();
    expect(await journal.takeOver('young')).toBeDefined();
  });

  it.each([null, 7, 'x', {}, { entries: 3 }, { at: 'x', entries: [1, ['a'], ['a', 2], [{}, {}]] }])(
    'reads nothing from a page that somebody else wrote: %j',
    async (page) => {
      await store.update(ATTEMPT_BUCKET, 'foreign', () => ({ next: page, result: undefined }));
      expect(await start().takeOver('a')).toBeUndefined();
    },
  );

  it('writes nothing while the state is not durable', async () => {
    store = new MemoryStore();
    const journal = start();
    await journal.write('a', inWork);
    expect([writes, await start().takeOver('a')]).toEqual([0, undefined]);
  });

  it('goes on without a state that fails', async () => {
    const journal = start();
    await store.close();
    await expect(journal.write('a', inWork)).resolves.toBeUndefined();
    await expect(journal.takeOver('b')).resolves.toBeUndefined();
  });

  it('knows what this process kept without looking at the state, and that it did not die', async () => {
    const attempts = new Attempts(start());
    const attempt = attempts.begin('a');
    await attempts.enter('a', attempt, true);
    await attempts.keep('a', { ...attempt, announced: 2 });
    expect(await attempts.recall('a')).toMatchObject({ announced: 2, deaths: 0 });
  });

  it.each([
    // announced, certain, handed over, losses → the next process: begun, handed over
    [0, true, false, [], false, false],
    [2, true, true, [], true, true],
    [2, true, true, [{ error: 'returned', source: 'note' }], true, false],
    [2, false, true, [], true, false],
  ])(
    'recalls after a crash: announced %i, certain %s, handed over %s, lost %j',
    async (announced, isCertain, handedOver, losses, received, isHandedOver) => {
      const attempts = new Attempts(start());
      await attempts.commit('a', { ...attempts.begin('a'), announced, isCertain, handedOver, losses });
      expect(await new Attempts(start()).recall('a')).toMatchObject({
        announced,
        isCertain,
        received,
        handedOver: isHandedOver,
        deaths: 1,
        losses: [],
      });
    },
  );
});
