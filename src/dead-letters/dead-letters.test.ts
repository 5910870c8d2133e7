import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger, type LogLine } from '../../test/helpers/recorded-logger.js';
import { ConnectorError } from '../shared/connector-error.js';
import { MemoryStore } from '../state/memory-store.js';
import { DeadLetters, type DeadLetterBounds, type LetterToKeep } from './dead-letters.js';

const REASON = 'The message cannot be read: event is not an object.';

let store: MemoryStore;
let lines: LogLine[];
let nowMs: number;

beforeEach(() => {
  store = new MemoryStore({ isDurable: true });
  nowMs = Date.parse('2026-01-02T03:04:05.000Z');
});

function deadLetters(bounds: Partial<DeadLetterBounds> = {}, owner?: string): DeadLetters {
  const recorded = recordedLogger();
  lines = recorded.lines;
  return new DeadLetters({
    store,
    logger: recorded.logger,
    // Each message comes a second after the one before.
    clock: { now: () => new Date((nowMs += 1_000)) },
    bounds,
    owner,
  });
}

const letterOf = (body: string, changes: Partial<LetterToKeep> = {}): LetterToKeep => ({
  body: Buffer.from(body),
  reason: REASON,
  source: 'queue',
  workId: undefined,
  entityId: undefined,
  ...changes,
});

describe('DeadLetters', () => {
  it('keeps a message byte for byte, with why and when it came', async () => {
    const letters = deadLetters();
    const body = Buffer.from([0xff, 0x00, 0x7b, 0xc3, 0x28]);
    const { id } = await letters.keep({ ...letterOf(''), body, workId: 'work_1', source: 'callback' });
    expect(await letters.find(id)).toEqual({
      id,
      reason: REASON,
      source: 'callback',
      workId: 'work_1',
      entityId: undefined,
      size: 5,
      kept: 5,
      firstAt: new Date('2026-01-02T03:04:06.000Z'),
      lastAt: new Date('2026-01-02T03:04:06.000Z'),
      times: 1,
    });
    expect(await letters.bodyOf(id)).toEqual(body);
  });

  it('finds after a restart what was kept before, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const { id } = await deadLetters().keep({ ...letterOf(''), body: bytes });
        const restarted = deadLetters();
        expect(await restarted.bodyOf(id)).toEqual(Buffer.from(bytes));
        expect((await restarted.list()).map((letter) => letter.id)).toContain(id);
      }),
    );
  });

  it('counts a message that comes again instead of keeping it twice', async () => {
    const letters = deadLetters();
    const first = await letters.keep(letterOf('{}'));
    const second = await letters.keep(letterOf('{}'));
    expect(await letters.list()).toEqual([second]);
    expect(second).toMatchObject({ id: first.id, times: 2, firstAt: first.firstAt });
    expect(second.lastAt.getTime()).toBeGreaterThan(first.lastAt.getTime());
    expect(letters.lastCount).toBe(1);
  });

  it('keeps nothing while it would end with the process', async () => {
    store = new MemoryStore();
    const letters = deadLetters();
    await expect(letters.keep(letterOf('{}'))).rejects.toThrow(ConnectorError);
    expect(await letters.count()).toBe(0);
  });

  it('does not take for kept what only memory has, because the state failed meanwhile', async () => {
    vi.spyOn(store, 'isDurable', 'get').mockReturnValueOnce(true).mockReturnValue(false);
    const letters = deadLetters();
    await expect(letters.keep(letterOf('{}'))).rejects.toThrow(ConnectorError);
  });

  it('cuts a message that is too large, and notes its true size', async () => {
    const letters = deadLetters({ bodyBytes: 10 });
    const whole = await letters.keep(letterOf('0123456789'));
    expect(whole).toMatchObject({ size: 10, kept: 10 });
    const cut = await letters.keep(letterOf('0123456789a'));
    expect(cut).toMatchObject({ size: 11, kept: 10 });
    expect(await letters.bodyOf(cut.id)).toEqual(Buffer.from('0123456789'));
    // They differ only in what is not kept.
    expect(cut.id).not.toBe(whole.id);
  });

  it('drops those that came last the longest time ago when there are too many, and says so', async () => {
    const letters = deadLetters({ count: 2 });
    const recurring = await letters.keep(letterOf('recurring'));
    const old = await letters.keep(letterOf('old', { workId: 'work_old' }));
    await letters.keep(letterOf('recurring'));
    const young = await letters.keep(letterOf('young'));
    expect((await letters.list()).map(({ id }) => id)).toEqual([recurring.id, young.id]);
    expect(await letters.bodyOf(old.id)).toBeUndefined();
    expect(letters.lastCount).toBe(2);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', deadLetter: old.id, workId: 'work_old', reason: REASON }),
    ]);
  });

  it('drops the oldest when they are too large together, but never the one that just came', async () => {
    const letters = deadLetters({ totalBytes: 10, bodyBytes: 100 });
    await letters.keep(letterOf('12345'));
    await letters.keep(letterOf('67890'));
    expect(await letters.count()).toBe(2);
    const large = await letters.keep(letterOf('more than ten bytes'));
    expect(await letters.list()).toEqual([large]);
  });

  it('forgets a letter and its bytes, once', async () => {
    const letters = deadLetters();
    const { id } = await letters.keep(letterOf('{}'));
    expect(await letters.remove(id)).toBe(true);
    expect(await letters.remove(id)).toBe(false);
    expect(await letters.find(id)).toBeUndefined();
    expect(await store.list('dead-letter-bodies')).toEqual([]);
    expect(await letters.count()).toBe(0);
  });

  it('keeps the letters of connectors that share a state apart, also when they are of the same bytes', async () => {
    const [ours, theirs] = [deadLetters({ count: 1 }, 'a'), deadLetters({}, 'b')];
    const { id } = await ours.keep(letterOf('{}', { workId: 'work_a' }));
    expect(await theirs.list()).toEqual([]);
    expect(await theirs.find(id)).toBeUndefined();
    expect(await theirs.bodyOf(id)).toBeUndefined();

    expect(await theirs.keep(letterOf('{}', { workId: 'work_b' }))).toMatchObject({ id, times: 1 });
    await theirs.keep(letterOf('another'));
    expect(await ours.find(id)).toMatchObject({ workId: 'work_a', times: 1 });
    expect(await theirs.remove(id)).toBe(true);
    expect(await ours.count()).toBe(1);
    expect(await ours.bodyOf(id)).toEqual(Buffer.from('{}'));
  });

  it('shows, counts and removes also what an earlier version has kept without saying whose it is', async () => {
    const old = await deadLetters().keep(letterOf('old', { workId: 'work_old' }));
    const both = await deadLetters().keep(letterOf('both'));
    const letters = deadLetters({}, 'a');
    const again = await letters.keep(letterOf('both'));
    expect(again.times).toBe(1);
    expect((await letters.list()).map(({ id }) => id)).toEqual([old.id, both.id]);
    expect(letters.lastCount).toBe(2);
    expect(await letters.bodyOf(old.id)).toEqual(Buffer.from('old'));
    expect(await letters.find(old.id)).toEqual(old);
    expect([await letters.remove(old.id), await letters.remove(both.id)]).toEqual([true, true]);
    expect(await letters.list()).toEqual([]);
    expect(await deadLetters().list()).toEqual([]);
  });

  it('leaves out what somebody else wrote', async () => {
    for (const [key, next] of Object.entries({ a: 7, b: {}, c: { reason: 'x', size: 1, firstAt: 'never' } }))
      await store.update('dead-letters', key, () => ({ next, result: undefined }));
    expect(await deadLetters().list()).toEqual([]);
  });
});
