import type { Selectable } from 'kysely';
import type { IocTable } from './tables.js';
import { splitTags } from './tag-list.js';

type IocRow = Omit<Readonly<Selectable<IocTable>>, 'severity'>;

/** An IOC as the library keeps it. */
export interface IocRecord extends Omit<IocRow, 'tags'> {
  /** Sorted. */
  readonly tags: readonly string[];
}

/** Columns of {@link IocRecord}: all but those that only serve to sort. */
export const IOC_COLUMNS = [
  'iocs.id',
  'iocs.organisationId',
  'iocs.type',
  'iocs.value',
  'iocs.tags',
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

/** What {@link IOC_COLUMNS} select, as a record. */
export function asIocRecord(row: IocRow): IocRecord {
  return { ...row, tags: splitTags(row.tags) };
}
