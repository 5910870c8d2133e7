import type { Job } from '../api.js';

/**
 * The jobs of an answer, with those that were told of while it was on its way in place of its own. One that it does not have
 * comes first: it has just begun.
 */
export function mergeJobs(answered: readonly Job[], told: readonly Job[]): readonly Job[] {
  const newer = new Map(told.map((job) => [job.id, job]));
  const begun = told.filter(({ id }) => !answered.some((one) => one.id === id));
  return [...begun, ...answered.map((job) => newer.get(job.id) ?? job)];
}
