import type { VNode } from 'preact';
import type { Ioc, Sort } from '../api.js';
import { sortedBy, type ListQuery } from '../logic/query.js';
import { pageState, togglePage } from '../logic/selection.js';
import { Icon } from '../parts/icon.js';
import { pageIds, query, selection } from '../state/iocs.js';
import { IocRow } from './ioc-row.js';

const COLUMNS: readonly { readonly name: string; readonly sort: Sort | null; readonly class: string }[] = [
  { name: 'Verdict', sort: 'verdict', class: 'col-verdict' },
  { name: 'Value', sort: 'value', class: 'col-value' },
  { name: 'Type', sort: 'type', class: 'col-type' },
  { name: 'Detections', sort: 'malicious', class: 'col-detections' },
  { name: 'Tags', sort: null, class: 'col-tags' },
  { name: 'Enriched', sort: 'enrichedAt', class: 'col-enriched' },
  { name: 'Added', sort: 'createdAt', class: 'col-added' },
];

interface IocTableProps {
  readonly items: readonly Ioc[];
  readonly openId: string | null;
  readonly change: (next: ListQuery) => void;
}

/**
 * The rows of a page. Roles are written out, for on a phone the rows are laid out as cards, and elements that are no
 * table to the eye lose their role otherwise.
 */
export function IocTable({ items, openId, change }: IocTableProps): VNode {
  const state = pageState(selection.value, pageIds.value);
  return (
    <table class="iocs" role="table" aria-label="IOCs">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" class="col-select">
            <label>
              <input
                type="checkbox"
                aria-label="Select all on this page"
                checked={state === 'all'}
                indeterminate={state === 'some'}
                onChange={() => {
                  selection.value = togglePage(selection.value, pageIds.value);
                }}
              />
              <span class="phone-only" aria-hidden="true">
                Select all on this page
              </span>
            </label>
          </th>
          {COLUMNS.map((one) => (
            <Header key={one.name} {...one} change={change} />
          ))}
          <th role="columnheader" class="col-actions">
            <span class="out-of-sight">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {items.map((ioc) => (
          <IocRow key={ioc.id} ioc={ioc} isOpen={ioc.id === openId} />
        ))}
      </tbody>
    </table>
  );
}

interface HeaderProps {
  readonly name: string;
  readonly sort: Sort | null;
  readonly class: string;
  readonly change: (next: ListQuery) => void;
}

function Header({ name, sort, class: className, change }: HeaderProps): VNode {
  const now = query.value;
  if (sort === null) {
    return (
      <th role="columnheader" class={className}>
        {name}
      </th>
    );
  }
  const isSorted = now.sort === sort;
  return (
    <th
      role="columnheader"
      class={className}
      aria-sort={isSorted ? (now.order === 'asc' ? 'ascending' : 'descending') : 'none'}
    >
      <button
        type="button"
        class={isSorted ? 'sort sort-active' : 'sort'}
        onClick={() => {
          change(sortedBy(now, sort));
        }}
      >
        {name}
        {isSorted && <Icon name={now.order === 'asc' ? 'up' : 'down'} />}
      </button>
    </th>
  );
}
