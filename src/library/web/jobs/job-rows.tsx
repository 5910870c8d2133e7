import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { ROW_STATES, type Job, type JobRow, type RowState } from '../api.js';
import { api } from '../client.js';
import { ROW_STATE_NAMES } from '../logic/job-progress.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Select } from '../parts/field.js';
import { Empty, Fault, Loading } from '../parts/states.js';
import { VerdictBadge } from '../parts/verdict-badge.js';
import { useRead } from '../parts/use-read.js';

/** While results pour in, the rows are read at once for the first, and then this often at most. */
const READ_EVERY_MS = 1000;

/** The result of every IOC of a job; follows its progress. */
export function JobRows({ job }: { readonly job: Job }): VNode {
  const [page, setPage] = useState(1);
  const [state, setState] = useState<RowState | 'all'>('all');
  const rows = useRead(`${job.id} ${page} ${state}`, (signal) =>
    api.job(job.id, page, state === 'all' ? undefined : state, signal),
  );
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const progress = `${job.state} ${job.done} ${job.failed}`;
  const latest = useRef(progress);
  latest.current = progress;
  const seen = useRef(progress);
  useEffect(() => {
    const follow = (): void => {
      timer.current = undefined;
      if (seen.current === latest.current) return;
      seen.current = latest.current;
      rows.again();
      timer.current = setTimeout(follow, READ_EVERY_MS);
    };
    if (timer.current === undefined) follow();
  }, [progress]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  if (rows.fault !== null) return <Fault text={rows.fault} onRetry={rows.again} />;
  if (rows.value === undefined) return <Loading what="the rows" />;
  const { items, total, pageSize } = rows.value;
  return (
    <div class="job-rows">
      <div class="job-rows-head">
        <Select
          label="Rows"
          labelHidden
          value={state}
          options={[
            { value: 'all' as const, text: 'All rows' },
            ...ROW_STATES.map((one) => ({ value: one, text: ROW_STATE_NAMES[one] })),
          ]}
          onChange={(next) => {
            setPage(1);
            setState(next);
          }}
        />
        <span class="faint">{number(total)}</span>
      </div>
      {items.length === 0 ? <Empty title="No row is in this state." /> : <Rows items={items} />}
      {total > pageSize && (
        <div class="job-rows-foot">
          <Button
            icon="left"
            disabled={page === 1}
            onClick={() => {
              setPage(page - 1);
            }}
          >
            Previous
          </Button>
          <Button
            icon="right"
            disabled={page * pageSize >= total}
            onClick={() => {
              setPage(page + 1);
            }}
          >
            Next
          </Button>
        </div>
      )}
    </div>
  );
}

function Rows({ items }: { readonly items: readonly JobRow[] }): VNode {
  return (
    <ol class="job-row-list">
      {items.map((one) => (
        <li key={one.position} class={`job-row job-row-${one.state}`}>
          <span class="job-row-state">{ROW_STATE_NAMES[one.state]}</span>
          <span class="job-row-type">{one.type === null ? '' : TYPE_NAMES[one.type]}</span>
          {one.iocId === null ? (
            <span class="faint">deleted since</span>
          ) : (
            <Link class="value" href={`/iocs/${one.iocId}`}>
              {one.value}
            </Link>
          )}
          <span class="job-row-result">
            {one.state === 'done' && <VerdictBadge ioc={one} />}
            {one.message !== null && <span class="job-row-message">{one.message}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
