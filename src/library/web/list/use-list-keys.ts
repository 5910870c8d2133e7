import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { defang } from '../logic/defang.js';
import { changed, toSearch, type ListQuery } from '../logic/query.js';
import { toggle } from '../logic/selection.js';
import { shortcutOf, type Shortcut } from '../logic/shortcuts.js';
import { copy } from '../parts/copy.js';
import { dialog } from '../state/dialogs.js';
import { currentId, lookUp, page, pageIds, query, selection } from '../state/iocs.js';
import { allowed } from '../state/session.js';
import { focusRow } from './focus-row.js';

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const typed = target instanceof HTMLInputElement && !['checkbox', 'radio'].includes(target.type);
  return typed || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Keys of the list, see {@link SHORTCUTS}. They rest while a dialog or a menu is open. */
export function useListKeys(openId: string | null, change: (next: ListQuery) => void): void {
  const [, navigate] = useLocation();
  const act = useRef<(shortcut: Shortcut) => void>(() => undefined);
  act.current = (shortcut) => {
    const ioc = page.value?.items.find((one) => one.id === (openId ?? currentId.value));
    const turn = (by: number): void => {
      const now = page.value;
      const next = query.value.page + by;
      if (now !== undefined && next >= 1 && (next - 1) * now.pageSize < now.total) {
        change(changed(query.value, { page: next }));
      }
    };
    const step = (by: number): void => {
      const ids = pageIds.value;
      const at = ids.indexOf(openId ?? currentId.value ?? '');
      const next = ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))];
      if (next === undefined) return;
      currentId.value = next;
      if (openId === null) focusRow(next);
      else navigate(`/iocs/${next}?${toSearch(query.value)}`, { replace: true });
    };
    switch (shortcut) {
      case 'search':
        document.querySelector<HTMLInputElement>('#search')?.select();
        return;
      case 'next':
        step(1);
        return;
      case 'previous':
        step(-1);
        return;
      case 'select':
        if (ioc !== undefined) selection.value = toggle(selection.value, ioc.id, pageIds.value);
        return;
      case 'look-up':
        if (ioc !== undefined && allowed('analyst')) lookUp(ioc);
        return;
      case 'copy':
        if (ioc !== undefined) copy(defang(ioc.type, ioc.value), 'the value, defanged');
        return;
      case 'import':
        if (allowed('analyst')) dialog.value = 'import';
        return;
      case 'next-page':
        turn(1);
        return;
      case 'previous-page':
        turn(-1);
        return;
      case 'help':
        dialog.value = 'help';
        return;
    }
  };
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (document.querySelector('dialog[open], :popover-open') !== null) return;
      const shortcut = shortcutOf(event, isWriting(event.target));
      if (shortcut === null) return;
      event.preventDefault();
      act.current(shortcut);
    };
    document.addEventListener('keydown', listen);
    return () => {
      document.removeEventListener('keydown', listen);
    };
  }, []);
}
