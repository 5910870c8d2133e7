import type { Insertable, Kysely, Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import type { LibraryVerdict } from '../verdict/badge.js';
import type { Dialect } from './dialect.js';
import type { IocSelection } from './ioc-filter.js';
import { claimItems, type ClaimedItem } from './job-claim.js';
import { addJobItems, listJobItems, type JobItemRecord } from './job-items.js';
import { countEnds } from './job-progress.js';
import { wakeJobs, type HeldJobs } from './job-wake.js';
import type { LibraryDatabase } from './open-database.js';
import type { Page, PageRequest } from './page.js';
import type { JobItemState, JobState, JobTable, Tables } from './tables.js';

/** Work on many IOCs that outlives the process. */
export interface JobRecord extends Omit<Readonly<Selectable<JobTable>>, 'options'> {
  readonly options: unknown;
}

export interface NewJob {
  /** E.g. `enrich`. */
  readonly kind: string;
  readonly selection: IocSelection;
  /** What whoever works on it must know; anything that JSON can hold. */
  readonly options?: unknown;
  readonly createdBy?: string | null | undefined;
}

/** How an item ended. */
export interface ItemEnd {
  readonly state: 'done' | 'failed' | 'skipped';
  readonly verdict?: LibraryVerdict | null | undefined;
  /** For a person. */
  readonly message?: string | null | undefined;
}

/** How long an item stays with whoever claimed it, unless told otherwise. */
const LEASE_MS = 15 * 60_000;
const MOST_JOBS = 200;

/** Jobs and their items. An item is in work at one place at a time, whoever asks. */
export class JobStore {
  readonly #database: Kysely<Tables>;
  readonly #dialect: Dialect;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#dialect = database.dialect;
    this.#clock = clock;
  }

  /** A running job over the selected IOCs, in the order given or of their creation; finished when there are none. */
  async create(organisationId: string, { kind, selection, options, createdBy }: NewJob): Promise<JobRecord> {
    const id = uuidV7();
    const now = this.#now();
    return this.#database.transaction().execute(async (transaction) => {
      const row: Insertable<JobTable> = {
        id,
        organisationId,
        kind,
        state: 'running',
        options: JSON.stringify(options ?? {}),
        total: 0,
        createdBy: createdBy ?? null,
        createdAt: now,
        startedAt: now,
      };
      await transaction.insertInto('jobs').values(row).execute();
      await addJobItems(transaction, this.#dialect, organisationId, id, selection);
      const { total } = await transaction
        .selectFrom('jobItems')
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .where('jobId', '=', id)
        .executeTakeFirstOrThrow();
      const end = total === 0 ? ({ state: 'finished', finishedAt: now } as const) : {};
      const job = await transaction
        .updateTable('jobs')
        .set({ total, ...end })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return asRecord(job);
    });
  }

  /** The jobs of an organisation, the newest first, 200 at most. */
  async list(organisationId: string): Promise<readonly JobRecord[]> {
    const rows = await this.#database
      .selectFrom('jobs')
      .selectAll()
      .where('organisationId', '=', organisationId)
      .orderBy('id', 'desc')
      .limit(MOST_JOBS)
      .execute();
    return rows.map(asRecord);
  }

  /** One job, or `undefined`. */
  async get(organisationId: string, id: string): Promise<JobRecord | undefined> {
    const row = await this.#database
      .selectFrom('jobs')
      .selectAll()
      .where('organisationId', '=', organisationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }

  /** The items of a job by state and page, in their order. */
  items(
    organisationId: string,
    jobId: string,
    request: PageRequest & { readonly state?: JobItemState | undefined },
  ): Promise<Page<JobItemRecord>> {
    return listJobItems(this.#database, organisationId, jobId, request);
  }

  /** How many items of a job are in each state. */
  async counts(jobId: string): Promise<Readonly<Record<JobItemState, number>>> {
    const rows = await this.#database
      .selectFrom('jobItems')
      .select('state')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('jobId', '=', jobId)
      .groupBy('state')
      .execute();
    const none = { open: 0, in_work: 0, done: 0, failed: 0, skipped: 0 };
    return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) };
  }

  /** All running jobs of all organisations, the oldest first. */
  async running(): Promise<readonly JobRecord[]> {
    const rows = await this.#database
      .selectFrom('jobs')
      .selectAll()
      .where('state', '=', 'running')
      .orderBy('id')
      .execute();
    return rows.map(asRecord);
  }

  /**
   * Takes the next open items of a running job into work. Items whose IOC was deleted are skipped on the way.
   *
   * @param leaseMs - When it may be given to another, in case that this process is gone by then.
   */
  claim(jobId: string, count: number, leaseMs: number = LEASE_MS): Promise<readonly ClaimedItem[]> {
    return claimItems(this.#database, this.#dialect, jobId, count, this.#clock.now(), leaseMs);
  }

  /** Whether the items in work of a job are to be done: not when it was paused or cancelled meanwhile. */
  async isGoingOn(jobId: string): Promise<boolean> {
    const row = await this.#database
      .selectFrom('jobs')
      .select('id')
      .where('id', '=', jobId)
      // The items that a job has in work when it begins to wait go on.
      .where('state', 'in', ['running', 'waiting'])
      .executeTakeFirst();
    return row !== undefined;
  }

  /**
   * Notes how an item in work ended; the last one finishes the job.
   *
   * @returns The job as it is then; unchanged when the item was not in work. `undefined` when there is no such job.
   */
  async finish(jobId: string, position: number, end: ItemEnd): Promise<JobRecord | undefined> {
    const now = this.#now();
    return this.#database.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('jobItems')
        .set({
          state: end.state,
          verdict: end.verdict ?? null,
          message: end.message ?? null,
          leaseUntil: null,
          finishedAt: now,
        })
        .where('jobId', '=', jobId)
        .where('position', '=', position)
        .where('state', '=', 'in_work')
        .executeTakeFirst();
      if (numUpdatedRows > 0n) {
        const failed = end.state === 'failed' ? 1 : 0;
        await countEnds(transaction, jobId, { done: 1 - failed, failed }, now);
      }
      const job = await transaction.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirst();
      return job === undefined ? undefined : asRecord(job);
    });
  }

  /** Puts an item in work back, as nothing was done to it: the quota is spent, the job was paused. */
  async release(jobId: string, position: number): Promise<void> {
    await this.#database
      .updateTable('jobItems')
      .set({ state: 'open', leaseUntil: null })
      .where('jobId', '=', jobId)
      .where('position', '=', position)
      .where('state', '=', 'in_work')
      .execute();
  }

  /**
   * Puts back every item in work, of which a killed process may have left some. Only for the start of a process that
   * has the database for itself; beside others, their leases do it.
   *
   * @returns How many.
   */
  async reopen(): Promise<number> {
    const { numUpdatedRows } = await this.#database
      .updateTable('jobItems')
      .set({ state: 'open', leaseUntil: null })
      .where('state', '=', 'in_work')
      .where('jobId', 'in', (eb) =>
        eb
          .selectFrom('jobs')
          .select('id')
          .where('state', 'in', ['running', 'paused', 'waiting', 'cancelled']),
      )
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  /** A running job waits until a moment, e.g. when the quota is renewed; `undefined` when it is not running. */
  async wait(jobId: string, resumeAt: Date, reason: string): Promise<JobRecord | undefined> {
    const row = await this.#database
      .updateTable('jobs')
      .set({ state: 'waiting', resumeAt: resumeAt.toISOString(), reason })
      .where('id', '=', jobId)
      .where('state', '=', 'running')
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? undefined : asRecord(row);
  }

  /** Jobs that the library holds up run again, by default those whose moment has come; answers them. */
  async wake(held: HeldJobs = { until: this.#now() }): Promise<readonly JobRecord[]> {
    return (await wakeJobs(this.#database, held)).map(asRecord);
  }

  /** Pauses a job that runs or waits. Answers the job as it is then, `undefined` when there is none. */
  pause(organisationId: string, id: string, reason: string | null = null): Promise<JobRecord | undefined> {
    return this.#change(organisationId, id, ['running', 'waiting'], {
      state: 'paused',
      resumeAt: null,
      reason,
    });
  }

  /** A job that is paused or waits runs again. Answers the job as it is then, `undefined` when there is none. */
  resume(organisationId: string, id: string): Promise<JobRecord | undefined> {
    return this.#change(organisationId, id, ['paused', 'waiting'], {
      state: 'running',
      resumeAt: null,
      reason: null,
    });
  }

  /** Cancels a job that is not over. Answers the job as it is then, `undefined` when there is none. */
  cancel(organisationId: string, id: string): Promise<JobRecord | undefined> {
    return this.#change(organisationId, id, ['running', 'paused', 'waiting'], {
      state: 'cancelled',
      resumeAt: null,
      reason: null,
      finishedAt: this.#now(),
    });
  }

  async #change(
    organisationId: string,
    id: string,
    from: readonly JobState[],
    change: Partial<Selectable<JobTable>>,
  ): Promise<JobRecord | undefined> {
    await this.#database
      .updateTable('jobs')
      .set(change)
      .where('organisationId', '=', organisationId)
      .where('id', '=', id)
      .where('state', 'in', from)
      .execute();
    return this.get(organisationId, id);
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }
}

function asRecord(row: Selectable<JobTable>): JobRecord {
  return { ...row, options: JSON.parse(row.options) as unknown };
}
