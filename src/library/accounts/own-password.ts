import { AccountError } from './account-error.js';
import type { AccountStores } from './account-stores.js';
import { record, type Actor } from './actor.js';
import type { LoginThrottle } from './login-throttle.js';
import type { Passwords } from './passwords.js';
import { hashSecret } from './secrets.js';

/** A session is needed, so that its network address says nothing more. */
const ANYWHERE = null;

export interface OwnPasswordDependencies {
  readonly stores: AccountStores;
  readonly passwords: Passwords;
  /** Of its own: who fails to log in as somebody must not keep them from changing their password. */
  readonly throttle: LoginThrottle;
}

/** Lets people change their own passwords. */
export class OwnPassword {
  readonly #dependencies: OwnPasswordDependencies;

  constructor(dependencies: OwnPasswordDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Changes the password and ends all other sessions of the user.
   *
   * @param sessionId - The session that stays.
   * @returns Seconds to wait when the password was wrong too often, 0 when it is changed.
   * @throws AccountError when the current password is wrong, or the next one not good enough.
   */
  async change(
    actor: Actor,
    { current, next }: { readonly current: string; readonly next: string },
    sessionId: string,
  ): Promise<number> {
    const { stores, passwords, throttle } = this.#dependencies;
    const { email, userId, organisationId } = actor.principal;
    const retryAfterSeconds = throttle.admit(email, ANYWHERE);
    if (retryAfterSeconds > 0) return retryAfterSeconds;
    const user = await stores.users.get(userId);
    let isRight: boolean;
    try {
      isRight = await passwords.verify(user?.passwordHash ?? null, current);
    } catch (error) {
      throttle.undone(email, ANYWHERE);
      throw error;
    }
    if (!isRight) {
      await record(stores.audit, actor, { action: 'password.refuse' });
      throw new AccountError('invalid', 'This is not your password.', 'current');
    }
    throttle.succeeded(email, ANYWHERE);
    const passwordHash = await passwords.hash(next, email, 'next');
    // A link that was offered for a password that was forgotten is void, as perhaps not the user alone has it.
    await stores.users.patch(organisationId, userId, {
      passwordHash,
      inviteHash: null,
      inviteExpiresAt: null,
    });
    await stores.sessions.deleteOfUser(userId, hashSecret(sessionId));
    await record(stores.audit, actor, { action: 'password.change' });
    return 0;
  }
}
