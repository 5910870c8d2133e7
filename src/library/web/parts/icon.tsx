import type { VNode } from 'preact';

/** Strokes on a grid of 16 × 16. */
const PATHS = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  warning: 'M8 2.2 14.4 13.4H1.6ZM8 6.3v3.4M8 11.4v.4',
  alarm: 'M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2l-3.4-3.4V5.2ZM5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8',
  question: 'M5.6 6a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2.9-1.2 1.8M8 12v.4',
  hollow: 'M8 3.4v0M12.6 8v0M8 12.6v0M3.4 8v0M11.3 4.7v0M11.3 11.3v0M4.7 11.3v0M4.7 4.7v0',
  search: 'M7 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6ZM10.5 10.5 14 14',
  plus: 'M8 3v10M3 8h10',
  close: 'M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  shield: 'M8 1.8 13.4 4v4c0 3.2-2.2 5.3-5.4 6.4C4.8 13.3 2.6 11.2 2.6 8V4Z',
  more: 'M3 7.8h.01v.4H3ZM8 7.8h.01v.4H8ZM13 7.8h.01v.4H13Z',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6L13 6M13 2.6V6H9.6',
  trash: 'M2.8 4.4h10.4M6.2 4.2V2.4h3.6v1.8M4.2 4.4l.6 9.2h6.4l.6-9.2M6.8 7v4M9.2 7v4',
  tag: 'M2.4 2.4h5l6.2 6.2-5 5-6.2-6.2ZM5.2 5.2v.1',
  filter: 'M2 3.4h12M4.4 8h7.2M6.6 12.6h2.8',
  pause: 'M5.4 3.2v9.6M10.6 3.2v9.6',
  play: 'M4.6 2.8 13 8l-8.4 5.2Z',
  up: 'M8 13V3M3.8 7.2 8 3l4.2 4.2',
  down: 'M8 3v10M3.8 8.8 8 13l4.2-4.2',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  out: 'M6.4 3H3v10h10V9.6M9.4 2.6h4v4M13.2 2.8 7.6 8.4',
  download: 'M8 2.4v8M4.6 7.2 8 10.6l3.4-3.4M2.6 13.4h10.8',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6ZM8 1.4v1.4M8 13.2v1.4M1.4 8h1.4M13.2 8h1.4M3.3 3.3l1 1M11.7 11.7l1 1M12.7 3.3l-1 1M4.3 11.7l-1 1',
  moon: 'M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7Z',
  half: 'M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2ZM8 2.2v11.6M8 5h3.8M8 8h5.4M8 11h3.8',
  key: 'M9.8 2.4a3.8 3.8 0 1 1-2.6 6.6L3.4 12.8H2.2V11l4.2-4.4M10.6 5.2v.1',
  user: 'M8 2.4a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4ZM2.8 13.8c.4-2.8 2.4-4.2 5.2-4.2s4.8 1.4 5.2 4.2',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: the text beside it, or the label of its button, says the same. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
