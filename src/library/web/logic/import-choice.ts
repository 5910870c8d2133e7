import type { IocType, Preview, PreviewItem } from '../api.js';

export interface PreviewCounts {
  readonly new: number;
  readonly known: number;
  readonly duplicate: number;
  readonly faults: number;
}

export function countsOf(preview: Preview): PreviewCounts {
  const of = (state: PreviewItem['state']): number =>
    preview.items.filter((one) => one.state === state).length;
  return {
    new: of('new'),
    known: of('known'),
    duplicate: preview.repeated,
    faults: preview.faults.length + preview.faultsLeftOut,
  };
}

/** Positions that are ticked at first: what is new; what is known already needs a wish, a duplicate is never needed. */
export function firstChoice(preview: Preview): ReadonlySet<number> {
  return new Set(preview.items.flatMap((one, position) => (one.state === 'new' ? [position] : [])));
}

/** What to import; a duplicate comes with its first, so it is never sent. */
export function chosen(
  preview: Preview,
  positions: ReadonlySet<number>,
): readonly { readonly type: IocType; readonly value: string }[] {
  return preview.items
    .filter((one, position) => one.state !== 'duplicate' && positions.has(position))
    .map(({ type, value }) => ({ type, value }));
}

/** Tags as typed: parted by commas, and as the server keeps them: trimmed, lower case, each once. */
export function parseTags(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((one) => one.trim().toLowerCase())
        .filter((one) => one !== ''),
    ),
  ];
}
