import type { Job, JobState, RowState } from '../api.js';
import { comeBack, duration } from './words.js';

export const JOB_STATE_NAMES: Readonly<Record<JobState, string>> = {
  running: 'Running',
  paused: 'Paused',
  waiting: 'Waiting',
  cancelled: 'Cancelled',
  finished: 'Finished',
};

export const ROW_STATE_NAMES: Readonly<Record<RowState, string>> = {
  open: 'Open',
  in_work: 'In work',
  done: 'Done',
  failed: 'Failed',
  skipped: 'Skipped',
};

export function isOver(job: Pick<Job, 'state'>): boolean {
  return job.state === 'cancelled' || job.state === 'finished';
}

/** IOCs that are dealt with, the failed among them. */
export function settled(job: Pick<Job, 'done' | 'failed' | 'total'>): number {
  return Math.min(job.total, job.done + job.failed);
}

/** Whole percent; 100 only when nothing is left. */
export function percent(job: Pick<Job, 'done' | 'failed' | 'total'>): number {
  return job.total === 0 ? 100 : Math.floor((settled(job) / job.total) * 100);
}

/** What happens next, in one sentence; empty when nothing does. */
export function outlook(job: Job, now: Date): string {
  if (job.state === 'waiting') {
    const why = job.reason ?? 'The quota of VirusTotal or the budget is spent.';
    if (job.resumeAt === null) return why;
    return `${why} It goes on by itself ${comeBack(new Date(job.resumeAt), now)}.`;
  }
  if (job.state === 'paused') return job.reason ?? 'Paused; nothing is looked up until you resume it.';
  if (job.state === 'running' && job.etaSeconds !== null) return `About ${duration(job.etaSeconds)} left`;
  return job.reason ?? '';
}

/** Which buttons make sense. */
export function actionsOf(job: Pick<Job, 'state'>): readonly ('pause' | 'resume' | 'cancel')[] {
  switch (job.state) {
    case 'running':
    case 'waiting':
      return ['pause', 'cancel'];
    case 'paused':
      return ['resume', 'cancel'];
    case 'cancelled':
    case 'finished':
      return [];
  }
}
