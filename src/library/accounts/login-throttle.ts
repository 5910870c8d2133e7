import ipaddr from 'ipaddr.js';
import { BoundedMap } from '../../shared/bounded-map.js';
import type { Clock } from '../../shared/clock.js';
import { parseAddress } from '../../shared/network-set.js';
import { hashSecret } from './secrets.js';

interface Failures {
  /** In a row. */
  readonly count: number;
  readonly lastAtMs: number;
}

/** For whom failures are counted. */
interface Counted {
  readonly key: string;
  readonly rule: Rule;
}

interface Rule {
  /** How many may fail before whoever fails must wait. */
  readonly free: number;
  /** Failures are forgotten when none follow for as long. */
  readonly forgottenAfterMs: number;
}

const OF_EMAIL: Rule = { free: 5, forgottenAfterMs: 86_400_000 };
/** Many people may share an address. */
const OF_ADDRESS: Rule = { free: 20, forgottenAfterMs: 3_600_000 };
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 900_000;
const MOST_KEPT = 20_000;
/** Groups of an IPv6 address that a provider gives out: whoever has one address has all of the network. */
const NETWORK_GROUPS = 4;

/**
 * Makes whoever guesses passwords wait: after some failures in a row each one doubles the delay, from a second to a
 * quarter of an hour, for the e-mail address and for the network address. It knows no users, so that nothing is to be
 * learnt from it; it keeps hashes, in memory.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new BoundedMap<Failures>(MOST_KEPT, () => 1);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Lets an attempt through, which counts as failed until it is said to have {@link succeeded}: of many at the same
   * time no more get through than one after another.
   *
   * @param address - Network address of whoever attempts, if known.
   * @returns Seconds to wait before the next attempt; 0: go ahead.
   */
  admit(email: string, address: string | null): number {
    const counted = countedFor(email, address);
    const waitMs = Math.max(...counted.map((one) => this.#waitMs(one)));
    if (waitMs > 0) return Math.ceil(waitMs / 1_000);
    for (const one of counted) {
      const { count } = this.#read(one);
      this.#failures.set(one.key, { count: count + 1, lastAtMs: this.#nowMs });
    }
    return 0;
  }

  /** Failures of the network address stay, or an account of one's own would help to guess the passwords of others. */
  succeeded(email: string, address: string | null): void {
    const [ofEmail, ...others] = countedFor(email, address);
    this.#failures.delete(ofEmail.key);
    for (const one of others) this.#takeBack(one);
  }

  /** The attempt came to no answer, for a reason that is not the caller's. */
  undone(email: string, address: string | null): void {
    for (const one of countedFor(email, address)) this.#takeBack(one);
  }

  #waitMs(counted: Counted): number {
    const { count, lastAtMs } = this.#read(counted);
    const { free } = counted.rule;
    if (count < free) return 0;
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (count - free));
    return Math.max(0, lastAtMs + delayMs - this.#nowMs);
  }

  #takeBack(counted: Counted): void {
    const { count, lastAtMs } = this.#read(counted);
    if (count <= 1) this.#failures.delete(counted.key);
    else this.#failures.set(counted.key, { count: count - 1, lastAtMs });
  }

  #read({ key, rule }: Counted): Failures {
    const known = this.#failures.get(key);
    if (known === undefined || this.#nowMs - known.lastAtMs > rule.forgottenAfterMs) {
      return { count: 0, lastAtMs: this.#nowMs };
    }
    return known;
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

/** The e-mail first. */
function countedFor(email: string, address: string | null): [Counted, ...Counted[]] {
  const ofEmail = { key: `email ${hashSecret(email.trim().toLowerCase())}`, rule: OF_EMAIL };
  if (address === null) return [ofEmail];
  return [ofEmail, { key: `address ${hashSecret(networkOf(address))}`, rule: OF_ADDRESS }];
}

function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed instanceof ipaddr.IPv6) return parsed.parts.slice(0, NETWORK_GROUPS).join(':');
  return parsed?.toString() ?? address;
}
