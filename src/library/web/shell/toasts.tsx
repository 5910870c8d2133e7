import type { VNode } from 'preact';
import { IconButton } from '../parts/button.js';
import { closeToast, toasts } from '../state/toasts.js';

/** Short messages at the lower edge; faults stay until they are closed. */
export function Toasts(): VNode {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast toast-${one.tone}`}>
          <span>{one.text}</span>
          <IconButton
            icon="close"
            label="Close the message"
            onClick={() => {
              closeToast(one.id);
            }}
          />
        </div>
      ))}
    </div>
  );
}
