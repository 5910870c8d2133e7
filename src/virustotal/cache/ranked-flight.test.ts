import { describe, expect, it } from 'vitest';
import { RankedFlight } from './ranked-flight.js';

/** A task that ends when told to, and gives up when its signal aborts. */
function task(): {
  run(signal: AbortSignal): Promise<string>;
  resolve(value: string): void;
  reject(error: Error): void;
} {
  const { promise, resolve, reject } = promiseWithResolvers();
  return {
    resolve,
    reject,
    run: (signal) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
      return promise;
    },
  };
}

function promiseWithResolvers(): {
  promise: Promise<string>;
  resolve(value: string): void;
  reject(error: Error): void;
} {
  let resolve!: (value: string) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<string>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

const immediately = (value: string) => (): Promise<string> => Promise.resolve(value);

describe('RankedFlight', () => {
  it('runs a task once for equals, and again once it has settled', async () => {
    const flights = new RankedFlight<string>();
    const first = flights.run('a', 'auto', immediately('one'));
    const second = flights.run('a', 'auto', immediately('two'));
    expect([first.joined, second.joined]).toEqual([false, true]);
    expect(await Promise.all([first.answer, second.answer])).toEqual(['one', 'one']);
    const third = flights.run('a', 'auto', immediately('three'));
    expect([third.joined, await third.answer]).toEqual([false, 'three']);
  });

  it('joins the more urgent, never the less urgent', async () => {
    const flights = new RankedFlight<string>();
    const order = ['auto', 'manual', 'playbook', 'auto', 'manual'] as const;
    const joined = order.map((priority) => flights.run('a', priority, immediately(priority)));
    expect(joined.map((flight) => flight.joined)).toEqual([false, false, true, true, true]);
    expect(await Promise.all(joined.map((flight) => flight.answer))).toEqual([
      'auto',
      'manual',
      'manual',
      'manual',
      'manual',
    ]);
  });

  it('keeps keys apart', () => {
    const flights = new RankedFlight<string>();
    flights.run('a', 'auto', immediately('one'));
    expect(flights.run('b', 'auto', immediately('two')).joined).toBe(false);
  });

  it('gives one value to all who wait for a key', async () => {
    const flights = new RankedFlight<string>();
    const [automatic, manual, other] = [task(), task(), task()];
    const answers = [
      flights.run('a', 'auto', automatic.run).answer,
      flights.run('a', 'manual', manual.run).answer,
    ];
    const elsewhere = flights.run('b', 'auto', other.run).answer;
    await new Promise(setImmediate);
    flights.settle('a', 'theirs');
    other.resolve('its own');
    expect(await Promise.all([...answers, elsewhere])).toEqual(['theirs', 'theirs', 'its own']);
  });

  it('does not end the task that has found the value for all', async () => {
    const flights = new RankedFlight<string>();
    let wasEnded = true;
    const found = flights.run('a', 'manual', (signal) => {
      flights.settle('a', 'theirs', signal);
      wasEnded = signal.aborted;
      return Promise.resolve('theirs');
    });
    expect(await found.answer).toBe('theirs');
    expect(wasEnded).toBe(false);
  });

  it('lets a task keep the value that it got all the same', async () => {
    const flights = new RankedFlight<string>();
    const unstoppable = promiseWithResolvers();
    const { answer } = flights.run('a', 'auto', () => unstoppable.promise);
    flights.settle('a', 'theirs');
    unstoppable.resolve('its own');
    expect(await answer).toBe('its own');
  });

  it('fails those on board and nobody else', async () => {
    const flights = new RankedFlight<string>();
    const [automatic, manual] = [task(), task()];
    const waiting = flights.run('a', 'auto', automatic.run).answer;
    const failing = [0, 1].map(() => flights.run('a', 'manual', manual.run).answer);
    manual.reject(new Error('no line'));
    expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    automatic.resolve('late');
    expect(await waiting).toBe('late');
  });
});
