import type { Kysely, Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
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

  /** The users of an organisation, by address. */
  async list(organisationId: string): Promise<readonly UserRecord[]> {
    const rows = await this.#database
      .selectFrom('users')
      .selectAll()
      .where('organisationId', '=', organisationId)
      .orderBy('email')
      .execute();
    return rows.map(asRecord);
  }

  /** How many users of a role there are that are not disabled, in all organisations. */
  async countActive(role: Role): Promise<number> {
    const { count } = await this.#database
      .selectFrom('users')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('role', '=', role)
      .where('disabled', '=', 0)
      .executeTakeFirstOrThrow();
    return count;
  }

  /**
   * Changes a user of an organisation; `undefined` when there is none.
   *
   * @throws TakenError when the address is taken.
   */
  async patch(organisationId: string, id: string, patch: UserPatch): Promise<UserRecord | undefined> {
    const { disabled, email, ...rest } = patch;
    const changes = {
      ...rest,
      ...(email === undefined ? {} : { email: email.toLowerCase() }),
      ...(disabled === undefined ? {} : { disabled: disabled ? (1 as const) : (0 as const) }),
    };
    // An update that changes nothing is no SQL.
    const row = await unlessTaken('email', TAKEN, () =>
      this.#database
        .updateTable('users')
        .set({ id, ...changes })
        .where('organisationId', '=', organisationId)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),
    );
    return row === undefined ? undefined : asRecord(row);
  }

  /** Deletes a user with their sessions and tokens. Answers whether there was one. */
  async delete(organisationId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('users')
      .where('organisationId', '=', organisationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return numDeletedRows > 0n;
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

function asRecord(row: Selectable<UserTable>): UserRecord {
  return { ...row, disabled: row.disabled === 1 };
}
