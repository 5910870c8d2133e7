import type { Kysely, Selectable } from 'kysely';
import type { JobTable, Tables } from './tables.js';

/** Jobs that the library holds up; those that a person has paused have no reason. */
export type HeldJobs =
  /** Waiting ones whose moment has come. */
  | { readonly until: string }
  /** Waiting ones of an organisation. */
  | { readonly organisationId: string }
  /** Paused ones of all organisations, as nothing went on without a key; `waiting`: those that wait as well. */
  | { readonly paused: true; readonly waiting: boolean };

/** Lets jobs run again. */
export function wakeJobs(database: Kysely<Tables>, held: HeldJobs): Promise<Selectable<JobTable>[]> {
  return database
    .updateTable('jobs')
    .set({ state: 'running', resumeAt: null, reason: null })
    .where((eb) => {
      if ('until' in held) return eb('state', '=', 'waiting').and('resumeAt', '<=', held.until);
      if ('organisationId' in held)
        return eb('state', '=', 'waiting').and('organisationId', '=', held.organisationId);
      const paused = eb('state', '=', 'paused').and('reason', 'is not', null);
      return held.waiting ? eb.or([paused, eb('state', '=', 'waiting')]) : paused;
    })
    .returningAll()
    .execute();
}
