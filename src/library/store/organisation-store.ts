import type { Kysely, Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import type { LibraryDatabase } from './open-database.js';
import type { OrganisationTable, Tables } from './tables.js';
import { unlessTaken } from './unique-violation.js';

export interface OrganisationRecord extends Omit<Readonly<Selectable<OrganisationTable>>, 'autoEnrich'> {
  /** Whether IOCs are looked up when they are imported. */
  readonly autoEnrich: boolean;
}

/** What is absent stays, or has its default: no automatic enrichment, suspicious from 1, malicious from 6, no budget. */
export type OrganisationPatch = Partial<
  Omit<OrganisationRecord, 'id' | 'createdAt'> & { readonly name: string }
>;

const TAKEN = 'Another organisation has this name; choose another one.';

export class OrganisationStore {
  readonly #database: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#clock = clock;
  }

  /** @throws TakenError when another organisation has the name. */
  async create(organisation: OrganisationPatch & { readonly name: string }): Promise<OrganisationRecord> {
    const row = await unlessTaken('name', TAKEN, () =>
      this.#database
        .insertInto('organisations')
        .values({
          id: uuidV7(),
          name: organisation.name,
          autoEnrich: organisation.autoEnrich === true ? 1 : 0,
          suspiciousFrom: organisation.suspiciousFrom ?? 1,
          maliciousFrom: organisation.maliciousFrom ?? 6,
          budgetPerDay: organisation.budgetPerDay ?? null,
          budgetPerMonth: organisation.budgetPerMonth ?? null,
          createdAt: this.#clock.now().toISOString(),
        })
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    return asRecord(row);
  }

  async get(id: string): Promise<OrganisationRecord | undefined> {
    const row = await this.#database
      .selectFrom('organisations')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }

  /** All of them, by name. */
  async list(): Promise<readonly OrganisationRecord[]> {
    const rows = await this.#database.selectFrom('organisations').selectAll().orderBy('name').execute();
    return rows.map(asRecord);
  }

  /**
   * Changes an organisation; `undefined` when there is none.
   *
   * @throws TakenError when another organisation has the name.
   */
  async patch(id: string, patch: OrganisationPatch): Promise<OrganisationRecord | undefined> {
    const { autoEnrich, ...rest } = patch;
    const changes = {
      ...rest,
      ...(autoEnrich === undefined ? {} : { autoEnrich: autoEnrich ? (1 as const) : (0 as const) }),
    };
    // An update that changes nothing is no SQL.
    const row = await unlessTaken('name', TAKEN, () =>
      this.#database
        .updateTable('organisations')
        .set({ id, ...changes })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),
    );
    return row === undefined ? undefined : asRecord(row);
  }
}

function asRecord(row: Selectable<OrganisationTable>): OrganisationRecord {
  return { ...row, autoEnrich: row.autoEnrich === 1 };
}
