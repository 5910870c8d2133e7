import type { OrganisationRecord, OrganisationStore } from '../store/organisation-store.js';
import { TakenError } from '../store/unique-violation.js';
import type { UserRecord } from '../store/user-store.js';
import { readEmail } from './account-fields.js';
import type { AccountStores } from './account-stores.js';
import type { Invitations, IssuedInvitation } from './invitations.js';

const ORGANISATION = 'My organisation';
const EMAIL = 'admin@localhost';
const NAME = 'Administrator';

/**
 * Makes sure that somebody can administer the library: while nobody can log in as super admin, each start makes a new
 * link for the first one, so that a lost link is no lost library.
 *
 * @param email - Of the first super admin; `admin@localhost` when absent.
 * @returns `undefined` when there is a super admin.
 * @throws AccountError when the address is none.
 */
export async function inviteFirstAdmin(
  stores: AccountStores,
  invitations: Invitations,
  email: string = EMAIL,
): Promise<IssuedInvitation | undefined> {
  if ((await stores.users.countActive('super_admin')) > 0) return undefined;
  const address = readEmail(email);
  const admin = await firstAdmin(stores, address);
  const invitation = await invitations.reissue(admin);
  if (invitation === undefined) return undefined;
  await stores.audit.add({
    organisationId: admin.organisationId,
    userId: null,
    actor: 'start of the library',
    action: 'user.invite',
    subject: admin.email,
    details: { role: admin.role },
  });
  return invitation;
}

/** The one that an earlier start made, with the address that is wanted now. */
async function firstAdmin({ users, organisations }: AccountStores, email: string): Promise<UserRecord> {
  const pending = (await users.list(null)).filter(
    (user) => user.role === 'super_admin' && user.passwordHash === null && !user.disabled,
  );
  const same = pending.find((user) => user.email === email);
  if (same !== undefined) return same;
  const [other] = pending;
  if (other !== undefined) {
    const renamed = await users.patch(other.organisationId, other.id, { email });
    if (renamed !== undefined) return renamed;
  }
  const organisation = await firstOrganisation(organisations);
  try {
    return await users.create({ organisationId: organisation.id, email, name: NAME, role: 'super_admin' });
  } catch (error) {
    // Another process starts at the same time.
    const theirs = error instanceof TakenError ? await users.findByEmail(email) : undefined;
    if (theirs?.role !== 'super_admin') throw error;
    return theirs;
  }
}

/** The oldest, so that a later name of it does not matter. */
async function firstOrganisation(organisations: OrganisationStore): Promise<OrganisationRecord> {
  const oldest = async (): Promise<OrganisationRecord | undefined> =>
    (await organisations.list()).reduce<OrganisationRecord | undefined>(
      (first, one) => (first === undefined || one.id < first.id ? one : first),
      undefined,
    );
  const known = await oldest();
  if (known !== undefined) return known;
  try {
    return await organisations.create({ name: ORGANISATION });
  } catch (error) {
    const theirs = error instanceof TakenError ? await oldest() : undefined;
    if (theirs === undefined) throw error;
    return theirs;
  }
}
