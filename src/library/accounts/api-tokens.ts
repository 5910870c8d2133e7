import type { Clock } from '../../shared/clock.js';
import type { TokenRecord } from '../store/token-store.js';
import { AccountError } from './account-error.js';
import { readName } from './account-fields.js';
import type { AccountStores } from './account-stores.js';
import { record, type Actor } from './actor.js';
import type { Principal } from './principal.js';
import type { Principals } from './principals.js';
import { SCOPES, type Scope } from './roles.js';
import { hashSecret, newSecret } from './secrets.js';

/** Tells tokens of the library apart from those of others: for people, and for programs that look for leaked ones. */
const PREFIX = 'iocl_';
const TOKEN = /^iocl_[\w-]{43}$/;
/** Nobody uses more, and the list of them is not paged. */
const MOST_OF_USER = 50;
const LIFETIME_DAYS = 365;
/** A date a year ahead may be 366 days away, at its end 367. */
const LONGEST_LIFETIME_DAYS = 367;
const DAY_MS = 86_400_000;
/** How exact the time of the last use is: a write for each request would be dear. */
const TOUCH_INTERVAL_MS = 60_000;

export interface NewApiToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** ISO 8601, at most a year ahead; a year ahead when absent. */
  readonly expiresAt?: string | undefined;
}

export interface CreatedApiToken {
  /** Shown once; only its hash is kept. */
  readonly token: string;
  readonly record: TokenRecord;
}

export interface ApiTokenDependencies {
  readonly stores: AccountStores;
  readonly principals: Principals;
  readonly clock: Clock;
}

/** Tokens by which programs act for their users. */
export class ApiTokens {
  readonly #dependencies: ApiTokenDependencies;

  constructor(dependencies: ApiTokenDependencies) {
    this.#dependencies = dependencies;
  }

  /** @throws AccountError when a field is wrong, when there are too many, or when the actor is a token itself. */
  async create(actor: Actor, wanted: NewApiToken): Promise<CreatedApiToken> {
    const { stores } = this.#dependencies;
    const { userId, organisationId, scopes: ownScopes } = actor.principal;
    if (ownScopes !== undefined) {
      throw new AccountError('forbidden', 'A token cannot make tokens; log in to make one.');
    }
    const name = readName(wanted.name);
    const scopes = SCOPES.filter((scope) => wanted.scopes.includes(scope));
    if (scopes.length === 0) {
      throw new AccountError('invalid', `Choose at least one of the scopes ${SCOPES.join(', ')}.`, 'scopes');
    }
    const expiresAt = this.#expiry(wanted.expiresAt);
    if ((await stores.tokens.list(userId)).length >= MOST_OF_USER) {
      throw new AccountError('conflict', `You have ${MOST_OF_USER} tokens; revoke one that is not used.`);
    }
    const token = `${PREFIX}${newSecret()}`;
    const made = await stores.tokens.create({
      userId,
      organisationId,
      name,
      scopes,
      expiresAt,
      tokenHash: hashSecret(token),
    });
    await record(stores.audit, actor, {
      action: 'token.create',
      subject: name,
      details: { scopes, expiresAt },
    });
    return { token, record: made };
  }

  /**
   * On whose behalf a request with this token is served: with the rights its user has now, within its scopes.
   *
   * @returns `undefined` when there is no such token, it has expired, or its user may not log in.
   */
  async authenticate(token: string): Promise<Principal | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const { stores, principals, clock } = this.#dependencies;
    const found = await stores.tokens.findByHash(hashSecret(token));
    const now = clock.now();
    if (found === undefined || (found.expiresAt !== null && found.expiresAt <= now.toISOString())) {
      return undefined;
    }
    const scopes = SCOPES.filter((scope) => found.scopes.includes(scope));
    const principal = await principals.ofUserId(found.userId, scopes);
    if (principal === undefined) return undefined;
    const usedAtMs = found.lastUsedAt === null ? 0 : Date.parse(found.lastUsedAt);
    if (now.getTime() - usedAtMs >= TOUCH_INTERVAL_MS) await stores.tokens.touch(found.id);
    return principal;
  }

  /** One's own, the newest first. */
  list(principal: Principal): Promise<readonly TokenRecord[]> {
    return this.#dependencies.stores.tokens.list(principal.userId);
  }

  /** @throws AccountError when the actor has no such token. */
  async delete(actor: Actor, id: string): Promise<void> {
    const { stores } = this.#dependencies;
    const { userId } = actor.principal;
    const token = (await stores.tokens.list(userId)).find((one) => one.id === id);
    if (token === undefined || !(await stores.tokens.delete(userId, id))) {
      throw new AccountError('not_found', 'You have no such token.');
    }
    await record(stores.audit, actor, { action: 'token.delete', subject: token.name });
  }

  #expiry(wanted: string | undefined): string {
    const nowMs = this.#dependencies.clock.now().getTime();
    const latestMs = nowMs + LONGEST_LIFETIME_DAYS * DAY_MS;
    const atMs = wanted === undefined ? nowMs + LIFETIME_DAYS * DAY_MS : Date.parse(wanted);
    // Not a number is neither.
    if (!(atMs > nowMs && atMs <= latestMs)) {
      throw new AccountError(
        'invalid',
        'A token ends in the future, within a year; leave the time out for a year.',
        'expiresAt',
      );
    }
    return new Date(atMs).toISOString();
  }
}
