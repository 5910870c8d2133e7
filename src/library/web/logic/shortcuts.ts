/** What a key does in the list. */
export type Shortcut =
  | 'search'
  | 'next'
  | 'previous'
  | 'select'
  | 'look-up'
  | 'copy'
  | 'import'
  | 'next-page'
  | 'previous-page'
  | 'help';

export const SHORTCUTS: readonly { readonly key: string; readonly does: Shortcut; readonly text: string }[] =
  [
    { key: '/', does: 'search', text: 'Search' },
    { key: 'j', does: 'next', text: 'Next IOC' },
    { key: 'k', does: 'previous', text: 'Previous IOC' },
    { key: 'x', does: 'select', text: 'Select or deselect the IOC' },
    { key: 'l', does: 'look-up', text: 'Look up on VirusTotal' },
    { key: 'c', does: 'copy', text: 'Copy defanged' },
    { key: 'i', does: 'import', text: 'Import IOCs' },
    { key: ']', does: 'next-page', text: 'Next page' },
    { key: '[', does: 'previous-page', text: 'Previous page' },
    { key: '?', does: 'help', text: 'This help' },
  ];

interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The meaning of a key; none while someone writes or holds a modifier of the browser. */
export function shortcutOf(pressed: Pressed, isWriting: boolean): Shortcut | null {
  if (isWriting || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  return SHORTCUTS.find((one) => one.key === pressed.key)?.does ?? null;
}
