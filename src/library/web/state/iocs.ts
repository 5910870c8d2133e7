import { batch, computed, signal } from '@preact/signals';
import type { Facets, Ioc, Page } from '../api.js';
import { api } from '../client.js';
import { FIRST_QUERY, type ListQuery, filterOf } from '../logic/query.js';
import { NOTHING, type Selection } from '../logic/selection.js';
import { faultText, run, say } from './toasts.js';

export const query = signal<ListQuery>(FIRST_QUERY);
let isShown = false;
/** The page that was read last; `undefined` before the first. */
export const page = signal<Page<Ioc> | undefined>(undefined, {
  watched: () => {
    isShown = true;
  },
  unwatched: () => {
    isShown = false;
  },
});
export const facets = signal<Facets | undefined>(undefined);
export const isLoading = signal(true);
export const listFault = signal<string | null>(null);
export const selection = signal<Selection>(NOTHING);
/** The IOC that the keyboard is at. */
export const currentId = signal<string | null>(null);
/** IOCs that are looked up at the moment. */
export const inLookUp = signal<ReadonlySet<string>>(new Set());
/** The IOC that changed last, `null` when any may have: details on screen are out of date. A new object each time. */
export const touched = signal<{ readonly id: string | null }>({ id: null });

export const pageIds = computed(() => page.value?.items.map((one) => one.id) ?? []);

let reading = new AbortController();

/** Reads the page and the facets of the query; a read that is overtaken is given up. */
export async function readList(): Promise<void> {
  reading.abort();
  reading = new AbortController();
  const { signal: abort } = reading;
  isLoading.value = true;
  try {
    const [nextPage, nextFacets] = await Promise.all([
      api.iocs(query.value, abort),
      api.facets(filterOf(query.value), abort),
    ]);
    batch(() => {
      page.value = nextPage;
      facets.value = nextFacets;
      listFault.value = null;
      isLoading.value = false;
    });
  } catch (error) {
    if (abort.aborted) return;
    batch(() => {
      listFault.value = faultText(error);
      isLoading.value = false;
    });
  }
}

/** The list in the background: nothing on screen says so, and what is there stays when the server does not answer. */
async function refreshList(): Promise<void> {
  if (!isShown) return;
  const { signal: abort } = reading;
  try {
    const [nextPage, nextFacets] = await Promise.all([
      api.iocs(query.value, abort),
      api.facets(filterOf(query.value), abort),
    ]);
    if (abort.aborted) return;
    batch(() => {
      currentId.value = stillThere(currentId.value, pageIds.value, nextPage.items);
      page.value = nextPage;
      facets.value = nextFacets;
      listFault.value = null;
    });
  } catch {
    // Overtaken by a read that somebody waits for, or refused: the next event brings the next one.
  }
}

/** The IOC that the keyboard is at, or the one before when it has left the list, so that "next" is what followed it. */
function stillThere(id: string | null, before: readonly string[], now: readonly Ioc[]): string | null {
  const at = before.indexOf(id ?? '');
  if (at < 0) return id;
  const ids = new Set(now.map((one) => one.id));
  return before.slice(0, at + 1).findLast((one) => ids.has(one)) ?? null;
}

/** While results pour in, the list is read this often at most. */
const REFRESH_EVERY_MS = 1500;
let isRefreshWanted = false;
let isRefreshing = false;

/** Has the list read again soon, once for many calls: rows may have come under its filter or left it, and counts moved. */
export function refreshSoon(): void {
  isRefreshWanted = true;
  if (isRefreshing) return;
  isRefreshing = true;
  void (async () => {
    while (isRefreshWanted) {
      await new Promise((resolve) => setTimeout(resolve, REFRESH_EVERY_MS));
      // What somebody waits for may have been read before the change; it is not overtaken, though.
      if (isShown && isLoading.value) continue;
      isRefreshWanted = false;
      await refreshList();
    }
    isRefreshing = false;
  })();
}

/** Reads again, in the background, whatever of the list and of details is on screen. */
export async function refreshAll(): Promise<void> {
  touched.value = { id: null };
  if (isLoading.value) refreshSoon();
  else await refreshList();
}

/** Leaves nothing of the list behind for whoever comes next. */
export function forgetIocs(): void {
  reading.abort();
  batch(() => {
    query.value = FIRST_QUERY;
    page.value = undefined;
    facets.value = undefined;
    isLoading.value = true;
    listFault.value = null;
    selection.value = NOTHING;
    currentId.value = null;
    inLookUp.value = new Set();
  });
}

/** Shows another query, with nothing selected unless only the page changed. */
export function showQuery(next: ListQuery): void {
  const sameFilter = JSON.stringify(filterOf(next)) === JSON.stringify(filterOf(query.value));
  query.value = next;
  if (!sameFilter) selection.value = NOTHING;
  void readList();
}

/** Puts a newer state of an IOC in its row. */
export function putIoc(ioc: Ioc): void {
  const now = page.value;
  if (now?.items.some((one) => one.id === ioc.id) !== true) return;
  page.value = { ...now, items: now.items.map((one) => (one.id === ioc.id ? ioc : one)) };
}

/** Looks an IOC up; the row shows that it is in work, and then the result. */
export function lookUp(ioc: Pick<Ioc, 'id' | 'enrichedAt'>): void {
  if (inLookUp.value.has(ioc.id)) return;
  inLookUp.value = new Set([...inLookUp.value, ioc.id]);
  run(async () => {
    try {
      const answer = await api.lookUp(ioc.id, ioc.enrichedAt !== null);
      putIoc(answer.ioc);
      touched.value = { id: answer.ioc.id };
      refreshSoon();
    } finally {
      inLookUp.value = new Set([...inLookUp.value].filter((one) => one !== ioc.id));
    }
  });
}

/** Deletes one and reads the list again. */
export async function deleteIoc(ioc: Pick<Ioc, 'id' | 'value'>): Promise<void> {
  await api.remove(ioc.id);
  if (selection.value.kind === 'ids') {
    selection.value = { kind: 'ids', ids: new Set([...selection.value.ids].filter((one) => one !== ioc.id)) };
  }
  say('Deleted 1 IOC.');
  await readList();
}
