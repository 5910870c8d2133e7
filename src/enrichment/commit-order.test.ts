import { describe, expect, it } from 'vitest';
import { CommitOrder } from './commit-order.js';

describe('CommitOrder', () => {
  it('lets requests commit in the order in which they came, whatever order they are ready in', async () => {
    const order = new CommitOrder();
    const turns = ['first', 'second', 'third'].map((name) => ({ name, turn: order.take() }));
    const committed: string[] = [];
    const commits = turns.toReversed().map(async ({ name, turn }) => {
      await turn.wait();
      committed.push(name);
      turn.release();
    });
    await Promise.all(commits);
    expect(committed).toEqual(['first', 'second', 'third']);
  });

  it('goes on when a request leaves without committing', async () => {
    const order = new CommitOrder();
    const first = order.take();
    const second = order.take();
    first.release();
    first.release();
    await expect(second.wait()).resolves.toBeUndefined();
  });
});
