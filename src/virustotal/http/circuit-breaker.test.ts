import { beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { CircuitOpenError } from './circuit-open-error.js';

const fault = new Error('no line (ECONNREFUSED)');

let nowMs: number;
let lines: LogLine[];
let breaker: CircuitBreaker;

beforeEach(() => {
  nowMs = Date.parse('2026-03-01T12:00:00Z');
  const recorded = recordedLogger();
  lines = recorded.lines;
  breaker = new CircuitBreaker({
    clock: { now: () => new Date(nowMs) },
    logger: recorded.logger,
    // Pauses are then three quarters of their ceiling.
    random: () => 0.5,
  });
});

function fail(times: number): void {
  for (let time = 0; time < times; time += 1) breaker.enter().failed(fault);
}

function refusal(): CircuitOpenError {
  try {
    breaker.enter();
  } catch (error) {
    if (error instanceof CircuitOpenError) return error;
  }
  throw new Error('the call was let through');
}

describe('the circuit', () => {
  it('stays closed over four failures, and counts anew after an answer', () => {
    fail(4);
    breaker.enter().answered();
    fail(4);
    expect(breaker.state).toBe('closed');
    expect(lines).toEqual([]);
  });

  it('opens with the fifth failure in a row, and says so once', () => {
    fail(3);
    nowMs += 60_000;
    const [one, another] = [breaker.enter(), breaker.enter()];
    const late = breaker.enter();
    one.failed(fault);
    another.failed(fault);
    late.failed(fault);
    expect(breaker.state).toBe('open');
    expect(lines).toEqual([
      {
        level: 'warn',
        since: '2026-03-01T12:00:00.000Z',
        retryAt: '2026-03-01T12:01:03.750Z',
        reason: 'no line (ECONNREFUSED)',
        msg: 'VirusTotal cannot be reached; requests wait until it answers again',
      },
    ]);
  });

  it('does not count calls that end without saying anything of VirusTotal', () => {
    fail(4);
    breaker.enter().abandoned();
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
  });

  it('lets no call through while it is open, and tells a person since when and why', () => {
    fail(5);
    nowMs += 3_749;
    expect(refusal()).toMatchObject({
      message:
        'VirusTotal cannot be reached since 2026-03-01 12:00 UTC; ask again later. The last failure: no line (ECONNREFUSED)',
      kind: 'transient',
      untouched: true,
      until: new Date('2026-03-01T12:00:03.750Z'),
      cause: fault,
    });
  });

  it('sends automatic requests back, and no others', () => {
    fail(5);
    const error = refusal();
    expect((['auto', 'manual', 'playbook'] as const).map((whose) => error.postpones(whose))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('lets one call through when the pause is over, and closes when that is answered', () => {
    fail(5);
    nowMs += 3_750;
    expect(breaker.state).toBe('half-open');
    const trial = breaker.enter();
    expect(trial.isTrial).toBe(true);
    refusal();
    trial.answered();
    expect(breaker.state).toBe('closed');
    expect(breaker.outage).toBeUndefined();
    expect(breaker.enter().isTrial).toBe(false);
    expect(lines.slice(1)).toEqual([
      { level: 'info', since: '2026-03-01T12:00:00.000Z', outageS: 4, msg: 'VirusTotal answers again' },
    ]);
  });

  it('pauses longer after every trial that fails, up to a minute, without another word', () => {
    fail(5);
    const pausesMs: number[] = [];
    for (let trial = 0; trial < 6; trial += 1) {
      pausesMs.push(breaker.outage!.retryAt.getTime() - nowMs);
      nowMs = breaker.outage!.retryAt.getTime();
      fail(1);
    }
    expect(pausesMs).toEqual([3_750, 7_500, 15_000, 30_000, 45_000, 45_000]);
    expect(lines).toHaveLength(1);
  });

  it.each([
    [2_000, 3_750],
    [120_000, 120_000],
    [86_400_000, 600_000],
  ])(
    'pauses at least for the %i ms that VirusTotal asks for, ten minutes at most',
    (retryAfterMs, pauseMs) => {
      const asking = Object.assign(new Error('busy'), { retryAfterMs });
      breaker.enter().failed(asking);
      fail(4);
      expect(breaker.outage!.retryAt.getTime() - nowMs).toBe(pauseMs);
      nowMs += pauseMs;
      breaker.enter().failed(asking);
      expect(breaker.outage!.retryAt.getTime() - nowMs).toBe(Math.max(7_500, pauseMs));
      nowMs = breaker.outage!.retryAt.getTime();
      breaker.enter().answered();
      fail(5);
      expect(breaker.outage!.retryAt.getTime() - nowMs).toBe(3_750);
    },
  );

  it('closes when VirusTotal is known to answer, and counts anew', () => {
    fail(5);
    breaker.close();
    expect(breaker.state).toBe('closed');
    fail(4);
    expect(breaker.state).toBe('closed');
  });

  it('lets the next call try when the trial ends without saying anything', () => {
    fail(5);
    nowMs += 3_750;
    breaker.enter().abandoned();
    expect(breaker.enter().isTrial).toBe(true);
  });

  it('closes when a call is answered that was on its way when it opened', () => {
    const slow = breaker.enter();
    fail(5);
    slow.answered();
    expect(breaker.state).toBe('closed');
  });

  it('does not pause longer for calls that were on their way when it opened', () => {
    const slow = breaker.enter();
    fail(5);
    nowMs += 3_000;
    slow.failed(fault);
    expect(breaker.outage?.retryAt).toEqual(new Date('2026-03-01T12:00:03.750Z'));
  });

  it('hears only the first end of a call', () => {
    fail(4);
    const call = breaker.enter();
    call.failed(fault);
    call.answered();
    expect(breaker.state).toBe('open');
  });

  it('does not wait for a time that a clock set back has made distant', () => {
    fail(5);
    nowMs -= 3_600_000;
    expect(breaker.state).toBe('half-open');
  });

  it('opens at once when it is known that VirusTotal is down', () => {
    breaker.trip(fault);
    expect(breaker.state).toBe('open');
    expect(breaker.outage).toEqual({
      since: new Date('2026-03-01T12:00:00Z'),
      retryAt: new Date('2026-03-01T12:00:03.750Z'),
      reason: 'no line (ECONNREFUSED)',
    });
  });
});
