import { computed, signal } from '@preact/signals';
import type { Choice, Job } from '../api.js';
import { api } from '../client.js';
import { mergeJobs } from '../logic/job-list.js';
import { isOver } from '../logic/job-progress.js';
import { person } from './session.js';
import { faultText } from './toasts.js';

/** The newest first; `undefined` before the first read. */
export const jobs = signal<readonly Job[] | undefined>(undefined);
export const jobsFault = signal<string | null>(null);

export const openJobs = computed(() => jobs.value?.filter((one) => !isOver(one)) ?? []);

/** Counts reads, and what was put in place; for each job, when that was last. */
let moment = 0;
const putAt = new Map<string, number>();
/** When the read whose answer is shown began. */
let shownSince = 0;

export async function readJobs(): Promise<void> {
  const asked = person.value;
  moment += 1;
  const begun = moment;
  const isOutdated = (): boolean => person.value !== asked || shownSince > begun;
  try {
    const { items } = await api.jobs();
    if (isOutdated()) return;
    // Events and other answers outran this one, as a rule; else the next event says what is right.
    const told = (jobs.value ?? []).filter(({ id }) => (putAt.get(id) ?? 0) > begun);
    jobs.value = mergeJobs(items, told);
    jobsFault.value = null;
    shownSince = begun;
  } catch (error) {
    if (!isOutdated()) jobsFault.value = faultText(error);
  }
}

/** Leaves no job behind for whoever comes next. */
export function forgetJobs(): void {
  jobs.value = undefined;
  jobsFault.value = null;
  putAt.clear();
}

/** Puts a newer state of a job in its place; a new job comes first. */
export function putJob(job: Job): void {
  moment += 1;
  putAt.set(job.id, moment);
  const now = jobs.value ?? [];
  jobs.value = now.some((one) => one.id === job.id)
    ? now.map((one) => (one.id === job.id ? job : one))
    : [job, ...now];
}

/** @throws ApiError when the server refuses. */
export async function startBulk(choice: Choice, fresh: boolean): Promise<Job> {
  const { job } = await api.bulkEnrich(choice, fresh);
  putJob(job);
  return job;
}

/** @throws ApiError when the server refuses. */
export async function steer(id: string, action: 'pause' | 'resume' | 'cancel'): Promise<void> {
  putJob((await api.steerJob(id, action)).job);
}
