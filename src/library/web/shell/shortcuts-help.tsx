import type { VNode } from 'preact';
import { SHORTCUTS } from '../logic/shortcuts.js';
import { Dialog } from '../parts/dialog.js';
import { dialog } from '../state/dialogs.js';

const NATIVE = [
  { key: 'Enter', text: 'Open the IOC' },
  { key: 'Esc', text: 'Close what is open' },
];

export function ShortcutsHelp(): VNode {
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={() => {
        dialog.value = null;
      }}
    >
      <dl class="keys">
        {[...SHORTCUTS, ...NATIVE].map((one) => (
          <div key={one.key}>
            <dt>
              <kbd>{one.key}</kbd>
            </dt>
            <dd>{one.text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
