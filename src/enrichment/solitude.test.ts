import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/helpers/virtual-time.js';
import { Solitude, type Leave } from './solitude.js';

describe('solitude', () => {
  let time: VirtualTime;
  let solitude: Solitude;
  let begun: string[];
  let leave: Map<string, Leave>;

  beforeEach(() => {
    time = new VirtualTime('2026-01-02T03:04:00Z');
    solitude = new Solitude(time.sleep);
    begun = [];
    leave = new Map();
  });

  const begin = (name: string, through: Leave): void => {
    begun.push(name);
    leave.set(name, through);
  };
  const enter = (name: string): void => {
    begin(name, solitude.enter());
  };
  const wait = (name: string, isSuspect: boolean): void => {
    void solitude.wait(isSuspect).then((through) => {
      begin(name, through);
    });
  };
  const through = async (name: string): Promise<void> => {
    leave.get(name)?.();
    await time.pass(0);
  };

  it('is open as long as there is no suspect', async () => {
    enter('a');
    enter('b');
    expect(solitude.isOpen).toBe(true);
    await through('a');
    expect(solitude.isOpen).toBe(true);
  });

  it('lets a suspect begin when nobody is in work, and the others after it', async () => {
    enter('a');
    wait('suspect', true);
    wait('b', false);
    await time.pass(0);
    expect([begun, solitude.isOpen]).toEqual([['a'], false]);
    await through('a');
    expect(begun).toEqual(['a', 'suspect']);
    await through('suspect');
    expect([begun, solitude.isOpen]).toEqual([['a', 'suspect', 'b'], true]);
  });

  it('has suspects take turns, also with the others', async () => {
    for (const name of ['suspect 1', 'suspect 2']) wait(name, true);
    wait('a', false);
    await time.pass(0);
    expect(begun).toEqual(['suspect 1']);
    await through('suspect 1');
    expect(begun).toEqual(['suspect 1', 'a']);
    await through('a');
    expect(begun).toEqual(['suspect 1', 'a', 'suspect 2']);
  });

  it('keeps the others back for a minute at most', async () => {
    wait('suspect', true);
    wait('a', false);
    await time.pass(59_000);
    expect(begun).toEqual(['suspect']);
    await time.pass(1_000);
    expect([begun, solitude.isOpen]).toEqual([['suspect', 'a'], true]);
  });

  it('lets a suspect begin beside others that do not end', async () => {
    enter('a');
    wait('suspect', true);
    await time.pass(119_000);
    expect(begun).toEqual(['a']);
    await time.pass(1_000);
    expect([begun, solitude.isOpen]).toEqual([['a', 'suspect'], true]);
  });

  it('counts nobody twice who leaves twice', async () => {
    enter('a');
    enter('b');
    await through('a');
    await through('a');
    wait('suspect', true);
    await time.pass(0);
    expect(begun).toEqual(['a', 'b']);
  });

  it('keeps nobody waiting when the connector stops', async () => {
    const stop = new AbortController();
    solitude = new Solitude(time.sleep, stop.signal);
    enter('a');
    wait('suspect', true);
    wait('b', false);
    stop.abort();
    await time.pass(0);
    expect(begun).toEqual(['a', 'suspect', 'b']);
  });
});
