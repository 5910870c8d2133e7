import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExportedIoc } from '../export/exported-ioc.js';
import type { IocSelection } from '../store/ioc-filter.js';
import type { IocRecord } from '../store/ioc-record.js';
import type { IocStore } from '../store/ioc-store.js';
import type { RelationStore } from '../store/relation-store.js';

const PAGE = 500;

/** The selected IOCs with where they lead, page by page; other requests get a turn between two. */
export async function* exportedPages(
  iocs: IocStore,
  relations: RelationStore,
  organisationId: string,
  selection: IocSelection,
): AsyncGenerator<readonly ExportedIoc[], void, undefined> {
  const exported = async (records: readonly IocRecord[]): Promise<readonly ExportedIoc[]> => {
    const targets = await relations.targetsOf(
      organisationId,
      records.map(({ id }) => id),
    );
    return records.map((record) => exportedIoc(record, targets.get(record.id) ?? []));
  };
  let page: IocRecord[] = [];
  for await (const record of iocs.iterate(organisationId, selection)) {
    page.push(record);
    if (page.length < PAGE) continue;
    yield await exported(page);
    page = [];
    await nextTurn();
  }
  if (page.length > 0) yield await exported(page);
}

function exportedIoc(record: IocRecord, relations: ExportedIoc['relations']): ExportedIoc {
  const { type, value, tags, source, note, verdict, malicious, suspicious, engines } = record;
  const { threatLabel, enrichedAt, createdAt, updatedAt } = record;
  return {
    ...{ type, value, tags, source, note, verdict, malicious, suspicious, engines },
    ...{ threatLabel, enrichedAt, createdAt, updatedAt, relations },
  };
}
