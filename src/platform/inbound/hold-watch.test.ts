import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../../../test/helpers/virtual-time.js';
import { HoldWatch } from './hold-watch.js';

function setUp(): { time: VirtualTime; watch: HoldWatch; expired: () => number } {
  const time = new VirtualTime('2026-01-01T00:00:00Z');
  let expired = 0;
  const watch = new HoldWatch({
    maxHoldMs: 600_000,
    maxBytes: 1_000,
    sleep: time.sleep,
    signal: new AbortController().signal,
    expired: () => (expired += 1),
  });
  return { time, watch, expired: () => expired };
}

describe('HoldWatch', () => {
  it('tells after ten minutes at the latest, and not before five, that something is held', async () => {
    const { time, watch, expired } = setUp();
    watch.begin(1);
    await time.pass(299_999);
    const second = watch.begin(1);
    await time.pass(300_000);
    expect(expired()).toBe(0);
    await time.pass(1);
    expect(expired()).toBe(1);
    watch.end(second);
  });

  it('tells nothing of what is let go in time, although something is always held', async () => {
    const { time, watch, expired } = setUp();
    let hold = watch.begin(1);
    for (let minute = 0; minute < 60; minute += 4) {
      await time.pass(240_000);
      const next = watch.begin(1);
      watch.end(hold);
      hold = next;
    }
    expect(expired()).toBe(0);
  });

  it('sleeps only while something is held', async () => {
    const { time, watch } = setUp();
    watch.end(watch.begin(1));
    await time.pass(300_000);
    expect(time.sleeping).toBe(0);
    watch.begin(1);
    expect(time.sleeping).toBe(1);
  });

  it('counts the bytes', () => {
    const { watch } = setUp();
    const large = watch.begin(900);
    expect([watch.isFull, watch.isRoomy]).toEqual([false, false]);
    const small = watch.begin(100);
    expect([watch.isFull, watch.isRoomy]).toEqual([true, false]);
    watch.end(large);
    watch.end(large);
    expect([watch.isFull, watch.isRoomy]).toEqual([false, true]);
    watch.end(small);
  });
});
