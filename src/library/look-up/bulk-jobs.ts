import type { Logger } from 'pino';
import type { Sleep } from '../../shared/backoff.js';
import { describeError } from '../../shared/connector-error.js';
import { WithdrawnError } from '../../virustotal/withdrawn-error.js';
import type { IocSelection } from '../store/ioc-filter.js';
import type { ClaimedItem } from '../store/job-claim.js';
import type { JobRecord, JobStore } from '../store/job-store.js';
import type { HeldJobs } from '../store/job-wake.js';
import { JobItemWork, type ItemOutcome } from './job-item-work.js';
import { pauseWithoutKey } from './job-key.js';
import type { JobPace, JobProgress } from './job-progress.js';
import type { LibraryEvents } from './library-events.js';
import type { LookUpEngine } from './look-up-engine.js';
import type { LookUps } from './look-ups.js';

/** A job that looks IOCs up. */
export interface NewBulkJob {
  readonly selection: IocSelection;
  /** Answers from before the job will not do. */
  readonly fresh?: boolean | undefined;
  /** `null`: the library itself. */
  readonly userId: string | null;
}

export interface BulkJobsOptions {
  readonly jobs: JobStore;
  readonly lookUps: LookUps;
  readonly engine: LookUpEngine;
  readonly pace: JobPace;
  readonly events: LibraryEvents;
  /** No other process works on jobs of the same database (SQLite): what a killed one left is put back at once. */
  readonly isAlone: boolean;
  /** Items that are in work at a time, of all jobs. */
  readonly concurrency: number;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

const KIND = 'enrich';
/** How often is looked for jobs whose moment has come, and for those of other processes. */
const LOOK_MS = 5_000;

/**
 * Looks IOCs up in bulk. Organisations take turns, and so do the jobs of one: a long job keeps nobody waiting. All of it is
 * in the database: a process that is killed loses nothing, and pays for nothing twice that is in the cache.
 */
export class BulkJobs {
  readonly #options: BulkJobsOptions;
  readonly #work: JobItemWork;
  readonly #stop = new AbortController();
  readonly #inWork = new Set<Promise<void>>();
  /** Of items in work, by job: ends what only waits. */
  readonly #withdrawals = new Map<string, Set<AbortController>>();
  /** When organisations and jobs had their last turn, counted in turns. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #rest = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: BulkJobsOptions) {
    this.#options = options;
    this.#work = new JobItemWork(options);
  }

  /** Takes up what there is to do. */
  async start(): Promise<void> {
    const { jobs, engine, isAlone, logger } = this.#options;
    // The key may have come by the environment.
    if (!(await engine.isSimulated())) await jobs.wake({ paused: true, waiting: false });
    const left = isAlone ? await jobs.reopen() : 0;
    if (left > 0) logger.info({ items: left }, 'bulk look-ups that were cut short go on');
    this.#running ??= this.#run();
  }

  /** Begins a job over the IOCs of a selection. */
  async create(organisationId: string, { selection, fresh, userId }: NewBulkJob): Promise<JobProgress> {
    const options = { fresh: fresh === true };
    // Notes since when there is no key, before the job: one that was begun earlier had one.
    await this.#options.engine.simulatedSince();
    const job = await this.#options.jobs.create(organisationId, {
      kind: KIND,
      selection,
      options,
      createdBy: userId,
    });
    return this.#changed(job);
  }

  async list(organisationId: string): Promise<readonly JobProgress[]> {
    const { jobs, pace } = this.#options;
    return Promise.all((await jobs.list(organisationId)).map((job) => pace.of(job)));
  }

  async get(organisationId: string, id: string): Promise<JobProgress | undefined> {
    const { jobs, pace } = this.#options;
    const job = await jobs.get(organisationId, id);
    return job && pace.of(job);
  }

  /**
   * Nothing more of it is begun, and VirusTotal is asked for nothing more: items that wait for quota, or for another try,
   * are put back. What VirusTotal is asked for already ends. `undefined`: there is no such job; unchanged when it is over.
   */
  async pause(organisationId: string, id: string): Promise<JobProgress | undefined> {
    this.#options.pace.forget(id);
    const job = await this.#options.jobs.pause(organisationId, id);
    if (job !== undefined) this.#withdraw(id);
    return this.#changed(job);
  }

  /** It goes on, also before its moment has come. */
  async resume(organisationId: string, id: string): Promise<JobProgress | undefined> {
    return this.#changed(await this.#options.jobs.resume(organisationId, id));
  }

  /** As `pause`, for good. */
  async cancel(organisationId: string, id: string): Promise<JobProgress | undefined> {
    this.#options.pace.forget(id);
    const job = await this.#options.jobs.cancel(organisationId, id);
    if (job !== undefined) this.#withdraw(id);
    return this.#changed(job);
  }

  /** The budget of the organisation is another: what waited for it goes on, or waits again. */
  async budgetChanged(organisationId: string): Promise<void> {
    await this.#wake({ organisationId });
  }

  /** The key is another: what waited for quota of the one before, or was paused as that was refused, goes on. */
  async keyChanged(): Promise<void> {
    await this.#wake({ paused: true, waiting: true });
  }

  /**
   * Begins nothing more, and waits for what is on its way. Look-ups that wait for quota end when the engine closes, and
   * their items are put back: close both at the same time.
   */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#nudge();
    await this.#running;
    await Promise.all(this.#inWork);
  }

  async #wake(held: HeldJobs): Promise<void> {
    for (const job of await this.#options.jobs.wake(held)) this.#tell(job);
    this.#nudge();
  }

  #changed(job: JobRecord): Promise<JobProgress>;
  #changed(job: JobRecord | undefined): Promise<JobProgress | undefined>;
  async #changed(job: JobRecord | undefined): Promise<JobProgress | undefined> {
    if (job === undefined) return undefined;
    this.#tell(job);
    this.#nudge();
    return this.#options.pace.of(job);
  }

  #tell({ organisationId, id }: JobRecord): void {
    this.#options.events.jobChanged(organisationId, id, () => this.get(organisationId, id));
  }

  #withdraw(jobId: string): void {
    for (const each of this.#withdrawals.get(jobId) ?? []) each.abort(new WithdrawnError());
  }

  #nudge(): void {
    this.#rest.abort();
  }

  async #run(): Promise<void> {
    const { sleep, logger } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#rest = new AbortController();
      try {
        await this.#begin();
      } catch (error) {
        logger.error({ reason: describeError(error) }, 'bulk look-ups cannot go on; tried again');
        // Items that end meanwhile would have it tried again at once.
        await sleep(LOOK_MS, this.#stop.signal);
      }
      await sleep(LOOK_MS, this.#rest.signal);
    }
  }

  /** Begins as many items as there is room for. */
  async #begin(): Promise<void> {
    const { jobs, concurrency } = this.#options;
    for (const job of await jobs.wake()) this.#tell(job);
    const waiting = new Map(
      (await jobs.running()).filter(({ kind }) => kind === KIND).map((job) => [job.id, job]),
    );
    for (const job of await pauseWithoutKey([...waiting.values()], this.#options)) {
      waiting.delete(job.id);
      this.#tell(job);
    }
    while (this.#inWork.size < concurrency && !this.#stop.signal.aborted) {
      const job = this.#next([...waiting.values()]);
      if (job === undefined) return;
      const [item] = await jobs.claim(job.id, 1);
      if (item === undefined) {
        waiting.delete(job.id);
        // It may just have ended with items whose IOCs were deleted.
        this.#tell(job);
      } else this.#start(job, item);
    }
  }

  /** The job whose organisation, and then that itself, has had no turn for the longest. */
  #next(jobs: readonly JobRecord[]): JobRecord | undefined {
    const turn = (id: string): number => this.#turns.get(id) ?? 0;
    const [next] = [...jobs].sort(
      (one, other) => turn(one.organisationId) - turn(other.organisationId) || turn(one.id) - turn(other.id),
    );
    if (next === undefined) return undefined;
    this.#turn += 1;
    this.#turns.set(next.organisationId, this.#turn);
    this.#turns.set(next.id, this.#turn);
    return next;
  }

  #start(job: JobRecord, item: ClaimedItem): void {
    const work = this.#workOn(job, item).finally(() => {
      this.#inWork.delete(work);
      this.#nudge();
    });
    this.#inWork.add(work);
  }

  async #workOn(job: JobRecord, item: ClaimedItem): Promise<void> {
    const { logger } = this.#options;
    const withdrawal = new AbortController();
    const ofJob = this.#withdrawals.get(job.id) ?? new Set();
    this.#withdrawals.set(job.id, ofJob.add(withdrawal));
    const signals = { stop: this.#stop.signal, withdrawal: withdrawal.signal };
    try {
      await this.#settle(job, item, await this.#work.lookUp(job, item, signals));
    } catch (error) {
      // Once its lease is over it is begun again.
      logger.error(
        { job: job.id, item: item.position, reason: describeError(error) },
        'an item is left for now',
      );
    } finally {
      ofJob.delete(withdrawal);
      if (ofJob.size === 0) this.#withdrawals.delete(job.id);
    }
    this.#tell(job);
  }

  async #settle(job: JobRecord, { position }: ClaimedItem, outcome: ItemOutcome): Promise<void> {
    const { jobs, pace } = this.#options;
    switch (outcome.kind) {
      case 'ended': {
        const after = await jobs.finish(job.id, position, outcome.end);
        if (after?.state === 'finished') {
          pace.forget(job.id);
          this.#turns.delete(job.id);
        } else pace.passed(job.id, outcome.isPaid);
        return;
      }
      case 'later':
        // Before the item is put back: nobody shall begin it at once again.
        await jobs.wait(job.id, outcome.at, outcome.reason);
        break;
      case 'blocked':
        await jobs.pause(job.organisationId, job.id, outcome.reason);
        this.#withdraw(job.id);
        break;
      case 'stopped':
        break;
    }
    pace.forget(job.id);
    await jobs.release(job.id, position);
  }
}
