import type { VNode } from 'preact';
import { Button } from '../parts/button.js';
import { copy } from '../parts/copy.js';

interface ShownOnceProps {
  readonly title: string;
  readonly text: string;
  readonly onClose: () => void;
}

/** A secret that the server does not keep: copied now, or never. */
export function ShownOnce({ title, text, onClose }: ShownOnceProps): VNode {
  return (
    <div class="once" role="status">
      <p>
        <strong>{title}.</strong> It is shown this once; copy it now.
      </p>
      <code>{text}</code>
      <div class="once-foot">
        <Button
          icon="copy"
          kind="primary"
          onClick={() => {
            copy(text, 'it');
          }}
        >
          Copy
        </Button>
        <Button onClick={onClose}>I have it</Button>
      </div>
    </div>
  );
}
