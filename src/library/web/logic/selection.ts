import type { Choice, IocFilter } from '../api.js';

/** What is selected: single IOCs, or all that match the filter of the list. */
export type Selection =
  | { readonly kind: 'ids'; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'all'; readonly total: number };

export const NOTHING: Selection = { kind: 'ids', ids: new Set() };

export function isSelected(selection: Selection, id: string): boolean {
  return selection.kind === 'all' || selection.ids.has(id);
}

export function selectedCount(selection: Selection): number {
  return selection.kind === 'all' ? selection.total : selection.ids.size;
}

/** Turns one; out of "all that match", the others of the page stay selected. */
export function toggle(selection: Selection, id: string, pageIds: readonly string[]): Selection {
  const ids = new Set(selection.kind === 'all' ? pageIds : selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { kind: 'ids', ids };
}

/** Selects the rows from one to another, both included, whatever their order. */
export function selectRange(
  selection: Selection,
  pageIds: readonly string[],
  from: string,
  to: string,
): Selection {
  const ends = [pageIds.indexOf(from), pageIds.indexOf(to)].sort((a, b) => a - b);
  const [first = -1, last = -1] = ends;
  if (first < 0) return toggle(selection, to, pageIds);
  const ids = new Set(selection.kind === 'all' ? pageIds : selection.ids);
  for (const id of pageIds.slice(first, last + 1)) ids.add(id);
  return { kind: 'ids', ids };
}

/** Whether none, some or all rows of the page are selected. */
export function pageState(selection: Selection, pageIds: readonly string[]): 'none' | 'some' | 'all' {
  const selected = pageIds.filter((id) => isSelected(selection, id)).length;
  if (selected === 0) return 'none';
  return selected === pageIds.length ? 'all' : 'some';
}

/** Selects the whole page, or none of it when all of it was selected. */
export function togglePage(selection: Selection, pageIds: readonly string[]): Selection {
  if (selection.kind === 'all') return NOTHING;
  const ids = new Set(selection.ids);
  const wasWhole = pageState(selection, pageIds) === 'all';
  for (const id of pageIds) {
    if (wasWhole) ids.delete(id);
    else ids.add(id);
  }
  return { kind: 'ids', ids };
}

/** As the server wants it. */
export function choiceOf(selection: Selection, filter: IocFilter): Choice {
  return selection.kind === 'all' ? { filter } : { ids: [...selection.ids] };
}
