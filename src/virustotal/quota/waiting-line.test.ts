import { describe, expect, it } from 'vitest';
import { settled, VirtualTime } from '../../../test/helpers/virtual-time.js';
import type { Priority } from './ledger.js';
import { type Served, WaitingLine } from './waiting-line.js';

const refusal = (): Error => new Error('waited long enough');
const discard = (): Promise<void> => Promise.resolve();

/** A counter that serves nobody until the test says so, `units` at a time. */
function counter(): {
  time: VirtualTime;
  line: WaitingLine<number>;
  served: string[];
  discarded: number[];
  attempts: Priority[];
  join(name: string, priority: Priority, signal?: AbortSignal, leavesAtMs?: number): Promise<void>;
  open(units: number): void;
} {
  const time = new VirtualTime('2026-03-15T12:00:00.000Z');
  const served: string[] = [];
  const attempts: Priority[] = [];
  let left = 0;
  let number = 0;
  const serve = (priority: Priority): Promise<Served<number>> => {
    attempts.push(priority);
    if (left === 0) {
      const until = new Date(time.clock.now().getTime() + 15_000);
      return Promise.resolve({ kind: 'wait', until, refusal });
    }
    left -= 1;
    return Promise.resolve({ kind: 'served', value: (number += 1) });
  };
  const discarded: number[] = [];
  const discard = (value: number): Promise<void> => {
    discarded.push(value);
    return Promise.resolve();
  };
  const line = new WaitingLine({ serve, discard, clock: time.clock, sleep: time.sleep });
  return {
    time,
    line,
    served,
    discarded,
    attempts,
    join: async (name, priority, signal, leavesAtMs) => {
      await line.join(priority, signal, leavesAtMs);
      served.push(name);
    },
    open: (units) => {
      left = units;
    },
  };
}

describe('WaitingLine', () => {
  it('serves at once while there is something to hand out', async () => {
    const { line, open } = counter();
    open(2);
    expect(await Promise.all([line.join('auto'), line.join('auto')])).toEqual([1, 2]);
  });

  it('serves manual before playbook before automatic, equals in the order of arrival', async () => {
    const { time, join, open, served } = counter();
    for (const [name, priority] of [
      ['a1', 'auto'],
      ['a2', 'auto'],
      ['p1', 'playbook'],
      ['m1', 'manual'],
      ['a3', 'auto'],
      ['p2', 'playbook'],
      ['m2', 'manual'],
    ] as const) {
      void join(name, priority);
      await settled();
    }
    open(7);
    await time.pass(15_000);
    expect(served).toEqual(['m1', 'm2', 'p1', 'p2', 'a1', 'a2', 'a3']);
  });

  it('lets a better request pass that comes while the head waits for its moment', async () => {
    const { time, join, open, served, attempts } = counter();
    void join('a1', 'auto');
    await time.pass(1000);
    open(1);
    void join('m1', 'manual');
    await settled();
    expect(served).toEqual(['m1']);
    expect(attempts).toEqual(['auto', 'manual', 'auto']);
    open(1);
    await time.pass(15_000);
    expect(served).toEqual(['m1', 'a1']);
  });

  it('does not try anew for a request that has to stand behind the head', async () => {
    const { time, join, attempts } = counter();
    void join('a1', 'auto');
    await time.pass(1000);
    void join('a2', 'auto');
    await time.pass(1000);
    expect(attempts).toEqual(['auto']);
  });

  it('tries anew when it is woken', async () => {
    const { time, line, join, open, served } = counter();
    void join('a1', 'auto');
    await time.pass(1000);
    open(1);
    line.wake();
    await settled();
    expect(served).toEqual(['a1']);
  });

  it('lets a request go that is given up, and serves the next', async () => {
    const { time, line, join, open, served } = counter();
    const giveUp = new AbortController();
    const given = join('a1', 'auto', giveUp.signal);
    void join('a2', 'auto');
    await time.pass(1000);
    giveUp.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    expect(line.waiting('auto')).toBe(1);
    open(1);
    await time.pass(15_000);
    expect(served).toEqual(['a2']);
  });

  it('takes nobody in whose request was given up before', async () => {
    const { line, attempts } = counter();
    await expect(line.join('auto', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(attempts).toEqual([]);
  });

  it('hands to the next of its kind what a request got that gave up meanwhile', async () => {
    const { line, open, discarded } = counter();
    open(1);
    const giveUp = new AbortController();
    const given = line.join('auto', giveUp.signal);
    const next = line.join('auto');
    giveUp.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    expect(await next).toBe(1);
    expect(discarded).toEqual([]);
  });

  it('discards what was got for another kind of request, and tries anew for the next', async () => {
    const { line, open, discarded, attempts } = counter();
    open(2);
    const giveUp = new AbortController();
    const given = line.join('manual', giveUp.signal);
    const next = line.join('auto');
    giveUp.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    expect(await next).toBe(2);
    expect(attempts).toEqual(['manual', 'auto']);
    expect(discarded).toEqual([1]);
  });

  it('discards what a request got that gave up meanwhile, when nobody is behind it', async () => {
    const { line, open, discarded } = counter();
    open(1);
    const giveUp = new AbortController();
    const given = line.join('auto', giveUp.signal);
    giveUp.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    await settled();
    expect(discarded).toEqual([1]);
  });

  it('has closed only when what was got meanwhile is discarded', async () => {
    const { line, open, discarded } = counter();
    open(1);
    const waiting = expect(line.join('auto')).rejects.toThrow('closed');
    await line.close(new Error('closed'));
    await waiting;
    expect(discarded).toEqual([1]);
  });

  it('sends away who would have to wait any longer than they may, at the head or behind it', async () => {
    const { time, join, open, served, line } = counter();
    const left: string[] = [];
    const leaving = (name: string, priority: Priority, leavesAtMs?: number): void =>
      void join(name, priority, undefined, leavesAtMs).catch((error: unknown) => {
        left.push(`${name} after ${time.elapsedMs} ms: ${String(error)}`);
      });
    leaving('m1', 'manual');
    leaving('a1', 'auto', 20_000);
    leaving('a2', 'auto');
    leaving('a3', 'auto', 10_000);
    await time.pass(30_000);
    expect(left).toEqual([
      'a3 after 15000 ms: Error: waited long enough',
      'a1 after 30000 ms: Error: waited long enough',
    ]);
    leaving('m0', 'manual', 0);
    open(2);
    await time.pass(15_000);
    expect(served).toEqual(['m1', 'm0']);
    expect(line.waiting('auto')).toBe(1);
  });

  it('serves at once even those who may not wait', async () => {
    const { join, open, served } = counter();
    open(1);
    await join('a1', 'auto', undefined, 0);
    expect(served).toEqual(['a1']);
  });

  it('tries the next by its own kind when the head may not wait', async () => {
    const { time, join, attempts } = counter();
    void join('m1', 'manual', undefined, 0).catch(() => undefined);
    void join('a1', 'auto');
    await time.pass(1000);
    expect(attempts).toEqual(['manual', 'auto']);
  });

  it('fails the request that cannot be served, and goes on with the next', async () => {
    const time = new VirtualTime('2026-03-15T12:00:00.000Z');
    const line = new WaitingLine<string>({
      serve: (priority) =>
        priority === 'manual'
          ? Promise.reject(new Error('not today'))
          : Promise.resolve({ kind: 'served', value: 'a unit' }),
      discard,
      clock: time.clock,
      sleep: time.sleep,
    });
    const manual = line.join('manual');
    const auto = line.join('auto');
    await expect(manual).rejects.toThrow('not today');
    expect(await auto).toBe('a unit');
  });

  it('sends everybody away when it closes', async () => {
    const { time, line } = counter();
    const waiting = [line.join('auto'), line.join('manual')];
    const results = Promise.allSettled(waiting);
    await time.pass(1000);
    await line.close(new Error('closed'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(line.waiting('auto') + line.waiting('manual')).toBe(0);
    expect(time.sleeping).toBe(0);
  });

  it('tells when the first has to wait, and when nobody waits any more, each once', async () => {
    const time = new VirtualTime('2026-03-15T12:00:00.000Z');
    const told: boolean[] = [];
    let left = 1;
    const line = new WaitingLine<string>({
      serve: () => {
        left -= 1;
        const until = new Date(time.clock.now().getTime() + 1000);
        return Promise.resolve(
          left >= 0 ? { kind: 'served', value: 'a unit' } : { kind: 'wait', until, refusal },
        );
      },
      discard,
      clock: time.clock,
      sleep: time.sleep,
      onStuck: (isStuck) => told.push(isStuck),
    });
    await line.join('auto');
    expect(told).toEqual([]);
    const others = [line.join('auto'), line.join('auto')];
    await time.pass(5000);
    expect(told).toEqual([true]);
    left = 2;
    await time.pass(1000);
    await Promise.all(others);
    await settled();
    expect(told).toEqual([true, false]);
  });
});
