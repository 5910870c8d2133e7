import type { ComponentChildren, VNode } from 'preact';
import { Button } from './button.js';

/** Something is on its way. */
export function Loading({ what }: { readonly what: string }): VNode {
  return (
    <p class="state" role="status">
      <span class="spinner" aria-hidden="true" /> Loading {what} …
    </p>
  );
}

/** Something failed; says what, and lets the reader try again. */
export function Fault({ text, onRetry }: { readonly text: string; readonly onRetry?: () => void }): VNode {
  return (
    <div class="state state-fault" role="alert">
      <p>{text}</p>
      {onRetry !== undefined && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Nothing is there; says why, and what to do. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): VNode {
  return (
    <div class="state state-empty">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}
