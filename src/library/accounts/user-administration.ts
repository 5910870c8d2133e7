import type { Role } from '../store/tables.js';
import { LastSuperAdminError, type UserRecord } from '../store/user-store.js';
import { AccountError } from './account-error.js';
import type { AccountStores } from './account-stores.js';
import { record, type Actor } from './actor.js';
import type { Principal } from './principal.js';
import { hasRightsOf } from './roles.js';

/** What may be changed of a user; what is absent stays. */
export interface UserChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/** What admins do with the users of their organisation, and super admins with all users. */
export class UserAdministration {
  readonly #stores: AccountStores;

  constructor(stores: AccountStores) {
    this.#stores = stores;
  }

  /** By address; a super admin sees the users of all organisations. */
  list(principal: Principal): Promise<readonly UserRecord[]> {
    return this.#stores.users.list(principal.role === 'super_admin' ? null : principal.organisationId);
  }

  /**
   * Changes the rights of somebody else. Who is locked out is logged out; their tokens do not work meanwhile.
   *
   * @throws AccountError when there is no such user for the actor, or a rule is against it.
   */
  async change(actor: Actor, userId: string, change: UserChange): Promise<UserRecord> {
    const before = await this.#target(actor.principal, userId);
    const { role, disabled } = change;
    if (role !== undefined && !hasRightsOf(actor.principal.role, role)) {
      throw new AccountError('forbidden', 'Nobody gives a role above their own.', 'role');
    }
    const after = await keepingLast(() =>
      this.#stores.users.patch(before.organisationId, userId, {
        ...(role === undefined ? {} : { role }),
        ...(disabled === undefined ? {} : { disabled }),
      }),
    );
    if (after === undefined) throw notFound();
    if (after.disabled) await this.#stores.sessions.deleteOfUser(userId);
    const changes = {
      ...(before.role === after.role ? {} : { role: { from: before.role, to: after.role } }),
      ...(before.disabled === after.disabled ? {} : { disabled: after.disabled }),
    };
    if (Object.keys(changes).length > 0) {
      await record(this.#stores.audit, actor, {
        action: 'user.change',
        subject: before.email,
        details: changes,
        organisationId: before.organisationId,
      });
    }
    return after;
  }

  /**
   * Deletes somebody else, with their sessions and tokens; what they imported stays.
   *
   * @throws AccountError as {@link UserAdministration.change}.
   */
  async delete(actor: Actor, userId: string): Promise<void> {
    const { organisationId, email, role } = await this.#target(actor.principal, userId);
    if (!(await keepingLast(() => this.#stores.users.delete(organisationId, userId)))) throw notFound();
    await record(this.#stores.audit, actor, {
      action: 'user.delete',
      subject: email,
      details: { role },
      organisationId,
    });
  }

  async #target(principal: Principal, userId: string): Promise<UserRecord> {
    const user = await this.#stores.users.get(userId);
    const isSeen = principal.role === 'super_admin' || user?.organisationId === principal.organisationId;
    if (user === undefined || !isSeen) throw notFound();
    if (user.id === principal.userId) {
      throw new AccountError('forbidden', 'Nobody changes their own account here; ask another admin.');
    }
    if (!hasRightsOf(principal.role, user.role)) {
      throw new AccountError('forbidden', 'This user has a higher role than you.');
    }
    return user;
  }
}

function notFound(): AccountError {
  return new AccountError('not_found', 'There is no such user.');
}

async function keepingLast<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof LastSuperAdminError)) throw error;
    throw new AccountError('conflict', 'The last super admin stays; make somebody else one first.');
  }
}
