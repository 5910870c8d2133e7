import type { Kysely, Selectable } from 'kysely';
import { inChunks } from './in-chunks.js';
import type { IocTable, Tables } from './tables.js';

/** An IOC as the library keeps it. */
export interface IocRecord extends Omit<Readonly<Selectable<IocTable>>, 'severity'> {
  /** In the order of the alphabet. */
  readonly tags: readonly string[];
}

/** Columns of {@link IocRecord}: all but those that only serve to sort. */
export const IOC_COLUMNS = [
  'iocs.id',
  'iocs.organisationId',
  'iocs.type',
  'iocs.value',
  'iocs.source',
  'iocs.note',
  'iocs.verdict',
  'iocs.malicious',
  'iocs.suspicious',
  'iocs.engines',
  'iocs.threatLabel',
  'iocs.enrichedAt',
  'iocs.createdAt',
  'iocs.updatedAt',
  'iocs.createdBy',
] as const;

/** The rows with their tags, in their order. */
export async function withTags(
  database: Kysely<Tables>,
  rows: readonly Omit<IocRecord, 'tags'>[],
): Promise<IocRecord[]> {
  const tags = new Map<string, string[]>();
  for await (const chunk of inChunks(rows)) {
    const found = await database
      .selectFrom('iocTags')
      .select(['iocId', 'tag'])
      .where(
        'iocId',
        'in',
        chunk.map(({ id }) => id),
      )
      .orderBy('tag')
      .execute();
    for (const { iocId, tag } of found) {
      const known = tags.get(iocId);
      if (known === undefined) tags.set(iocId, [tag]);
      else known.push(tag);
    }
  }
  return rows.map((row) => ({ ...row, tags: tags.get(row.id) ?? [] }));
}
