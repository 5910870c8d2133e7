import type { VNode } from 'preact';
import { changed, isFiltered, parseQuery, toggled, type ListQuery } from '../logic/query.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { Icon } from '../parts/icon.js';
import { query } from '../state/iocs.js';

interface Chip {
  readonly text: string;
  readonly without: ListQuery;
}

function chipsOf(now: ListQuery): readonly Chip[] {
  return [
    ...(now.search === undefined
      ? []
      : [{ text: `“${now.search}”`, without: changed(now, { search: undefined }) }]),
    ...(now.verdict ?? []).map((one) => ({
      text: `verdict ${one}`,
      without: changed(now, { verdict: toggled(now.verdict, one) }),
    })),
    ...(now.enriched === undefined
      ? []
      : [
          {
            text: now.enriched ? 'enriched' : 'not enriched',
            without: changed(now, { enriched: undefined }),
          },
        ]),
    ...(now.type ?? []).map((one) => ({
      text: TYPE_NAMES[one],
      without: changed(now, { type: toggled(now.type, one) }),
    })),
    ...(now.tag ?? []).map((one) => ({
      text: `tag ${one}`,
      without: changed(now, { tag: toggled(now.tag, one) }),
    })),
    ...(now.source === undefined
      ? []
      : [{ text: `source ${now.source}`, without: changed(now, { source: undefined }) }]),
  ];
}

/** What narrows the list, each with a way out. */
export function ActiveFilters({ change }: { readonly change: (next: ListQuery) => void }): VNode | null {
  if (!isFiltered(query.value)) return null;
  return (
    <div class="chips" role="group" aria-label="Active filters">
      {chipsOf(query.value).map((one) => (
        <button
          key={one.text}
          type="button"
          class="chip"
          aria-label={`Remove the filter ${one.text}`}
          onClick={() => {
            change(one.without);
          }}
        >
          {one.text}
          <Icon name="close" />
        </button>
      ))}
      <button
        type="button"
        class="link-button"
        onClick={() => {
          change(parseQuery(new URLSearchParams()));
        }}
      >
        Clear all
      </button>
    </div>
  );
}
