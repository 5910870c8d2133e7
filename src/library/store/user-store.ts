import type { Kysely, Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { LibraryDatabase } from './open-database.js';
import type { Role, Tables, UserTable } from './tables.js';
import { unlessTaken } from './unique-violation.js';

/** With its hashes: never send one to a browser as it is. */
export interface UserRecord extends Omit<Readonly<Selectable<UserTable>>, 'disabled'> {
  readonly disabled: boolean;
}

export interface NewUser {
  readonly organisationId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash?: string | null | undefined;
  readonly inviteHash?: string | null | undefined;
  readonly inviteExpiresAt?: string | null | undefined;
}

/** What is absent stays. */
export type UserPatch = Partial<Omit<UserRecord, 'id' | 'createdAt'>>;

/** What an invitation consists of. */
export interface StoredInvitation {
  readonly name: string;
  readonly role: Role;
  readonly inviteHash: string;
  /** ISO 8601, UTC. */
  readonly inviteExpiresAt: string;
}

/** Nobody could administer the library any more. */
export class LastSuperAdminError extends ConnectorError {
  constructor() {
    super('The last super admin who can log in must stay.', 'invalid');
  }
}

const TAKEN = 'A user with this e-mail address exists already; use another address.';

/** Users as plain rows; passwords and invitations are hashed by whoever calls. */
export class UserStore {
  readonly #database: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#clock = clock;
  }

  /** @throws TakenError when the address is taken, by a user of whatever organisation. */
  async create(user: NewUser): Promise<UserRecord> {
    const row = await unlessTaken('email', TAKEN, () =>
      this.#database
        .insertInto('users')
        .values({
          ...user,
          id: uuidV7(),
          email: user.email.toLowerCase(),
          disabled: 0,
          createdAt: this.#clock.now().toISOString(),
        })
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    return asRecord(row);
  }

  get(id: string): Promise<UserRecord | undefined> {
    return this.#findBy('id', id);
  }

  /** @param email - In any case. */
  findByEmail(email: string): Promise<UserRecord | undefined> {
    return this.#findBy('email', email.toLowerCase());
  }

  /** Also when the invitation has expired. */
  findByInvite(inviteHash: string): Promise<UserRecord | undefined> {
    return this.#findBy('inviteHash', inviteHash);
  }

  /** The users of an organisation, or of all for `null`, by address. */
  async list(organisationId: string | null): Promise<readonly UserRecord[]> {
    let users = this.#database.selectFrom('users');
    if (organisationId !== null) users = users.where('organisationId', '=', organisationId);
    const rows = await users.selectAll().orderBy('email').execute();
    return rows.map(asRecord);
  }

  /** How many users of a role can log in, in all organisations: they have a password and are not disabled. */
  countActive(role: Role): Promise<number> {
    return countActive(this.#database, role);
  }

  /**
   * Gives somebody who has not taken up an invitation a new one in place of the old one.
   *
   * @returns `undefined` when there is no such user.
   */
  async renewInvitation(id: string, invitation: StoredInvitation): Promise<UserRecord | undefined> {
    const row = await this.#database
      .updateTable('users')
      .set(invitation)
      .where('id', '=', id)
      .where('passwordHash', 'is', null)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }

  /**
   * Takes an invitation up, which is void then: of several who try at once, one does.
   *
   * @returns `undefined` when there is no such invitation (any more), or its user is disabled.
   */
  async takeInvitation(
    inviteHash: string,
    at: Date,
    { name, passwordHash }: { readonly name: string; readonly passwordHash: string },
  ): Promise<UserRecord | undefined> {
    const now = at.toISOString();
    const row = await this.#database
      .updateTable('users')
      .set({ name, passwordHash, inviteHash: null, inviteExpiresAt: null, lastLoginAt: now })
      .where('inviteHash', '=', inviteHash)
      .where('inviteExpiresAt', '>', now)
      .where('disabled', '=', 0)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }

  /**
   * Changes a user of an organisation; `undefined` when there is none.
   *
   * @throws TakenError when the address is taken.
   * @throws LastSuperAdminError when no super admin could log in afterwards.
   */
  async patch(organisationId: string, id: string, patch: UserPatch): Promise<UserRecord | undefined> {
    const { disabled, email, ...rest } = patch;
    const changes = {
      ...rest,
      ...(email === undefined ? {} : { email: email.toLowerCase() }),
      ...(disabled === undefined ? {} : { disabled: disabled ? (1 as const) : (0 as const) }),
    };
    const write = (database: Kysely<Tables>): Promise<Selectable<UserTable> | undefined> =>
      database
        .updateTable('users')
        // An update that changes nothing is no SQL.
        .set({ id, ...changes })
        .where('organisationId', '=', organisationId)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
    const concernsRights = patch.role !== undefined || disabled !== undefined;
    const row = await unlessTaken('email', TAKEN, () =>
      concernsRights ? this.#keepingSuperAdmin(write) : write(this.#database),
    );
    return row === undefined ? undefined : asRecord(row);
  }

  /**
   * Deletes a user with their sessions and tokens. Answers whether there was one.
   *
   * @throws LastSuperAdminError as {@link UserStore.patch}.
   */
  async delete(organisationId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#keepingSuperAdmin((database) =>
      database
        .deleteFrom('users')
        .where('organisationId', '=', organisationId)
        .where('id', '=', id)
        .executeTakeFirst(),
    );
    return numDeletedRows > 0n;
  }

  /** Undoes a change that leaves no super admin; of such changes at the same time, each sees the one before. */
  #keepingSuperAdmin<T>(write: (database: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#database.transaction().execute(async (transaction) => {
      // Locks their rows, in the same order for everybody: PostgreSQL has no other way that SQLite knows, too.
      const admins = await transaction
        .selectFrom('users')
        .select('id')
        .where('role', '=', 'super_admin')
        .orderBy('id')
        .execute();
      for (const { id } of admins) {
        await transaction.updateTable('users').set({ id }).where('id', '=', id).execute();
      }
      const before = await countActive(transaction, 'super_admin');
      const written = await write(transaction);
      if (before > 0 && (await countActive(transaction, 'super_admin')) === 0)
        throw new LastSuperAdminError();
      return written;
    });
  }

  async #findBy(column: 'id' | 'email' | 'inviteHash', value: string): Promise<UserRecord | undefined> {
    const row = await this.#database
      .selectFrom('users')
      .selectAll()
      .where(column, '=', value)
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }
}

async function countActive(database: Kysely<Tables>, role: Role): Promise<number> {
  const { count } = await database
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('role', '=', role)
    .where('disabled', '=', 0)
    .where('passwordHash', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

function asRecord(row: Selectable<UserTable>): UserRecord {
  return { ...row, disabled: row.disabled === 1 };
}
