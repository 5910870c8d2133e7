import { describe, expect, it } from 'vitest';
import { Health, type PartHealth } from './health.js';

const MINUTE_MS = 60_000;

/** A health whose clock is set by the test. */
function setUp(): { health: Health; at: (time: string) => void } {
  let now = new Date('2026-03-16T10:00:00.000Z');
  const at = (time: string): void => {
    now = new Date(`2026-03-16T${time}.000Z`);
  };
  return { health: new Health(() => now), at };
}

describe('Health', () => {
  it('is ready when every part is well', () => {
    const { health, at } = setUp();
    let broker: PartHealth = { ok: true };
    health.watch('broker', () => broker);
    health.watch('platform', () => ({ ok: true }));
    expect(health.report().status).toBe('ok');
    at('10:00:30');
    broker = { ok: false, detail: 'the connection was lost', remedy: 'Check RabbitMQ.' };
    expect(health.report()).toEqual({
      status: 'unready',
      parts: {
        broker: {
          ok: false,
          since: '2026-03-16T10:00:30.000Z',
          detail: 'the connection was lost',
          remedy: 'Check RabbitMQ.',
        },
        platform: { ok: true, since: '2026-03-16T10:00:00.000Z' },
      },
    });
  });

  it('is ready, but degraded, without a part that requests can do without', () => {
    const { health } = setUp();
    health.watch('broker', () => ({ ok: true }));
    health.watch('state', () => ({ ok: false }), { advisory: true });
    expect(health.report().status).toBe('degraded');
  });

  it('says since when, also when it is asked much later', () => {
    const { health, at } = setUp();
    let ok = true;
    health.watch('broker', () => ({ ok }));
    health.look();
    ok = false;
    at('10:00:05');
    health.look();
    at('10:30:00');
    expect(health.report().parts.broker?.since).toBe('2026-03-16T10:00:05.000Z');
  });

  it('believes a part that knows since when', () => {
    const { health } = setUp();
    health.watch('virustotal', () => ({ ok: false, since: new Date('2026-03-16T09:00:00Z') }));
    expect(health.report().parts.virustotal?.since).toBe('2026-03-16T09:00:00.000Z');
  });

  it('lives whatever is away, and lives no more when only a restart helps', () => {
    const { health, at } = setUp();
    health.watch('broker', () => ({ ok: false }));
    let consuming = true;
    health.watchLife('consumer', 10 * MINUTE_MS, () => ({ ok: consuming, detail: 'the queue is not read' }));
    expect(health.life().status).toBe('ok');
    consuming = false;
    at('10:01:00');
    expect(health.life().status).toBe('ok');
    at('10:10:59');
    expect(health.life().status).toBe('ok');
    at('10:11:00');
    expect(health.life()).toEqual({
      status: 'stuck',
      parts: { consumer: { ok: false, since: '2026-03-16T10:01:00.000Z', detail: 'the queue is not read' } },
    });
    consuming = true;
    expect(health.life().status).toBe('ok');
  });
});
