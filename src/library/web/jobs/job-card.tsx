import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import type { Job } from '../api.js';
import { actionsOf, isOver, JOB_STATE_NAMES, outlook, percent, settled } from '../logic/job-progress.js';
import { count, dateTime, number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import type { IconName } from '../parts/icon.js';
import { ask } from '../state/dialogs.js';
import { steer } from '../state/jobs.js';
import { allowed } from '../state/session.js';
import { run } from '../state/toasts.js';
import { JobRows } from './job-rows.js';

const ACTIONS: Readonly<
  Record<'pause' | 'resume' | 'cancel', { readonly text: string; readonly icon: IconName }>
> = {
  pause: { text: 'Pause', icon: 'pause' },
  resume: { text: 'Resume', icon: 'play' },
  cancel: { text: 'Cancel', icon: 'close' },
};

/** One job: how far it is, what happens next, and what can be done about it. */
export function JobCard({ job, isOpen }: { readonly job: Job; readonly isOpen: boolean }): VNode {
  const next = outlook(job, new Date());
  const title = `Enrichment of ${count(job.total, 'IOC')}`;
  return (
    <article class={`job job-${job.state}`} aria-label={title}>
      <header class="job-head">
        <h2>
          <Link href={isOpen ? '/jobs' : `/jobs/${job.id}`} aria-expanded={isOpen}>
            {title}
          </Link>
        </h2>
        <span class={`job-state job-state-${job.state}`}>{JOB_STATE_NAMES[job.state]}</span>
        <time class="faint" dateTime={job.createdAt}>
          {dateTime(job.createdAt)}
        </time>
        {allowed('analyst') && (
          <div class="job-actions">
            {actionsOf(job).map((one) => (
              <Button
                key={one}
                icon={ACTIONS[one].icon}
                onClick={() => {
                  act(job, one);
                }}
              >
                {ACTIONS[one].text}
              </Button>
            ))}
          </div>
        )}
      </header>
      <div class="job-progress">
        <progress max={Math.max(1, job.total)} value={settled(job)} aria-label="Progress" />
        <span class="job-percent">{percent(job)} %</span>
      </div>
      <p class="job-counts">
        {number(job.done)} of {number(job.total)} done
        {job.failed > 0 && <strong class="fault-text">, {number(job.failed)} failed</strong>}
        {next !== '' && (
          <span
            class={isOver(job) || job.state === 'running' ? 'job-outlook' : 'job-outlook job-outlook-hold'}
          >
            {next}
          </span>
        )}
      </p>
      {isOpen && <JobRows job={job} />}
    </article>
  );
}

function act(job: Job, action: 'pause' | 'resume' | 'cancel'): void {
  if (action !== 'cancel') {
    run(() => steer(job.id, action));
    return;
  }
  ask({
    title: 'Cancel this enrichment?',
    text: `${count(job.total - settled(job), 'IOC')} will not be looked up. What is done stays.`,
    action: 'Cancel the enrichment',
    onYes: () => steer(job.id, 'cancel'),
  });
}
