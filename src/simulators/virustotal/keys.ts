import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from './envelope.js';
import { QuotaLedger, type QuotaLimits, quotaExceeded } from './quota.js';

/** What a key may do. `inactive` is a key whose account was suspended. */
export type KeyKind = 'public' | 'premium' | 'gti' | 'inactive';

/** One API key of the simulated service. */
export interface KeyProfile {
  readonly kind: KeyKind;
  /** Name of the user the key belongs to. Default: derived from the key. */
  readonly user?: string;
  /** Limits of the user. Default: those of the simulator's option `quota`. */
  readonly limits?: QuotaLimits;
  /** Keys with the same group name share the group's limits. */
  readonly group?: { readonly name: string; readonly limits: QuotaLimits };
}

/** A key in use: its profile and its counters. */
export class Account {
  readonly kind: KeyKind;
  readonly user: string;
  /** Requests per ISO date (UTC) and per counter name of `api_usage`. */
  readonly usage = new Map<string, Record<string, number>>();

  constructor(
    readonly key: string,
    profile: KeyProfile,
    readonly ledger: QuotaLedger,
    readonly group: { readonly name: string; readonly ledger: QuotaLedger } | undefined,
  ) {
    this.kind = profile.kind;
    this.user = profile.user ?? `user-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
  }

  /**
   * Takes units from the user's and from the group's quota.
   *
   * @throws {@link ApiError} 429 when one of them is used up; nothing is counted then.
   */
  spend(at: Date, units: number, tellRetryAfter: boolean): void {
    const ledgers = [this.ledger, ...(this.group === undefined ? [] : [this.group.ledger])];
    for (const ledger of ledgers) {
      const until = ledger.exhaustedUntil(at);
      if (until === undefined) continue;
      const seconds = Math.ceil((until.getTime() - at.getTime()) / 1000);
      throw quotaExceeded(tellRetryAfter ? seconds : undefined);
    }
    for (const ledger of ledgers) ledger.spend(at, units);
  }

  /** Counts a request for `api_usage`. */
  countUsage(at: Date, counter: string): void {
    const date = at.toISOString().slice(0, 10);
    const counters = this.usage.get(date) ?? {};
    counters[counter] = (counters[counter] ?? 0) + 1;
    this.usage.set(date, counters);
  }
}

/** The keys the simulator knows, with their counters. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #groups = new Map<string, QuotaLedger>();

  /**
   * @param profiles - Profile by key.
   * @param otherKeys - Profile of every other well-formed key, or `refused`.
   * @param defaultLimits - Limits of keys that state none.
   */
  constructor(
    private readonly profiles: Readonly<Record<string, KeyProfile>>,
    private readonly otherKeys: KeyProfile | 'refused',
    private readonly defaultLimits: QuotaLimits,
  ) {}

  /**
   * The account behind the `x-apikey` header.
   *
   * @throws {@link ApiError} 401, as the API words it, when there is none.
   */
  authenticate(headers: IncomingHttpHeaders): Account {
    const key = headers['x-apikey'];
    if (typeof key !== 'string' || key === '')
      throw new ApiError(401, 'AuthenticationRequiredError', 'X-Apikey header is missing');
    const account = this.of(key);
    if (account === undefined) throw new ApiError(401, 'WrongCredentialsError', 'Wrong API key');
    if (account.kind === 'inactive')
      throw new ApiError(401, 'UserNotActiveError', 'The user account is not active');
    return account;
  }

  /** The account of a key, or `undefined` when the key is malformed or unknown. */
  of(key: string): Account | undefined {
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const other = this.otherKeys === 'refused' ? undefined : this.otherKeys;
    const profile = Object.hasOwn(this.profiles, key) ? this.profiles[key] : other;
    if (profile === undefined || !/^[0-9a-f]{64}$/.test(key)) return undefined;
    const ledger = new QuotaLedger(profile.limits ?? this.defaultLimits);
    const account = new Account(key, profile, ledger, this.#groupOf(profile));
    this.#accounts.set(key, account);
    return account;
  }

  /** Forgets every counter. */
  reset(): void {
    this.#accounts.clear();
    this.#groups.clear();
  }

  #groupOf(profile: KeyProfile): Account['group'] {
    if (profile.group === undefined) return undefined;
    const ledger = this.#groups.get(profile.group.name) ?? new QuotaLedger(profile.group.limits);
    this.#groups.set(profile.group.name, ledger);
    return { name: profile.group.name, ledger };
  }
}
