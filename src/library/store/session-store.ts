import type { Kysely, Selectable } from 'kysely';
import type { LibraryDatabase } from './open-database.js';
import type { SessionTable, Tables } from './tables.js';

export type SessionRecord = Readonly<Selectable<SessionTable>>;

/** Sessions as plain rows, under the hash of their id: who reads the database cannot take one over. */
export class SessionStore {
  readonly #database: Kysely<Tables>;

  constructor(database: LibraryDatabase) {
    this.#database = database.kysely;
  }

  /** The session unless it has expired. */
  get(idHash: string, now: Date): Promise<SessionRecord | undefined> {
    return this.#database
      .selectFrom('sessions')
      .selectAll()
      .where('idHash', '=', idHash)
      .where('expiresAt', '>', now.toISOString())
      .executeTakeFirst();
  }

  /** Keeps a session, in place of the one of the same id. */
  async put(session: SessionRecord): Promise<void> {
    const { idHash: _, ...changes } = session;
    await this.#database
      .insertInto('sessions')
      .values(session)
      .onConflict((conflict) => conflict.column('idHash').doUpdateSet(changes))
      .execute();
  }

  /** Changes a session that is there, and brings none back that was ended meanwhile. */
  async replace({ idHash, ...changes }: SessionRecord): Promise<void> {
    await this.#database.updateTable('sessions').set(changes).where('idHash', '=', idHash).execute();
  }

  async delete(idHash: string): Promise<void> {
    await this.#database.deleteFrom('sessions').where('idHash', '=', idHash).execute();
  }

  /** Ends the sessions of a user, all or all but one: after a change of password, or when the user is disabled. */
  async deleteOfUser(userId: string, exceptIdHash = ''): Promise<void> {
    await this.#database
      .deleteFrom('sessions')
      .where('userId', '=', userId)
      .where('idHash', '!=', exceptIdHash)
      .execute();
  }

  /** @returns How many had expired. */
  async deleteExpired(now: Date): Promise<number> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('sessions')
      .where('expiresAt', '<=', now.toISOString())
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
