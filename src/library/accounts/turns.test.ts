import { expect, it } from 'vitest';
import { Turns } from './turns.js';

/** Tasks that end when told to. */
function gated(): { task: () => Promise<void>; end: () => void; started: () => number } {
  const ends: (() => void)[] = [];
  let started = 0;
  return {
    task: () => {
      started += 1;
      return new Promise((resolve) => ends.push(resolve));
    },
    end: () => ends.shift()?.(),
    started: () => started,
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('runs as many at once as there are turns, the others one after another', async () => {
  const turns = new Turns(2, 10);
  const { task, end, started } = gated();
  const all = [1, 2, 3, 4].map(() => turns.run(task));
  await settle();
  expect(started()).toBe(2);
  for (const count of [3, 4, 4, 4]) {
    end();
    await settle();
    expect(started()).toBe(count);
  }
  await Promise.all(all);
});

it('gives the turn on when a task fails', async () => {
  const turns = new Turns(1, 10);
  const failing = turns.run(() => Promise.reject(new Error('no')));
  const next = turns.run(() => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
  expect(await turns.run(() => Promise.resolve('again'))).toBe('again');
});

it('refuses whoever would wait behind too many', async () => {
  const turns = new Turns(1, 1);
  const { task, end } = gated();
  const [running, waiting] = [turns.run(task), turns.run(task)];
  await expect(turns.run(task)).rejects.toMatchObject({ kind: 'transient' });
  end();
  await running;
  await settle();
  end();
  await waiting;
});
