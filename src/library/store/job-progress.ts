import type { Transaction } from 'kysely';
import type { Tables } from './tables.js';

/** Adds items that have ended to the counts of their job, which is finished when none is left. */
export async function countEnds(
  transaction: Transaction<Tables>,
  jobId: string,
  ended: { readonly done: number; readonly failed: number },
  now: string,
): Promise<void> {
  await transaction
    .updateTable('jobs')
    .set((eb) => ({ done: eb('done', '+', ended.done), failed: eb('failed', '+', ended.failed) }))
    .where('id', '=', jobId)
    .execute();
  await transaction
    .updateTable('jobs')
    .set({ state: 'finished', finishedAt: now, resumeAt: null, reason: null })
    .where('id', '=', jobId)
    .where('state', 'in', ['running', 'paused', 'waiting'])
    .where((eb) => eb(eb('done', '+', eb.ref('failed')), '>=', eb.ref('total')))
    .execute();
}
