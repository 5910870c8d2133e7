import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';
import { DetailsDrawer } from '../details/details-drawer.js';
import { changed, isFiltered, parseQuery, toSearch, type ListQuery } from '../logic/query.js';
import { Button } from '../parts/button.js';
import { Empty, Fault, Loading } from '../parts/states.js';
import { dialog } from '../state/dialogs.js';
import { isLoading, listFault, page, query, readList, showQuery } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { ActiveFilters } from './active-filters.js';
import { BulkBar } from './bulk-bar.js';
import { FacetPanel } from './facet-panel.js';
import { IocTable } from './ioc-table.js';
import { Pager } from './pager.js';
import { Toolbar } from './toolbar.js';
import { useListKeys } from './use-list-keys.js';

/** The list of IOCs; the address holds the query, and the IOC whose details are open. */
export function LibraryView({ openId }: { readonly openId: string | null }): VNode {
  const search = useSearch();
  const [, navigate] = useLocation();
  useEffect(() => {
    showQuery(parseQuery(new URLSearchParams(search)));
  }, [search]);
  const change = (next: ListQuery): void => {
    const text = toSearch(next);
    navigate(`${openId === null ? '/' : `/iocs/${openId}`}${text === '' ? '' : `?${text}`}`, {
      replace: true,
    });
  };
  // Rows were deleted, or the address names a page that never was: the last one is shown.
  const beyond = page.value?.items.length === 0 && page.value.total > 0 && !isLoading.value;
  useEffect(() => {
    if (!beyond || page.value === undefined) return;
    change(changed(query.value, { page: Math.ceil(page.value.total / page.value.pageSize) }));
  }, [beyond]);
  useListKeys(openId, change);
  return (
    <div class={`library ${openId === null ? '' : 'library-with-drawer'}`}>
      <FacetPanel change={change} />
      <section class="list" aria-label="IOCs">
        <h1 class="out-of-sight">IOCs</h1>
        <Toolbar change={change} />
        <ActiveFilters change={change} />
        <Content change={change} openId={openId} />
      </section>
      {openId !== null && <DetailsDrawer id={openId} />}
    </div>
  );
}

interface ContentProps {
  readonly change: (next: ListQuery) => void;
  readonly openId: string | null;
}

function Content({ change, openId }: ContentProps): VNode {
  const now = page.value;
  if (listFault.value !== null) return <Fault text={listFault.value} onRetry={() => void readList()} />;
  if (now === undefined) return <Loading what="the IOCs" />;
  if (now.total === 0 && !isLoading.value) return <NothingThere change={change} />;
  if (now.items.length === 0 && now.total > 0) return <Loading what="the last page" />;
  return (
    <>
      <div class={isLoading.value ? 'list-body list-stale' : 'list-body'} aria-busy={isLoading.value}>
        <IocTable items={now.items} openId={openId} change={change} />
      </div>
      <Pager page={now} change={change} />
      <BulkBar total={now.total} />
    </>
  );
}

function NothingThere({ change }: { readonly change: (next: ListQuery) => void }): VNode {
  if (isFiltered(query.value)) {
    return (
      <Empty title="No IOC matches.">
        <p>Search for a shorter part of the value, or loosen the filters.</p>
        <Button
          onClick={() => {
            change(parseQuery(new URLSearchParams()));
          }}
        >
          Clear all filters
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title="The library is empty.">
      {allowed('analyst') ? (
        <>
          <p>
            Paste a report, a CSV or a STIX bundle: hashes, names, URLs and addresses are found, defanged ones
            too.
          </p>
          <Button
            kind="primary"
            icon="plus"
            onClick={() => {
              dialog.value = 'import';
            }}
          >
            Import the first IOCs
          </Button>
        </>
      ) : (
        <p>An analyst of your organisation can import IOCs.</p>
      )}
    </Empty>
  );
}
