import type { ComponentChildren, VNode } from 'preact';
import { dialog } from '../state/dialogs.js';
import { isLive } from '../state/live.js';
import { session } from '../state/session.js';
import { ImportDialog } from '../import/import-dialog.js';
import { Icon } from '../parts/icon.js';
import { QuestionDialog } from './question-dialog.js';
import { ShortcutsHelp } from './shortcuts-help.js';
import { TopBar } from './top-bar.js';

/** What surrounds every view of someone who is logged in. */
export function Shell({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      {session.value?.simulated === true && (
        <p class="banner banner-simulated" role="note">
          <Icon name="warning" />
          <span>
            <strong>VirusTotal is simulated.</strong> Verdicts and reports are made up. A super admin sets a
            key in Settings.
          </span>
        </p>
      )}
      <TopBar />
      {!isLive.value && (
        <p class="banner banner-offline" role="status">
          <span class="spinner" aria-hidden="true" />
          The connection to the server is lost. Progress stands still until it is back.
        </p>
      )}
      <main id="main" class="main" tabIndex={-1}>
        {children}
      </main>
      {dialog.value === 'import' && <ImportDialog />}
      {dialog.value === 'help' && <ShortcutsHelp />}
      <QuestionDialog />
    </div>
  );
}
