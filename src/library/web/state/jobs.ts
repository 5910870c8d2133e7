import { computed, signal } from '@preact/signals';
import type { Choice, Job } from '../api.js';
import { api } from '../client.js';
import { isOver } from '../logic/job-progress.js';
import { person } from './session.js';
import { faultText } from './toasts.js';

/** The newest first; `undefined` before the first read. */
export const jobs = signal<readonly Job[] | undefined>(undefined);
export const jobsFault = signal<string | null>(null);

export const openJobs = computed(() => jobs.value?.filter((one) => !isOver(one)) ?? []);

/** Counts what was put in place, and keeps for each job when that was last. */
let moment = 0;
const putAt = new Map<string, number>();

export async function readJobs(): Promise<void> {
  const asked = person.value;
  const begun = moment;
  try {
    const { items } = await api.jobs();
    if (person.value !== asked) return;
    // What events and answers told since then is newer than this answer.
    const newer = (jobs.value ?? []).filter(({ id }) => (putAt.get(id) ?? 0) > begun);
    const kept = new Map(newer.map((job) => [job.id, job]));
    const unlisted = newer.filter(({ id }) => !items.some((one) => one.id === id));
    jobs.value = [...unlisted, ...items.map((job) => kept.get(job.id) ?? job)];
    jobsFault.value = null;
  } catch (error) {
    jobsFault.value = faultText(error);
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
