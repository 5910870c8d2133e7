import { describe, expect, it } from 'vitest';
import { settled } from '../../test/helpers/virtual-time.js';
import { CommitOrder, type Turn } from './commit-order.js';
import type { TriggerMode } from './request.js';

const started = new Date('2026-01-01T00:00:00Z');

/** A request whose work was created in that second, received much later. */
function requestAt(second: number, mode: TriggerMode = 'auto'): Parameters<CommitOrder['take']>[0] {
  return {
    workId: `work_vt_2026-01-01T00:00:0${second}.000Z`,
    mode,
    receivedAt: new Date('2026-01-02T00:00:00Z'),
  };
}

async function mayGo(turn: Turn): Promise<boolean> {
  let isFree = false;
  void turn.wait().then(() => {
    isFree = true;
  });
  await settled();
  return isFree;
}

describe('CommitOrder', () => {
  it('lets requests commit in the order of their works, whatever order they are ready in', async () => {
    const order = new CommitOrder(started);
    const turns = [2, 1, 3].map((second) => ({ second, turn: order.take(requestAt(second)) }));
    const committed: number[] = [];
    const commits = turns.toReversed().map(async ({ second, turn }) => {
      await turn.wait();
      committed.push(second);
      turn.sent();
    });
    await Promise.all(commits);
    expect(committed).toEqual([1, 2, 3]);
  });

  it('keeps the order of arrival where the ids of works tell no time', async () => {
    const order = new CommitOrder(started);
    const receivedAt = started;
    const first = order.take({ workId: 'work_1', mode: 'auto', receivedAt });
    const second = order.take({ workId: 'work_2', mode: 'auto', receivedAt });
    expect([await mayGo(first), await mayGo(second)]).toEqual([true, false]);
  });

  it('goes on when a request leaves without committing, which overtakes nobody', async () => {
    const order = new CommitOrder(started);
    const first = order.take(requestAt(1));
    const second = order.take(requestAt(2));
    const third = order.take(requestAt(3));
    second.release();
    expect(await mayGo(third)).toBe(false);
    expect(first.overtaken).toBe(false);
    first.release();
    first.release();
    expect(await mayGo(third)).toBe(true);
  });

  it('takes it that works from before this process were overtaken, and keeps their order all the same', async () => {
    const order = new CommitOrder(new Date('2026-01-01T00:00:03Z'));
    const [first, second, third] = [1, 2, 3].map((at) => order.take(requestAt(at)));
    expect([first, second, third].map((turn) => turn?.overtaken)).toEqual([true, true, false]);
    expect(await mayGo(second!)).toBe(false);
    first!.sent();
    expect(await mayGo(second!)).toBe(true);
  });

  it('does not let a manual request wait for automatic ones that are older', async () => {
    const order = new CommitOrder(started);
    const automatic = order.take(requestAt(1));
    const older = order.take(requestAt(2, 'manual'));
    const manual = order.take(requestAt(3, 'manual'));
    expect([await mayGo(older), await mayGo(manual)]).toEqual([true, false]);
    older.sent();
    expect(await mayGo(manual)).toBe(true);
    expect([automatic.overtaken, manual.overtaken]).toEqual([true, false]);
  });

  it('lets automatic requests wait for older manual ones', async () => {
    const order = new CommitOrder(started);
    const manual = order.take(requestAt(1, 'manual'));
    const automatic = order.take(requestAt(2));
    expect(await mayGo(automatic)).toBe(false);
    manual.sent();
    expect(await mayGo(automatic)).toBe(true);
    expect(automatic.overtaken).toBe(false);
  });

  it('lets nobody wait for what was overtaken, and what was overtaken for nobody', async () => {
    const order = new CommitOrder(started);
    const first = order.take(requestAt(1));
    const second = order.take(requestAt(2));
    const newer = order.take(requestAt(4));
    const waiting = [second.wait(), newer.wait()];
    order.take(requestAt(3, 'manual')).sent();
    await Promise.all(waiting);
    expect([first.overtaken, second.overtaken, newer.overtaken]).toEqual([true, true, false]);
  });

  it('knows that a request was overtaken before it began', () => {
    const order = new CommitOrder(started);
    order.take(requestAt(3, 'manual')).sent();
    expect(order.take(requestAt(2)).overtaken).toBe(true);
    expect(order.take(requestAt(3)).overtaken).toBe(false);
  });
});
