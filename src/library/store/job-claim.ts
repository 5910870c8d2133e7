import type { Kysely, Transaction } from 'kysely';
import type { IocType } from '../ioc/ioc.js';
import type { Dialect } from './dialect.js';
import { countEnds } from './job-progress.js';
import type { Tables } from './tables.js';

/** An item that is in work now. */
export interface ClaimedItem {
  readonly position: number;
  readonly iocId: string;
  readonly type: IocType;
  readonly value: string;
}

/** For the item of an IOC that is not there any more. */
const DELETED = 'The IOC was deleted before its turn came.';

/** See {@link JobStore.claim}. */
export async function claimItems(
  database: Kysely<Tables>,
  dialect: Dialect,
  jobId: string,
  count: number,
  now: Date,
  leaseMs: number,
): Promise<readonly ClaimedItem[]> {
  return database.transaction().execute(async (transaction) => {
    await reopenLeft(transaction, jobId, now.toISOString());
    const claimed: ClaimedItem[] = [];
    for (;;) {
      const positions = await take(transaction, dialect, jobId, count - claimed.length, now, leaseMs);
      if (positions.length === 0) return claimed;
      const found = await transaction
        .selectFrom('jobItems')
        .innerJoin('iocs', 'iocs.id', 'jobItems.iocId')
        .select(['jobItems.position', 'iocs.id as iocId', 'iocs.type', 'iocs.value'])
        .where('jobItems.jobId', '=', jobId)
        .where('jobItems.position', 'in', positions)
        .orderBy('jobItems.position')
        .execute();
      claimed.push(...found);
      if (found.length === positions.length) return claimed;
      const alive = new Set(found.map(({ position }) => position));
      await skip(
        transaction,
        jobId,
        positions.filter((position) => !alive.has(position)),
        now.toISOString(),
      );
    }
  });
}

/** Items whose lease is over were with a process that is gone. */
async function reopenLeft(transaction: Transaction<Tables>, jobId: string, now: string): Promise<void> {
  await transaction
    .updateTable('jobItems')
    .set({ state: 'open', leaseUntil: null })
    .where('jobId', '=', jobId)
    .where('state', '=', 'in_work')
    .where('leaseUntil', '<', now)
    .execute();
}

async function take(
  transaction: Transaction<Tables>,
  dialect: Dialect,
  jobId: string,
  count: number,
  now: Date,
  leaseMs: number,
): Promise<number[]> {
  if (count <= 0) return [];
  const open = await transaction
    .selectFrom('jobItems')
    .select('jobItems.position')
    .where('jobItems.jobId', '=', jobId)
    .where('jobItems.state', '=', 'open')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('jobs')
          .select('jobs.id')
          .where('jobs.id', '=', jobId)
          .where('jobs.state', '=', 'running'),
      ),
    )
    .orderBy('jobItems.position')
    .limit(count)
    // SQLite's transactions follow one another anyway.
    .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute();
  const positions = open.map(({ position }) => position);
  if (positions.length === 0) return [];
  await transaction
    .updateTable('jobItems')
    .set({ state: 'in_work', leaseUntil: new Date(now.getTime() + leaseMs).toISOString() })
    .where('jobId', '=', jobId)
    .where('position', 'in', positions)
    .execute();
  return positions;
}

async function skip(
  transaction: Transaction<Tables>,
  jobId: string,
  positions: readonly number[],
  now: string,
): Promise<void> {
  await transaction
    .updateTable('jobItems')
    .set({ state: 'skipped', message: DELETED, leaseUntil: null, finishedAt: now })
    .where('jobId', '=', jobId)
    .where('position', 'in', positions)
    .execute();
  await countEnds(transaction, jobId, { done: positions.length, failed: 0 }, now);
}
