import { sql, type Kysely, type Transaction } from 'kysely';
import type { IocType } from '../ioc/ioc.js';
import type { LibraryVerdict } from '../verdict/badge.js';
import type { Dialect } from './dialect.js';
import { inChunks } from './in-chunks.js';
import { iocCondition, type IocSelection } from './ioc-filter.js';
import { offsetOf, type Page, type PageRequest } from './page.js';
import type { JobItemState, Tables } from './tables.js';

/** One item of a job, for a person. */
export interface JobItemRecord {
  readonly position: number;
  readonly state: JobItemState;
  readonly verdict: LibraryVerdict | null;
  readonly message: string | null;
  readonly finishedAt: string | null;
  /** Of the IOC as it is now. */
  readonly malicious: number | null;
  readonly engines: number | null;
  /** These three are `null` when the IOC was deleted since. */
  readonly iocId: string | null;
  readonly type: IocType | null;
  readonly value: string | null;
}

/** The items of a job of an organisation, in their order; empty when there is no such job. */
export async function listJobItems(
  database: Kysely<Tables>,
  organisationId: string,
  jobId: string,
  request: PageRequest & { readonly state?: JobItemState | undefined },
): Promise<Page<JobItemRecord>> {
  const { state } = request;
  const items = database
    .selectFrom('jobItems')
    .innerJoin('jobs', 'jobs.id', 'jobItems.jobId')
    .where('jobs.organisationId', '=', organisationId)
    .where('jobItems.jobId', '=', jobId)
    .$if(state !== undefined, (query) => query.where('jobItems.state', '=', state ?? 'open'));
  const { total } = await items
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await items
    .leftJoin('iocs', 'iocs.id', 'jobItems.iocId')
    .select([
      'jobItems.position',
      'jobItems.state',
      'jobItems.verdict',
      'jobItems.message',
      'jobItems.finishedAt',
      'jobItems.iocId',
      'iocs.type',
      'iocs.value',
      'iocs.malicious',
      'iocs.engines',
    ])
    .orderBy('jobItems.position')
    .limit(request.pageSize)
    .offset(offsetOf(request))
    .execute();
  return { items: rows, total };
}

/** Makes an open item for each selected IOC of the organisation, in the order given or of their creation. */
export async function addJobItems(
  transaction: Transaction<Tables>,
  dialect: Dialect,
  organisationId: string,
  jobId: string,
  selection: IocSelection,
): Promise<void> {
  if ('filter' in selection) {
    await transaction
      .insertInto('jobItems')
      .columns(['jobId', 'position', 'iocId', 'state'])
      .expression((eb) =>
        eb
          .selectFrom('iocs')
          .select([
            eb.val(jobId).as('jobId'),
            sql<number>`row_number() over (order by iocs.created_at, iocs.id) - 1`.as('position'),
            'iocs.id',
            eb.val<JobItemState>('open').as('state'),
          ])
          .where(iocCondition(dialect, organisationId, selection.filter)),
      )
      .execute();
    return;
  }
  let position = 0;
  for await (const chunk of inChunks([...new Set(selection.ids)])) {
    const rows = await transaction
      .selectFrom('iocs')
      .select('id')
      .where('organisationId', '=', organisationId)
      .where('id', 'in', chunk)
      .execute();
    const own = new Set(rows.map(({ id }) => id));
    const items = chunk
      .filter((iocId) => own.has(iocId))
      .map((iocId) => ({ jobId, position: position++, iocId, state: 'open' as const }));
    if (items.length > 0) await transaction.insertInto('jobItems').values(items).execute();
  }
}
