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

export async function readJobs(): Promise<void> {
  const asked = person.value;
  try {
    const { items } = await api.jobs();
    if (person.value !== asked) return;
    jobs.value = items;
    jobsFault.value = null;
  } catch (error) {
    jobsFault.value = faultText(error);
  }
}

/** Leaves no job behind for whoever comes next. */
export function forgetJobs(): void {
  jobs.value = undefined;
  jobsFault.value = null;
}

/** Puts a newer state of a job in its place; a new job comes first. */
export function putJob(job: Job): void {
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
