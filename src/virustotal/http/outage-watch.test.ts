import { beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { settled, VirtualTime } from '../../../test/helpers/virtual-time.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { OutageWatch } from './outage-watch.js';

const fault = new Error('no line');

let time: VirtualTime;
let breaker: CircuitBreaker;
let events: string[];
let isUp: boolean;
let stop: AbortController;

function elapsed(): string {
  return `${time.elapsedMs / 1000} s`;
}

beforeEach(() => {
  time = new VirtualTime('2026-03-01T12:00:00Z');
  events = [];
  isUp = false;
  stop = new AbortController();
  breaker = new CircuitBreaker({
    clock: time.clock,
    logger: recordedLogger().logger,
    random: () => 0.5,
    onChange: () => {
      watch.review();
    },
  });
  const watch = new OutageWatch({
    breaker,
    clock: time.clock,
    sleep: time.sleep,
    signal: stop.signal,
    probe: () => {
      events.push(`probe after ${elapsed()}`);
      return Promise.resolve(isUp ? undefined : fault);
    },
    onUnreachable: () => events.push(`unreachable after ${elapsed()}`),
    onReachable: () => events.push(`reachable after ${elapsed()}`),
  });
});

describe('watching an outage', () => {
  it('probes at the end of each pause, and says when it is worth asking again', async () => {
    breaker.trip(fault);
    await time.pass(20_000);
    isUp = true;
    await time.pass(60_000);
    expect(events).toEqual([
      'unreachable after 0 s',
      'probe after 3.75 s',
      'probe after 11.25 s',
      'probe after 26.25 s',
      'reachable after 26.25 s',
    ]);
    // The next look-up decides.
    expect(breaker.state).toBe('half-open');
    expect(time.sleeping).toBe(0);
  });

  it('goes on when the look-up that was to decide fails', async () => {
    breaker.trip(fault);
    isUp = true;
    await time.pass(4_000);
    breaker.enter().failed(fault);
    await time.pass(8_000);
    breaker.enter().answered();
    await settled();
    expect(events).toEqual([
      'unreachable after 0 s',
      'probe after 3.75 s',
      'reachable after 3.75 s',
      'unreachable after 4 s',
      'probe after 11.5 s',
      'reachable after 11.5 s',
    ]);
  });

  it('ends at once when a call is answered that was on its way', async () => {
    const slow = breaker.enter();
    breaker.trip(fault);
    await time.pass(1_000);
    slow.answered();
    await settled();
    expect(events).toEqual(['unreachable after 0 s', 'reachable after 1 s']);
    expect(time.sleeping).toBe(0);
  });

  it('leaves it to the request of a person that finds out already', async () => {
    breaker.trip(fault);
    // A moment before the watch would have done it.
    time.setClock(10_000);
    const trial = breaker.enter();
    await time.pass(5_000);
    expect(events).toEqual(['unreachable after 0 s']);
    trial.answered();
    await settled();
    expect(events.at(-1)).toBe('reachable after 5 s');
  });

  it('ends without a word when the connector stops', async () => {
    breaker.trip(fault);
    stop.abort();
    await time.pass(60_000);
    expect(events).toEqual(['unreachable after 0 s']);
    expect(time.sleeping).toBe(0);
  });
});
