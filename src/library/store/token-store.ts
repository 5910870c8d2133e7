import type { Kysely, Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import type { LibraryDatabase } from './open-database.js';
import type { ApiTokenTable, Tables } from './tables.js';

export interface TokenRecord extends Omit<Readonly<Selectable<ApiTokenTable>>, 'scopes'> {
  readonly scopes: readonly string[];
}

export type NewToken = Omit<TokenRecord, 'id' | 'createdAt' | 'lastUsedAt'>;

/** API tokens as plain rows, known by their hashes. */
export class TokenStore {
  readonly #database: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#clock = clock;
  }

  async create(token: NewToken): Promise<TokenRecord> {
    const row = await this.#database
      .insertInto('apiTokens')
      .values({
        ...token,
        id: uuidV7(),
        scopes: JSON.stringify(token.scopes),
        createdAt: this.#clock.now().toISOString(),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return asRecord(row);
  }

  /** Also when it has expired. */
  async findByHash(tokenHash: string): Promise<TokenRecord | undefined> {
    const row = await this.#database
      .selectFrom('apiTokens')
      .selectAll()
      .where('tokenHash', '=', tokenHash)
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }

  /** The tokens of a user, the newest first. */
  async list(userId: string): Promise<readonly TokenRecord[]> {
    const rows = await this.#database
      .selectFrom('apiTokens')
      .selectAll()
      .where('userId', '=', userId)
      .orderBy('id', 'desc')
      .execute();
    return rows.map(asRecord);
  }

  /** Notes that a token was used now. */
  async touch(id: string): Promise<void> {
    await this.#database
      .updateTable('apiTokens')
      .set({ lastUsedAt: this.#clock.now().toISOString() })
      .where('id', '=', id)
      .execute();
  }

  /** Answers whether the user had such a token. */
  async delete(userId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('apiTokens')
      .where('userId', '=', userId)
      .where('id', '=', id)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}

function asRecord(row: Selectable<ApiTokenTable>): TokenRecord {
  return { ...row, scopes: JSON.parse(row.scopes) as string[] };
}
