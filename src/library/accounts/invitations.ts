import type { Clock } from '../../shared/clock.js';
import type { Role } from '../store/tables.js';
import type { UserRecord } from '../store/user-store.js';
import { AccountError } from './account-error.js';
import { readEmail, readName } from './account-fields.js';
import type { AccountStores } from './account-stores.js';
import { record, type Actor } from './actor.js';
import type { Passwords } from './passwords.js';
import type { Principal } from './principal.js';
import type { Principals } from './principals.js';
import { hasRightsOf } from './roles.js';
import { hashSecret, newSecret } from './secrets.js';

const LIFETIME_MS = 7 * 86_400_000;

/** Whom to invite. */
export interface Invited {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** The actor's own when absent. */
  readonly organisationId?: string | undefined;
}

export interface IssuedInvitation {
  readonly user: UserRecord;
  /** The secret part of the one-time link; only its hash is kept. */
  readonly token: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** What the page shows to whoever follows the link. */
export interface InvitationView {
  readonly email: string;
  readonly name: string;
  /** The name of it. */
  readonly organisation: string;
}

export interface InvitationDependencies {
  readonly stores: AccountStores;
  readonly passwords: Passwords;
  readonly principals: Principals;
  readonly clock: Clock;
}

/** One-time links by which people come to have an account; they end after seven days. */
export class Invitations {
  readonly #dependencies: InvitationDependencies;

  constructor(dependencies: InvitationDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Makes a user who may log in once the invitation is taken up. Who has not taken it up gets a new link, name and role;
   * the link before is void.
   *
   * @param actor - At least an admin.
   * @throws AccountError when the actor may not, or a field is wrong.
   * @throws TakenError when the address belongs to somebody who has taken an invitation up, or to another organisation.
   */
  async invite(actor: Actor, invited: Invited): Promise<IssuedInvitation> {
    const { stores } = this.#dependencies;
    const { principal } = actor;
    const { role, organisationId = principal.organisationId } = invited;
    const email = readEmail(invited.email);
    const name = readName(invited.name);
    if (!hasRightsOf(principal.role, role)) {
      throw new AccountError('forbidden', 'Nobody gives a role above their own.', 'role');
    }
    await this.#checkOrganisation(principal, organisationId);
    const link = this.#newLink();
    const known = await stores.users.findByEmail(email);
    const isPending = known?.organisationId === organisationId && known.passwordHash === null;
    if (isPending) checkRenewal(principal, known);
    const renewed = isPending
      ? await stores.users.renewInvitation(known.id, { name, role, ...link.stored })
      : undefined;
    const user =
      renewed ?? (await stores.users.create({ organisationId, email, name, role, ...link.stored }));
    await record(stores.audit, actor, {
      action: 'user.invite',
      subject: email,
      details: { role, again: renewed !== undefined },
      organisationId,
    });
    return { user, token: link.token, expiresAt: link.stored.inviteExpiresAt };
  }

  /** Gives a user who cannot log in yet a new link, without anybody asking for it: the first admin. */
  async reissue(user: UserRecord): Promise<IssuedInvitation | undefined> {
    const link = this.#newLink();
    const { name, role } = user;
    const renewed = await this.#dependencies.stores.users.renewInvitation(user.id, {
      name,
      role,
      ...link.stored,
    });
    if (renewed === undefined) return undefined;
    return { user: renewed, token: link.token, expiresAt: link.stored.inviteExpiresAt };
  }

  /**
   * A link by which somebody who forgot their password sets another one; theirs stays good until then. Only for whoever
   * runs the library: an admin who had such links could become anybody.
   *
   * @throws AccountError when there is no such user, or the user is locked out.
   */
  async offerPassword(email: string): Promise<IssuedInvitation> {
    const { users, audit } = this.#dependencies.stores;
    const user = await users.findByEmail(readEmail(email));
    if (user === undefined) throw new AccountError('not_found', `There is no user ${email}.`, 'email');
    if (user.disabled) {
      throw new AccountError('conflict', `${email} is locked out; let an admin let them in first.`, 'email');
    }
    const link = this.#newLink();
    await users.patch(user.organisationId, user.id, link.stored);
    await audit.add({
      organisationId: user.organisationId,
      userId: null,
      actor: 'command line',
      action: 'password.offer',
      subject: user.email,
    });
    return { user, token: link.token, expiresAt: link.stored.inviteExpiresAt };
  }

  /** Who is invited; `undefined` when the link was used, was replaced, has expired, or never was one. */
  async read(token: string): Promise<InvitationView | undefined> {
    const user = await this.#pending(token);
    if (user === undefined) return undefined;
    const organisation = await this.#dependencies.stores.organisations.get(user.organisationId);
    if (organisation === undefined) return undefined;
    return { email: user.email, name: user.name, organisation: organisation.name };
  }

  /**
   * Takes an invitation up, once: also of many who try at the same time only one does.
   *
   * @param address - Network address of whoever has the link.
   * @returns `undefined` as for {@link Invitations.read}.
   * @throws AccountError when name or password are not good enough; the link stays good then.
   */
  async accept(
    token: string,
    { name, password }: { readonly name: string; readonly password: string },
    address: string | null,
  ): Promise<Principal | undefined> {
    const { stores, passwords, principals, clock } = this.#dependencies;
    const pending = await this.#pending(token);
    if (pending === undefined) return undefined;
    const ownName = readName(name);
    const passwordHash = await passwords.hash(password, pending.email, 'password');
    const user = await stores.users.takeInvitation(hashSecret(token), clock.now(), {
      name: ownName,
      passwordHash,
    });
    const principal = user === undefined ? undefined : await principals.ofUser(user);
    if (principal === undefined) return undefined;
    // Of somebody who had a password, perhaps not they alone.
    await stores.sessions.deleteOfUser(principal.userId);
    await record(stores.audit, { principal, address }, { action: 'invitation.accept' });
    return principal;
  }

  async #pending(token: string): Promise<UserRecord | undefined> {
    const { stores, clock } = this.#dependencies;
    const user = await stores.users.findByInvite(hashSecret(token));
    if (user?.inviteExpiresAt == null || user.disabled) return undefined;
    return user.inviteExpiresAt > clock.now().toISOString() ? user : undefined;
  }

  async #checkOrganisation(principal: Principal, organisationId: string): Promise<void> {
    if (organisationId === principal.organisationId) return;
    if (principal.role !== 'super_admin') {
      throw new AccountError(
        'forbidden',
        'Only a super admin invites into another organisation.',
        'organisationId',
      );
    }
    if ((await this.#dependencies.stores.organisations.get(organisationId)) === undefined) {
      throw new AccountError('invalid', 'There is no such organisation.', 'organisationId');
    }
  }

  #newLink(): { token: string; stored: { inviteHash: string; inviteExpiresAt: string } } {
    const token = newSecret();
    const expiresAt = new Date(this.#dependencies.clock.now().getTime() + LIFETIME_MS);
    return { token, stored: { inviteHash: hashSecret(token), inviteExpiresAt: expiresAt.toISOString() } };
  }
}

function checkRenewal(principal: Principal, known: UserRecord): void {
  if (!hasRightsOf(principal.role, known.role)) {
    throw new AccountError('forbidden', 'This user has a higher role than you.', 'email');
  }
  if (known.disabled) {
    throw new AccountError('conflict', 'This user is locked out; let them in first.', 'email');
  }
}
