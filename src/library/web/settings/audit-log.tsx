import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AuditEntry } from '../api.js';
import { api } from '../client.js';
import { dateTime, number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { Empty, Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';

/** Every change: who, when, what. */
export function AuditLog(): VNode {
  const [page, setPage] = useState(1);
  const [action, setAction] = useState('');
  const [who, setWho] = useState('');
  const read = useRead(JSON.stringify([page, action, who]), () => api.audit(page, action, who));
  const narrow = (set: (text: string) => void) => (text: string) => {
    setPage(1);
    set(text.trim());
  };
  return (
    <>
      <div class="audit-tools">
        <Field
          label="Action"
          name="action"
          placeholder="ioc.bulk"
          value={action}
          onInput={narrow(setAction)}
        />
        <Field label="User" name="user" placeholder="name@" value={who} onInput={narrow(setWho)} />
      </div>
      {read.fault !== null && <Fault text={read.fault} onRetry={read.again} />}
      {read.fault === null && read.value === undefined && <Loading what="the audit log" />}
      {read.value?.total === 0 && <Empty title="Nothing is recorded under these filters." />}
      {read.value !== undefined && read.value.total > 0 && (
        <>
          <ol class="audit">
            {read.value.items.map((one) => (
              <Entry key={one.id} entry={one} />
            ))}
          </ol>
          <div class="job-rows-foot">
            <span class="faint">{number(read.value.total)} entries</span>
            <Button
              icon="left"
              disabled={page === 1}
              onClick={() => {
                setPage(page - 1);
              }}
            >
              Newer
            </Button>
            <Button
              icon="right"
              disabled={page * read.value.pageSize >= read.value.total}
              onClick={() => {
                setPage(page + 1);
              }}
            >
              Older
            </Button>
          </div>
        </>
      )}
    </>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }): VNode {
  const more = entry.details === null ? '' : JSON.stringify(entry.details);
  return (
    <li>
      <time dateTime={entry.at}>{dateTime(entry.at)}</time>
      <span class="audit-actor">{entry.actor}</span>
      <code>{entry.action}</code>
      <span class="breakable">
        {entry.subject}
        {more !== '' && more !== '{}' && <small>{more}</small>}
      </span>
      <span class="faint">{entry.address}</span>
    </li>
  );
}
