import type { VNode } from 'preact';
import type { HistoryEntry } from '../api.js';
import { dateTime } from '../logic/words.js';
import { VerdictBadge } from '../parts/verdict-badge.js';
import { Section } from './section.js';

/** Every enrichment with what changed, the newest first. */
export function HistorySection({ history }: { readonly history: readonly HistoryEntry[] }): VNode {
  return (
    <Section title="History" count={history.length}>
      <ol class="history">
        {history.map((one) => (
          <li key={one.id}>
            <p class="history-head">
              <time dateTime={one.fetchedAt}>{dateTime(one.fetchedAt)}</time>
              <VerdictBadge ioc={one} />
            </p>
            <Changes entry={one} isFirst={one === history.at(-1)} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Changes({ entry, isFirst }: { readonly entry: HistoryEntry; readonly isFirst: boolean }): VNode {
  if (entry.changes.length === 0) {
    return <p class="faint">{isFirst ? 'First enrichment' : 'Nothing changed'}</p>;
  }
  return (
    <ul class="changes">
      {entry.changes.map((one) => (
        <li key={one.text}>{one.text}</li>
      ))}
    </ul>
  );
}
