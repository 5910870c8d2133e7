import type { VNode } from 'preact';
import { Link, useLocation } from 'wouter-preact';
import type { Ioc } from '../api.js';
import { defang } from '../logic/defang.js';
import { toSearch } from '../logic/query.js';
import { isSelected, selectRange, toggle } from '../logic/selection.js';
import { TYPE_NAMES } from '../logic/type-names.js';
import { ago, dateTime } from '../logic/words.js';
import { IconButton } from '../parts/button.js';
import { copy } from '../parts/copy.js';
import { Icon } from '../parts/icon.js';
import { Menu, type MenuItem } from '../parts/menu.js';
import { VerdictBadge } from '../parts/verdict-badge.js';
import { ask } from '../state/dialogs.js';
import { currentId, deleteIoc, inLookUp, lookUp, pageIds, query, selection } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { DetectionBar } from './detection-bar.js';
import { rowLinkId } from './focus-row.js';

const TAGS_SHOWN = 2;

/** Asks, then deletes. */
export function askToDelete(ioc: Ioc, onDone: () => void = () => undefined): void {
  ask({
    title: 'Delete this IOC?',
    text: `${ioc.value} goes, with its enrichments, history and relations. This cannot be undone.`,
    action: 'Delete',
    onYes: async () => {
      await deleteIoc(ioc);
      onDone();
    },
  });
}

export function IocRow({ ioc, isOpen }: { readonly ioc: Ioc; readonly isOpen: boolean }): VNode {
  const chosen = isSelected(selection.value, ioc.id);
  const busy = inLookUp.value.has(ioc.id);
  const state = [
    'row',
    chosen ? 'row-selected' : '',
    isOpen ? 'row-open' : '',
    busy ? 'row-busy' : '',
    ioc.verdict === null ? 'row-raw' : '',
  ];
  const select = (event: MouseEvent): void => {
    const from = currentId.value;
    selection.value =
      event.shiftKey && from !== null
        ? selectRange(selection.value, pageIds.value, from, ioc.id)
        : toggle(selection.value, ioc.id, pageIds.value);
    currentId.value = ioc.id;
  };
  const search = toSearch(query.value);
  return (
    <tr role="row" class={state.join(' ')}>
      <td role="cell" class="col-select">
        <input type="checkbox" aria-label={`Select ${ioc.value}`} checked={chosen} onClick={select} />
      </td>
      <td role="cell" class="col-verdict">
        {busy ? <InWork /> : <VerdictBadge ioc={ioc} />}
      </td>
      <td role="cell" class="col-value">
        <Link
          id={rowLinkId(ioc.id)}
          href={`/iocs/${ioc.id}${search === '' ? '' : `?${search}`}`}
          class="value"
          title={ioc.value}
          onFocus={() => {
            currentId.value = ioc.id;
          }}
        >
          {ioc.value}
        </Link>
        {ioc.threatLabel !== null && <span class="threat">{ioc.threatLabel}</span>}
      </td>
      <td role="cell" class="col-type">
        {TYPE_NAMES[ioc.type]}
      </td>
      <td role="cell" class="col-detections">
        <DetectionBar ioc={ioc} />
      </td>
      <td role="cell" class="col-tags">
        {ioc.tags.slice(0, TAGS_SHOWN).map((one) => (
          <span key={one} class="tag">
            {one}
          </span>
        ))}
        {ioc.tags.length > TAGS_SHOWN && (
          <span class="tag tag-more" title={ioc.tags.slice(TAGS_SHOWN).join(', ')}>
            +{ioc.tags.length - TAGS_SHOWN}
          </span>
        )}
      </td>
      <td role="cell" class="col-enriched">
        <Time iso={ioc.enrichedAt} />
      </td>
      <td role="cell" class="col-added">
        <Time iso={ioc.createdAt} />
      </td>
      <td role="cell" class="col-actions">
        <RowActions ioc={ioc} busy={busy} />
      </td>
    </tr>
  );
}

function InWork(): VNode {
  return (
    <span class="badge badge-work" role="status">
      <span class="spinner" aria-hidden="true" />
      Looking up
    </span>
  );
}

function Time({ iso }: { readonly iso: string | null }): VNode {
  if (iso === null) return <span class="faint">never</span>;
  return (
    <time dateTime={iso} title={dateTime(iso)}>
      {ago(iso, new Date())}
    </time>
  );
}

function RowActions({ ioc, busy }: { readonly ioc: Ioc; readonly busy: boolean }): VNode {
  const [, navigate] = useLocation();
  const items: readonly MenuItem[] = [
    {
      text: 'Open details',
      icon: 'right',
      onChoose: () => {
        navigate(`/iocs/${ioc.id}?${toSearch(query.value)}`);
      },
    },
    {
      text: 'Copy defanged',
      icon: 'shield',
      onChoose: () => {
        copy(defang(ioc.type, ioc.value), 'the value, defanged');
      },
    },
    {
      text: 'Copy as it is',
      icon: 'copy',
      onChoose: () => {
        copy(ioc.value, 'the value');
      },
    },
    ...(allowed('analyst')
      ? [
          {
            text: 'Delete …',
            icon: 'trash' as const,
            danger: true,
            onChoose: () => {
              askToDelete(ioc);
            },
          },
        ]
      : []),
  ];
  return (
    <>
      {allowed('analyst') && (
        <IconButton
          icon={ioc.enrichedAt === null ? 'search' : 'refresh'}
          label={`Look up ${ioc.enrichedAt === null ? '' : 'again '}on VirusTotal: ${ioc.value}`}
          busy={busy}
          class={ioc.enrichedAt === null ? 'look-up look-up-first' : 'look-up'}
          onClick={() => {
            lookUp(ioc);
          }}
        />
      )}
      <Menu label={`More for ${ioc.value}`} class="icon-button" button={<Icon name="more" />} items={items} />
    </>
  );
}
