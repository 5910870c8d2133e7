import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { api } from '../client.js';
import { Empty, Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
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
  const unlistedId = jobs.value.some((one) => one.id === openId) ? null : openId;
  if (jobs.value.length === 0 && unlistedId === null) {
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
      {unlistedId !== null && (
        <li>
          <UnlistedJob id={unlistedId} />
        </li>
      )}
      {jobs.value.map((one) => (
        <li key={one.id}>
          <JobCard job={one} isOpen={one.id === openId} />
        </li>
      ))}
    </ul>
  );
}

/** A job that the address names, and that is older than those of the list, or is none. */
function UnlistedJob({ id }: { readonly id: string }): VNode {
  const read = useRead(id, (signal) => api.job(id, 1, undefined, signal));
  if (read.fault !== null) return <Fault text={read.fault} onRetry={read.again} />;
  if (read.value === undefined) return <Loading what="the job" />;
  return <JobCard job={read.value.job} isOpen />;
}
