import type { Clock } from '../../shared/clock.js';
import type { UserRecord } from '../store/user-store.js';
import type { AccountStores } from './account-stores.js';
import { record, type Actor } from './actor.js';
import type { LoginThrottle } from './login-throttle.js';
import type { Passwords } from './passwords.js';
import type { Principal } from './principal.js';
import type { Principals } from './principals.js';

/** What came of an attempt to log in. */
export type LogInAnswer =
  | { readonly principal: Principal }
  /** Who failed too often must wait; the password was not looked at. */
  | { readonly retryAfterSeconds: number }
  /** For whatever reason: answer and time are the same for all of them. */
  | undefined;

export interface LogInDependencies {
  readonly stores: AccountStores;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly principals: Principals;
  readonly clock: Clock;
}

/** Checks by their passwords who people are. */
export class LogIn {
  readonly #dependencies: LogInDependencies;

  constructor(dependencies: LogInDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * @param address - Network address of whoever logs in.
   * @throws ConnectorError (`transient`) when too many log in at once.
   */
  async logIn(email: string, password: string, address: string | null): Promise<LogInAnswer> {
    const { throttle } = this.#dependencies;
    const retryAfterSeconds = throttle.admit(email, address);
    if (retryAfterSeconds > 0) return { retryAfterSeconds };
    let principal: Principal | undefined;
    try {
      principal = await this.#check(email, password, address);
    } catch (error) {
      throttle.undone(email, address);
      throw error;
    }
    if (principal === undefined) return undefined;
    throttle.succeeded(email, address);
    return { principal };
  }

  async logOut(actor: Actor): Promise<void> {
    await record(this.#dependencies.stores.audit, actor, { action: 'session.end' });
  }

  async #check(email: string, password: string, address: string | null): Promise<Principal | undefined> {
    const { stores, passwords, principals, clock } = this.#dependencies;
    const user = await stores.users.findByEmail(email.trim());
    const isRight = await passwords.verify(user?.passwordHash ?? null, password);
    const principal = user !== undefined && isRight ? await principals.ofUser(user) : undefined;
    if (user === undefined || principal === undefined) {
      await this.#recordRefusal(user, address);
      return undefined;
    }
    await stores.users.patch(user.organisationId, user.id, { lastLoginAt: clock.now().toISOString() });
    await record(stores.audit, { principal, address }, { action: 'session.begin' });
    return principal;
  }

  /** An address that nobody has is left out: it may be a password, typed into the wrong field. */
  async #recordRefusal(user: UserRecord | undefined, address: string | null): Promise<void> {
    await this.#dependencies.stores.audit.add({
      organisationId: user?.organisationId ?? null,
      userId: user?.id ?? null,
      actor: user?.email ?? 'unknown',
      action: 'session.refuse',
      details: { reason: reasonOf(user) },
      address,
    });
  }
}

function reasonOf(user: UserRecord | undefined): string {
  if (user === undefined) return 'unknown user';
  if (user.disabled) return 'disabled';
  return user.passwordHash === null ? 'invitation not taken up' : 'wrong password';
}
