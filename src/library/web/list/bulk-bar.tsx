import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { api } from '../client.js';
import { defang } from '../logic/defang.js';
import { filterOf, toParams } from '../logic/query.js';
import { choiceOf, isSelected, NOTHING, pageState, selectedCount } from '../logic/selection.js';
import { count, number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { copy } from '../parts/copy.js';
import { Icon } from '../parts/icon.js';
import { Menu } from '../parts/menu.js';
import { ask } from '../state/dialogs.js';
import { page, pageIds, query, readList, selection } from '../state/iocs.js';
import { startBulk } from '../state/jobs.js';
import { allowed } from '../state/session.js';
import { run, say } from '../state/toasts.js';
import { exportItems } from './export-items.js';
import { SendButton } from './send-button.js';
import { TagDialog } from './tag-dialog.js';
import { useFoot } from './use-foot.js';

/** Ids travel in the address of an export, and an address has room for so many. */
const IDS_IN_ADDRESS = 200;

/** What can be done with the selected IOCs; at the lower edge while there are some. */
export function BulkBar({ total }: { readonly total: number }): VNode | null {
  return selectedCount(selection.value) === 0 ? null : <Bar total={total} />;
}

function Bar({ total }: { readonly total: number }): VNode {
  const [tagging, setTagging] = useState(false);
  const bar = useFoot();
  const now = selection.value;
  const many = selectedCount(now);
  const isExported = now.kind === 'all' || many <= IDS_IN_ADDRESS;
  const wholePage = pageState(now, pageIds.value) === 'all';
  return (
    <div ref={bar} class="bulk" role="region" aria-label="Selected IOCs">
      <p class="bulk-count" role="status">
        <strong>{number(many)}</strong> selected
      </p>
      {wholePage && now.kind === 'ids' && total > now.ids.size && (
        <button
          type="button"
          class="link-button"
          onClick={() => {
            selection.value = { kind: 'all', total };
          }}
        >
          Select all {number(total)} that match
        </button>
      )}
      <div class="bulk-actions">
        {allowed('analyst') && (
          <>
            <EnrichButton />
            <Button
              icon="tag"
              onClick={() => {
                setTagging(true);
              }}
            >
              Tags
            </Button>
          </>
        )}
        {now.kind === 'ids' && (
          <Button icon="shield" onClick={copySelected}>
            Copy defanged
          </Button>
        )}
        {isExported ? (
          <ExportMenu />
        ) : (
          <span class="bulk-note">Export takes {IDS_IN_ADDRESS} single rows at most.</span>
        )}
        <SendButton />
        {allowed('analyst') && (
          <Button icon="trash" kind="danger" onClick={askToDeleteSelected}>
            Delete
          </Button>
        )}
        <Button
          kind="quiet"
          icon="close"
          onClick={() => {
            selection.value = NOTHING;
          }}
        >
          Clear
        </Button>
      </div>
      {tagging && (
        <TagDialog
          onClose={() => {
            setTagging(false);
          }}
        />
      )}
    </div>
  );
}

function EnrichButton(): VNode {
  const [, navigate] = useLocation();
  return (
    <Button
      icon="search"
      kind="primary"
      onClick={() => {
        run(async () => {
          const job = await startBulk(choiceOf(selection.value, filterOf(query.value)), false);
          selection.value = NOTHING;
          navigate(`/jobs/${job.id}`);
        });
      }}
    >
      Enrich
    </Button>
  );
}

function ExportMenu(): VNode {
  const now = selection.value;
  const params =
    now.kind === 'all'
      ? toParams(filterOf(query.value))
      : new URLSearchParams([...now.ids].map((id) => ['ids', id]));
  return (
    <Menu
      label="Export the selected"
      class="button button-plain"
      button={
        <>
          <Icon name="download" />
          Export
        </>
      }
      items={exportItems(params)}
    />
  );
}

function copySelected(): void {
  const many = selectedCount(selection.value);
  const here = (page.value?.items ?? []).filter((one) => isSelected(selection.value, one.id));
  copy(
    here.map((one) => defang(one.type, one.value)).join('\n'),
    here.length === many
      ? `${count(many, 'value')}, defanged`
      : `${number(here.length)} of ${count(many, 'selected value')}, those of this page, defanged`,
  );
}

function askToDeleteSelected(): void {
  const many = selectedCount(selection.value);
  ask({
    title: `Delete ${count(many, 'IOC')}?`,
    text: `${many === 1 ? 'It goes' : 'They go'} with enrichments, history and relations. This cannot be undone.`,
    action: `Delete ${number(many)}`,
    onYes: async () => {
      const { changed } = await api.bulk(choiceOf(selection.value, filterOf(query.value)), 'delete');
      selection.value = NOTHING;
      say(`Deleted ${count(changed, 'IOC')}.`);
      await readList();
    },
  });
}
