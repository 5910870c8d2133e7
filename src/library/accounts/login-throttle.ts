import ipaddr from 'ipaddr.js';
import { BoundedMap } from '../../shared/bounded-map.js';
import type { Clock } from '../../shared/clock.js';
import { parseAddress } from '../../shared/network-set.js';
import { hashSecret } from './secrets.js';

interface Failures {
  /** In a row. */
  readonly count: number;
  readonly firstAtMs: number;
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
  /** Failures are forgotten as long after the first or the last of them. */
  readonly forgottenAfterMs: number;
  readonly since: 'first' | 'last';
  readonly longestDelayMs: number;
}

const DAY_MS = 86_400_000;
const OF_EMAIL_AND_ADDRESS: Rule = {
  free: 5,
  forgottenAfterMs: DAY_MS,
  since: 'last',
  longestDelayMs: 900_000,
};
/** Many people may share an address. */
const OF_ADDRESS: Rule = { free: 20, forgottenAfterMs: 3_600_000, since: 'last', longestDelayMs: 900_000 };
/** From one address some 110 may fail in a day: nobody makes all the others wait alone. */
const OF_EMAIL: Rule = { free: 300, forgottenAfterMs: DAY_MS, since: 'first', longestDelayMs: 60_000 };
const FIRST_DELAY_MS = 1_000;
const MOST_KEPT = 20_000;
/** Groups of an IPv6 address that a provider gives out: whoever has one address has all of the network. */
const NETWORK_GROUPS = 4;

/**
 * Makes whoever guesses passwords wait: after some failures in a row each one doubles the delay, from a second to a
 * quarter of an hour, for the network address, and for the e-mail address from there. Elsewhere the owner of the e-mail
 * address need not wait, or anybody could lock them out by failing; only against many addresses that guess together the
 * e-mail address alone has a delay, up to a minute, which does not concern where its owner has logged in before. It knows
 * no users, so that nothing is to be learnt from it; it keeps hashes, in memory.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new BoundedMap<Failures>(MOST_KEPT, () => 1);
  /** E-mail addresses with the network addresses from which they have logged in: only who can log in fills it. */
  readonly #known = new BoundedMap<true>(MOST_KEPT, () => 1);

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
    const waitMs = Math.max(...this.#binding(counted).map((one) => this.#waitMs(one)));
    if (waitMs > 0) return Math.ceil(waitMs / 1_000);
    for (const one of counted) {
      const { count, firstAtMs } = this.#read(one);
      this.#failures.set(one.key, { count: count + 1, firstAtMs, lastAtMs: this.#nowMs });
    }
    return 0;
  }

  /** Failures of the network address stay, or an account of one's own would help to guess the passwords of others. */
  succeeded(email: string, address: string | null): void {
    const [ofBoth, ...others] = countedFor(email, address);
    this.#failures.delete(ofBoth.key);
    this.#known.set(ofBoth.key, true);
    for (const one of others) this.#takeBack(one);
  }

  /** The attempt came to no answer, for a reason that is not the caller's. */
  undone(email: string, address: string | null): void {
    for (const one of countedFor(email, address)) this.#takeBack(one);
  }

  /** Those whose failures make this attempt wait. */
  #binding(counted: readonly [Counted, ...Counted[]]): readonly Counted[] {
    const isKnown = this.#known.get(counted[0].key) === true;
    return isKnown ? counted.filter(({ rule }) => rule !== OF_EMAIL) : counted;
  }

  #waitMs(counted: Counted): number {
    const { count, lastAtMs } = this.#read(counted);
    const { free, longestDelayMs } = counted.rule;
    if (count < free) return 0;
    const delayMs = Math.min(longestDelayMs, FIRST_DELAY_MS * 2 ** (count - free));
    return Math.max(0, lastAtMs + delayMs - this.#nowMs);
  }

  #takeBack(counted: Counted): void {
    const { count, ...times } = this.#read(counted);
    if (count <= 1) this.#failures.delete(counted.key);
    else this.#failures.set(counted.key, { count: count - 1, ...times });
  }

  #read({ key, rule }: Counted): Failures {
    const known = this.#failures.get(key);
    const since = rule.since === 'first' ? known?.firstAtMs : known?.lastAtMs;
    if (known === undefined || since === undefined || this.#nowMs - since > rule.forgottenAfterMs) {
      return { count: 0, firstAtMs: this.#nowMs, lastAtMs: this.#nowMs };
    }
    return known;
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

/** E-mail address and network address together first. */
function countedFor(email: string, address: string | null): [Counted, ...Counted[]] {
  const ofEmail = hashSecret(email.trim().toLowerCase());
  const ofAddress = address === null ? 'unknown' : hashSecret(networkOf(address));
  return [
    { key: `both ${ofEmail} ${ofAddress}`, rule: OF_EMAIL_AND_ADDRESS },
    { key: `email ${ofEmail}`, rule: OF_EMAIL },
    ...(address === null ? [] : [{ key: `address ${ofAddress}`, rule: OF_ADDRESS }]),
  ];
}

function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed instanceof ipaddr.IPv6) return parsed.parts.slice(0, NETWORK_GROUPS).join(':');
  return parsed?.toString() ?? address;
}
