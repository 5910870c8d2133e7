import { sql, type Kysely, type Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import { startsWithText } from './contains-text.js';
import type { LibraryDatabase } from './open-database.js';
import { offsetOf, type Page, type PageRequest } from './page.js';
import type { AuditTable, Tables } from './tables.js';

export interface AuditRecord extends Omit<Readonly<Selectable<AuditTable>>, 'details'> {
  readonly details: unknown;
}

export interface NewAuditEntry {
  /** `null` for what concerns the whole library. */
  readonly organisationId: string | null;
  readonly userId: string | null;
  readonly actor: string;
  /** E.g. `ioc.delete`. */
  readonly action: string;
  readonly subject?: string | null | undefined;
  /** Anything that JSON can hold; never a secret. */
  readonly details?: unknown;
  readonly address?: string | null | undefined;
}

export interface AuditListRequest extends PageRequest {
  /** Or its beginning: `ioc.bulk` stands for all that begins so. */
  readonly action?: string | undefined;
  readonly userId?: string | undefined;
  /** An e-mail address, also of somebody who is deleted, or its beginning. */
  readonly actor?: string | undefined;
}

/** Who changed what, and when. Entries are only ever added. */
export class AuditStore {
  readonly #database: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#clock = clock;
  }

  async add(entry: NewAuditEntry): Promise<void> {
    await this.#database
      .insertInto('auditLog')
      .values({
        ...entry,
        id: uuidV7(),
        at: this.#clock.now().toISOString(),
        details: JSON.stringify(entry.details ?? {}),
      })
      .execute();
  }

  /** Entries of an organisation, or of all and of the library for `null`; the newest first. */
  async list(organisationId: string | null, request: AuditListRequest): Promise<Page<AuditRecord>> {
    const { action, userId, actor } = request;
    let entries = this.#database.selectFrom('auditLog');
    if (organisationId !== null) entries = entries.where('organisationId', '=', organisationId);
    if (action !== undefined) entries = entries.where(startsWithText(sql.ref('action'), action));
    if (userId !== undefined) entries = entries.where('userId', '=', userId);
    if (actor !== undefined) entries = entries.where(startsWithText(sql.ref('actor'), actor));
    const { total } = await entries
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    const rows = await entries
      .selectAll()
      .orderBy('id', 'desc')
      .limit(request.pageSize)
      .offset(offsetOf(request))
      .execute();
    return { items: rows.map((row) => ({ ...row, details: JSON.parse(row.details) as unknown })), total };
  }
}
