import type { OrganisationStore } from '../store/organisation-store.js';
import type { UserRecord, UserStore } from '../store/user-store.js';
import type { Principal } from './principal.js';
import type { Scope } from './roles.js';

/** On whose behalf requests are served, as their accounts are now. */
export class Principals {
  readonly #users: UserStore;
  readonly #organisations: OrganisationStore;

  constructor(users: UserStore, organisations: OrganisationStore) {
    this.#users = users;
    this.#organisations = organisations;
  }

  /** `undefined` when there is no such user (any more), or none who may log in. */
  async ofUserId(userId: string, scopes?: readonly Scope[]): Promise<Principal | undefined> {
    const user = await this.#users.get(userId);
    return user === undefined ? undefined : this.ofUser(user, scopes);
  }

  /** `undefined` when the user may not log in. */
  async ofUser(user: UserRecord, scopes?: readonly Scope[]): Promise<Principal | undefined> {
    if (user.disabled || user.passwordHash === null) return undefined;
    const organisation = await this.#organisations.get(user.organisationId);
    if (organisation === undefined) return undefined;
    return {
      userId: user.id,
      email: user.email,
      name: user.name,
      role: user.role,
      organisationId: organisation.id,
      organisationName: organisation.name,
      scopes,
    };
  }
}
