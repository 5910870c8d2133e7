import { describe, expect, it } from 'vitest';

import { SingleFlight } from './single-flight.js';

describe('SingleFlight', () => {
  it('runs one task for all who ask at the same time', async () => {
    const flight = new SingleFlight<number>();
    let runs = 0;
    const task = (): Promise<number> => Promise.resolve((runs += 1));
    expect(await Promise.all([flight.run('a', task), flight.run('a', task), flight.run('a', task)])).toEqual([
      1, 1, 1,
    ]);
    expect(runs).toBe(1);
  });

  it('keeps keys apart', async () => {
    const flight = new SingleFlight<string>();
    const answers = ['a', 'b'].map((key) => flight.run(key, () => Promise.resolve(key)));
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
  });

  it('gives the same failure to all and runs again afterwards', async () => {
    const flight = new SingleFlight<string>();
    const failing = (): Promise<string> => Promise.reject(new Error('no'));
    const results = await Promise.allSettled([flight.run('a', failing), flight.run('a', failing)]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await flight.run('a', () => Promise.resolve('yes'))).toBe('yes');
  });

  it('takes a task that throws at once for a failure, and runs again afterwards', async () => {
    const flight = new SingleFlight<string>();
    const throwing = (): Promise<string> => {
      throw new Error('at once');
    };
    await expect(flight.run('a', throwing)).rejects.toThrow('at once');
    expect(await flight.run('a', () => Promise.resolve('yes'))).toBe('yes');
  });
});
