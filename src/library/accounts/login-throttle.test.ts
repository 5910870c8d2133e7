import { beforeEach, describe, expect, it } from 'vitest';
import { SetClock } from '../../../test/helpers/library-contract/world.js';
import { LoginThrottle } from './login-throttle.js';

const EMAIL = 'somebody@example.org';
const ADDRESS = '192.0.2.1';
let clock: SetClock;
let throttle: LoginThrottle;

beforeEach(() => {
  clock = new SetClock();
  throttle = new LoginThrottle(clock);
});

function fail(times: number, email = EMAIL, address: string | null = null): void {
  for (let time = 0; time < times; time += 1) expect(throttle.admit(email, address)).toBe(0);
}

/** The delays after each of further failures, each waited for. */
function delays(count: number, email: string, address: string | null): number[] {
  return Array.from({ length: count }, () => {
    const delay = throttle.admit(email, address);
    clock.pass(delay * 1_000);
    expect(throttle.admit(email, address)).toBe(0);
    return delay;
  });
}

describe('for an e-mail address from one network address', () => {
  it('delays double after five failures in a row, up to a quarter of an hour', () => {
    fail(5);
    expect(delays(12, EMAIL, null)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it('counts no attempt that had to wait', () => {
    fail(5);
    for (let time = 0; time < 10; time += 1) expect(throttle.admit(EMAIL, null)).toBe(1);
  });

  it('takes other ways to write it for the same', () => {
    fail(5);
    expect(throttle.admit(` ${EMAIL.toUpperCase()} `, null)).toBe(1);
    expect(throttle.admit('other@example.org', null)).toBe(0);
  });

  it('forgets failures after a success, or a day later', () => {
    fail(5);
    clock.pass(1_000);
    fail(1);
    throttle.succeeded(EMAIL, null);
    fail(5);
    expect(throttle.admit(EMAIL, null)).toBe(1);
    clock.pass(86_400_001);
    fail(5);
    expect(throttle.admit(EMAIL, null)).toBe(1);
  });

  it('does not count what came to no answer', () => {
    for (let time = 0; time < 10; time += 1) {
      fail(1);
      throttle.undone(EMAIL, null);
    }
    fail(5);
    expect(throttle.admit(EMAIL, null)).toBe(1);
  });
});

describe('for an e-mail address', () => {
  /** Of networks of their own, each with as many failures as are free. */
  const failFromMany = (times: number): void => {
    for (let time = 0; time < times; time += 1) fail(1, EMAIL, `198.51.${time >> 8}.${time & 255}`);
  };

  it('does not wait where others have failed as the same, however long they go on', () => {
    for (let day = 0; day < 7; day += 1) {
      for (const from = clock.now().getTime(); clock.now().getTime() - from < 86_400_000;) {
        clock.pass(throttle.admit(EMAIL, '198.51.100.1') * 1_000);
      }
      expect(throttle.admit(EMAIL, ADDRESS)).toBe(0);
      throttle.undone(EMAIL, ADDRESS);
    }
  });

  it('waits up to a minute when many network addresses guess together', () => {
    failFromMany(300);
    expect(delays(8, EMAIL, null).slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(throttle.admit(EMAIL, ADDRESS)).toBe(60);
    expect(throttle.admit('other@example.org', ADDRESS)).toBe(0);
  });

  it('does not wait then where its owner has logged in before', () => {
    fail(1, EMAIL, ADDRESS);
    throttle.succeeded(EMAIL, ADDRESS);
    failFromMany(300);
    expect(throttle.admit(EMAIL, '192.0.2.2')).toBe(1);
    fail(5, EMAIL, ADDRESS);
    expect(throttle.admit(EMAIL, ADDRESS)).toBe(1);
  });

  it('begins anew a day after the first failure', () => {
    failFromMany(1);
    clock.pass(86_000_000);
    failFromMany(299);
    clock.pass(400_001);
    expect(throttle.admit(EMAIL, ADDRESS)).toBe(0);
  });
});

describe('for a network address', () => {
  const failFrom = (address: string, times: number): void => {
    for (let time = 0; time < times; time += 1) fail(1, `${address}-${time}@example.org`, address);
  };

  it('delays after twenty failures, whoever was meant', () => {
    failFrom(ADDRESS, 20);
    expect(throttle.admit(EMAIL, ADDRESS)).toBe(1);
    expect(throttle.admit(EMAIL, '192.0.2.2')).toBe(0);
  });

  it('keeps counting after the success of one who has an account', () => {
    failFrom(ADDRESS, 19);
    fail(1, EMAIL, ADDRESS);
    throttle.succeeded(EMAIL, ADDRESS);
    failFrom(`::ffff:${ADDRESS}`, 1);
    expect(throttle.admit(EMAIL, ADDRESS)).toBe(1);
  });

  it('takes all of an IPv6 network for one', () => {
    failFrom('2001:db8:1:2::1', 20);
    expect(throttle.admit(EMAIL, '2001:db8:1:2:ffff::')).toBe(1);
    expect(throttle.admit(EMAIL, '2001:db8:1:3::1')).toBe(0);
  });

  it('forgets failures after an hour', () => {
    failFrom(ADDRESS, 20);
    clock.pass(3_600_001);
    failFrom(ADDRESS, 20);
    expect(throttle.admit(EMAIL, ADDRESS)).toBe(1);
  });
});

it('keeps a bounded number of failures', () => {
  fail(5);
  for (let other = 0; other < 20_000; other += 1) fail(1, `${other}@example.org`);
  expect(throttle.admit(EMAIL, null)).toBe(0);
});
