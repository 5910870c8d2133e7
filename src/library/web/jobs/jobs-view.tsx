import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { Empty, Fault, Loading } from '../parts/states.js';
import { jobs, jobsFault, readJobs } from '../state/jobs.js';
import { JobCard } from './job-card.js';

/** Bulk enrichments, the newest first; one of them may show its rows. */
export function JobsView({ openId }: { readonly openId: string | null }): VNode {
  useEffect(() => {
    void readJobs();
  }, []);
  return (
    <section class="jobs" aria-labelledby="jobs-title">
      <h1 id="jobs-title">Bulk enrichment</h1>
      <Content openId={openId} />
    </section>
  );
}

function Content({ openId }: { readonly openId: string | null }): VNode {
  if (jobs.value === undefined) {
    return jobsFault.value === null ? (
      <Loading what="the jobs" />
    ) : (
      <Fault text={jobsFault.value} onRetry={() => void readJobs()} />
    );
  }
  if (jobs.value.length === 0) {
    return (
      <Empty title="No bulk enrichment yet.">
        <p>
          Select IOCs in the <Link href="/">library</Link>, then “Enrich”: they are looked up one after the
          other, as fast as the quota allows.
        </p>
      </Empty>
    );
  }
  return (
    <ul class="job-list">
      {jobs.value.map((one) => (
        <li key={one.id}>
          <JobCard job={one} isOpen={one.id === openId} />
        </li>
      ))}
    </ul>
  );
}
