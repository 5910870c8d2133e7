import { describe, expect, it } from 'vitest';
import { settled, VirtualTime } from '../../../test/helpers/virtual-time.js';
import type { Priority } from './ledger.js';
import { type Served, WaitingLine } from './waiting-line.js';

/** A counter that serves nobody until the test says so, `units` at a time. */
function counter(): {
  time: VirtualTime;
  line: WaitingLine<number>;
  served: string[];
  attempts: Priority[];
  join(name: string, priority: Priority, signal?: AbortSignal): Promise<void>;
  open(units: number): void;
} {
  const time = new VirtualTime('2026-03-15T12:00:00.000Z');
  const served: string[] = [];
  const attempts: Priority[] = [];
  let left = 0;
  let number = 0;
  const serve = (priority: Priority): Promise<Served<number>> => {
    attempts.push(priority);
    if (left === 0)
      return Promise.resolve({ kind: 'wait', until: new Date(time.clock.now().getTime() + 15_000) });
    left -= 1;
    return Promise.resolve({ kind: 'served', value: (number += 1) });
  };
  const line = new WaitingLine(serve, time.clock, time.sleep);
  return {
    time,
    line,
    served,
    attempts,
    join: async (name, priority, signal) => {
      await line.join(priority, signal);
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

  it('hands to the next what a request got that gave up meanwhile', async () => {
    const { line, open } = counter();
    open(1);
    const giveUp = new AbortController();
    const given = line.join('auto', giveUp.signal);
    const next = line.join('auto');
    giveUp.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    expect(await next).toBe(1);
  });

  it('fails the request that cannot be served, and goes on with the next', async () => {
    const time = new VirtualTime('2026-03-15T12:00:00.000Z');
    const line = new WaitingLine<string>(
      (priority) =>
        priority === 'manual'
          ? Promise.reject(new Error('not today'))
          : Promise.resolve({ kind: 'served', value: 'a unit' }),
      time.clock,
      time.sleep,
    );
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
    line.close(new Error('closed'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(line.waiting('auto') + line.waiting('manual')).toBe(0);
    expect(time.sleeping).toBe(0);
  });

  it('tells when the first has to wait, and when nobody waits any more, each once', async () => {
    const time = new VirtualTime('2026-03-15T12:00:00.000Z');
    const told: boolean[] = [];
    let left = 1;
    const line = new WaitingLine<string>(
      () => {
        left -= 1;
        const until = new Date(time.clock.now().getTime() + 1000);
        return Promise.resolve(left >= 0 ? { kind: 'served', value: 'a unit' } : { kind: 'wait', until });
      },
      time.clock,
      time.sleep,
      (isStuck) => told.push(isStuck),
    );
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
