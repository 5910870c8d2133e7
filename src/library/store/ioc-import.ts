import type { Kysely } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { inChunks } from './in-chunks.js';
import type { IocType, Tables } from './tables.js';

/** What identifies an IOC within an organisation; the value in its normal form. */
export interface IocIdentity {
  readonly type: IocType;
  readonly value: string;
}

/** What new IOCs are given. */
export interface IocOrigin {
  readonly tags?: readonly string[] | undefined;
  readonly source?: string | null | undefined;
  readonly note?: string | null | undefined;
  readonly createdBy?: string | null | undefined;
}

export interface ImportResult {
  /** Ids of those that were new, in the order given. */
  readonly created: readonly string[];
  /** Ids of those that were there already. */
  readonly known: readonly string[];
  /** Ids of all, in the order given; what was given twice is there once. */
  readonly ids: readonly string[];
}

/** The id of each IOC, or `undefined` for those the organisation does not have. */
export async function findIocIds(
  database: Kysely<Tables>,
  organisationId: string,
  items: readonly IocIdentity[],
): Promise<(string | undefined)[]> {
  const ids = new Map<string, string>();
  for (const type of new Set(items.map((item) => item.type))) {
    for await (const chunk of inChunks(items.filter((item) => item.type === type))) {
      const rows = await database
        .selectFrom('iocs')
        .select(['id', 'type', 'value'])
        .where('organisationId', '=', organisationId)
        .where('type', '=', type)
        .where(
          'value',
          'in',
          chunk.map(({ value }) => value),
        )
        .execute();
      for (const row of rows) ids.set(keyOf(row), row.id);
    }
  }
  return items.map((item) => ids.get(keyOf(item)));
}

/**
 * Adds what is new; run it in a transaction. Tags are given to the known ones too, source and note are not: somebody
 * may have written better ones.
 */
export async function importIocs(
  transaction: Kysely<Tables>,
  organisationId: string,
  items: readonly IocIdentity[],
  origin: IocOrigin,
  now: string,
): Promise<ImportResult> {
  const distinct = [...new Map(items.map((item) => [keyOf(item), item])).values()];
  const before = await findIocIds(transaction, organisationId, distinct);
  const rows = distinct
    .filter((_, index) => before[index] === undefined)
    .map(({ type, value }) => ({
      id: uuidV7(),
      organisationId,
      type,
      value,
      source: origin.source ?? null,
      note: origin.note ?? null,
      createdAt: now,
      updatedAt: now,
      createdBy: origin.createdBy ?? null,
    }));
  const created = new Set<string>();
  for await (const chunk of inChunks(rows)) {
    const inserted = await transaction
      .insertInto('iocs')
      .values(chunk)
      // Another import may have added it since we looked.
      .onConflict((conflict) => conflict.columns(['organisationId', 'type', 'value']).doNothing())
      .returning('id')
      .execute();
    for (const { id } of inserted) created.add(id);
  }
  const after = await findIocIds(transaction, organisationId, distinct);
  const ids = after.filter((id) => id !== undefined);
  await tagIocs(transaction, organisationId, ids, origin.tags ?? []);
  return {
    ids,
    created: ids.filter((id) => created.has(id)),
    known: ids.filter((id) => !created.has(id)),
  };
}

/** Gives tags to IOCs, which must be the organisation's; those they have already are no fault. */
export async function tagIocs(
  transaction: Kysely<Tables>,
  organisationId: string,
  iocIds: readonly string[],
  tags: readonly string[],
): Promise<void> {
  for (const tag of new Set(tags)) {
    for await (const chunk of inChunks(iocIds)) {
      await transaction
        .insertInto('iocTags')
        .values(chunk.map((iocId) => ({ iocId, organisationId, tag })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
}

function keyOf({ type, value }: IocIdentity): string {
  return `${type} ${value}`;
}
