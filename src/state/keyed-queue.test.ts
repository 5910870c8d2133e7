import { describe, expect, it } from 'vitest';
import { KeyedQueue } from './keyed-queue.js';

describe('KeyedQueue', () => {
  it('runs the tasks of one key one after the other, even when one fails', async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const task = (name: string, fails: boolean) => async (): Promise<string> => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled([
      queue.run('k', task('first', true)),
      queue.run('k', task('second', false)),
      queue.run('k', task('third', false)),
    ]);
    expect(log).toEqual([
      'first begins',
      'first ends',
      'second begins',
      'second ends',
      'third begins',
      'third ends',
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('does not make one key wait for another', async () => {
    const queue = new KeyedQueue();
    void queue.run('stuck', () => new Promise(() => undefined));
    expect(await queue.run('free', () => Promise.resolve('done'))).toBe('done');
  });

  it('is idle once the tasks that were added meanwhile have settled too', async () => {
    const queue = new KeyedQueue();
    const done: string[] = [];
    void queue.run('a', async () => {
      await Promise.resolve();
      void queue.run('b', async () => {
        await Promise.resolve();
        done.push('b');
      });
      done.push('a');
    });
    await queue.idle();
    expect(done).toEqual(['a', 'b']);
  });
});
