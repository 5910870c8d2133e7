import type { Kysely } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { ConnectorError } from '../../shared/connector-error.js';
import { iocKey, MAX_VALUE_LENGTH, type Ioc } from '../ioc/ioc.js';
import type { Dialect } from './dialect.js';
import { inChunks } from './in-chunks.js';
import type { Tables } from './tables.js';
import { hasTag, joinTags, plusTags, splitTags } from './tag-list.js';

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
  items: readonly Ioc[],
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
      for (const row of rows) ids.set(iocKey(row), row.id);
    }
  }
  return items.map((item) => ids.get(iocKey(item)));
}

/**
 * Adds what is new; run it in a transaction. Tags are given to the known ones too, source and note are not: somebody
 * may have written better ones.
 *
 * @throws ConnectorError (`invalid`) when a value is too long.
 */
export async function importIocs(
  transaction: Kysely<Tables>,
  dialect: Dialect,
  organisationId: string,
  items: readonly Ioc[],
  origin: IocOrigin,
  now: string,
): Promise<ImportResult> {
  const distinct = [...new Map(items.map((item) => [iocKey(item), item])).values()];
  const tooLong = distinct.find(({ value }) => value.length > MAX_VALUE_LENGTH);
  if (tooLong !== undefined) {
    throw new ConnectorError(
      `The value ${tooLong.value.slice(0, 60)}… has more than ${MAX_VALUE_LENGTH} characters; leave it out.`,
      'invalid',
    );
  }
  const before = await findIocIds(transaction, organisationId, distinct);
  const tags = joinTags(origin.tags ?? []);
  const rows = distinct
    .filter((_, index) => before[index] === undefined)
    .map(({ type, value }) => ({
      id: uuidV7(),
      organisationId,
      type,
      value,
      tags,
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
  const known = ids.filter((id) => !created.has(id));
  const added = splitTags(tags);
  for await (const chunk of inChunks(added.length === 0 ? [] : known)) {
    await transaction
      .updateTable('iocs')
      .set({ tags: plusTags(dialect, added), updatedAt: now })
      .where('iocs.id', 'in', chunk)
      .where((eb) => eb.or(added.map((tag) => eb.not(hasTag(dialect, tag)))))
      .execute();
  }
  return { ids, created: ids.filter((id) => created.has(id)), known };
}
