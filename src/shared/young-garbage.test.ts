import { describe, expect, it } from 'vitest';
import { collectYoungGarbage } from './young-garbage.js';

describe('young garbage', () => {
  it('is freed when it is asked for, buffers above all', async () => {
    const fill = (): number => {
      let bytes = 0;
      for (let count = 0; count < 100; count += 1) bytes += Buffer.alloc(65_536, count).length;
      return bytes;
    };
    collectYoungGarbage();
    const before = process.memoryUsage().arrayBuffers;
    expect(fill()).toBe(6_553_600);
    expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(5_000_000);
    // V8 sweeps on a thread of its own, and counts when it comes by the next time.
    await expect
      .poll(() => {
        collectYoungGarbage();
        return process.memoryUsage().arrayBuffers - before;
      })
      .toBeLessThan(1_000_000);
  });
});
