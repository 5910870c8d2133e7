import type { Kysely } from 'kysely';
import type { LibraryDatabase } from './open-database.js';
import type { Tables } from './tables.js';

/** Settings of the whole library, e.g. the encrypted key of VirusTotal. Secrets are encrypted by whoever calls. */
export class SettingsStore {
  readonly #database: Kysely<Tables>;

  constructor(database: LibraryDatabase) {
    this.#database = database.kysely;
  }

  async get(key: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom('settings')
      .select('value')
      .where('key', '=', key)
      .executeTakeFirst();
    return row?.value;
  }

  async set(key: string, value: string): Promise<void> {
    await this.#database
      .insertInto('settings')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
  }

  /**
   * Sets what nobody has set yet.
   *
   * @returns What is set then: of processes that start at once, all get the same.
   */
  async setOnce(key: string, value: string): Promise<string> {
    await this.#database
      .insertInto('settings')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
    return (await this.get(key)) ?? value;
  }

  async delete(key: string): Promise<void> {
    await this.#database.deleteFrom('settings').where('key', '=', key).execute();
  }
}
