import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Sort } from '../api.js';
import { changed, filterOf, toParams, type ListQuery } from '../logic/query.js';
import { Button } from '../parts/button.js';
import { Select } from '../parts/field.js';
import { Icon } from '../parts/icon.js';
import { Menu } from '../parts/menu.js';
import { dialog } from '../state/dialogs.js';
import { query } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { exportItems } from './export-items.js';
import { isFacetPanelOpen } from './facet-panel.js';

const TYPING_PAUSE_MS = 200;

/** Every order that the heads of the columns can give, for where they are out of sight. */
const ORDERS: readonly { readonly value: `${Sort} ${'asc' | 'desc'}`; readonly text: string }[] = [
  { value: 'createdAt desc', text: 'Newest first' },
  { value: 'createdAt asc', text: 'Oldest first' },
  { value: 'malicious desc', text: 'Most detections' },
  { value: 'malicious asc', text: 'Fewest detections' },
  { value: 'enrichedAt desc', text: 'Enriched last' },
  { value: 'enrichedAt asc', text: 'Enriched first' },
  { value: 'verdict desc', text: 'Verdict, the worst first' },
  { value: 'verdict asc', text: 'Verdict, the best first' },
  { value: 'type asc', text: 'Type, A to Z' },
  { value: 'type desc', text: 'Type, Z to A' },
  { value: 'value asc', text: 'Value, A to Z' },
  { value: 'value desc', text: 'Value, Z to A' },
];

export function Toolbar({ change }: { readonly change: (next: ListQuery) => void }): VNode {
  const now = query.value;
  return (
    <div class="toolbar">
      <SearchBox change={change} />
      <button
        type="button"
        class="button button-plain facets-toggle"
        aria-expanded={isFacetPanelOpen.value}
        aria-controls="facets"
        onClick={() => {
          isFacetPanelOpen.value = !isFacetPanelOpen.value;
        }}
      >
        <Icon name="filter" />
        Filters
      </button>
      <div class="toolbar-sort">
        <Select
          label="Order"
          labelHidden
          value={`${now.sort} ${now.order}` as const}
          options={ORDERS}
          onChange={(value) => {
            const one = value.split(' ') as [Sort, 'asc' | 'desc'];
            change(changed(now, { sort: one[0], order: one[1] }));
          }}
        />
      </div>
      <Menu
        label="Export all that match"
        class="button button-plain"
        button={
          <>
            <Icon name="download" />
            <span class="wide-only">Export</span>
          </>
        }
        items={exportItems(toParams(filterOf(now)))}
      />
      {allowed('analyst') && (
        <Button
          kind="primary"
          icon="plus"
          onClick={() => {
            dialog.value = 'import';
          }}
        >
          Import
        </Button>
      )}
    </div>
  );
}

function SearchBox({ change }: { readonly change: (next: ListQuery) => void }): VNode {
  const wanted = query.value.search ?? '';
  const [text, setText] = useState(wanted);
  const sent = useRef(wanted);
  // When the pause is over: details may have been opened meanwhile, and stay open.
  const changeThen = useRef(change);
  changeThen.current = change;
  // Another address, such as "back" of the browser, brings another text; what was sent from here does not, for
  // letters may have been typed since.
  useEffect(() => {
    if (wanted !== sent.current) setText(wanted);
    sent.current = wanted;
  }, [wanted]);
  useEffect(() => {
    if (text === wanted) return;
    const timer = setTimeout(() => {
      sent.current = text;
      changeThen.current(changed(query.value, { search: text }));
    }, TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <label for="search" class="out-of-sight">
        Search values
      </label>
      <input
        id="search"
        type="search"
        placeholder="Search values …"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
          if (event.key !== 'Enter') return;
          sent.current = text;
          change(changed(query.value, { search: text }));
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}
