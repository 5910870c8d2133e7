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
        <section class="banner banner-simulated" aria-label="Notice">
          <Icon name="warning" />
          <span>
            <strong>VirusTotal is simulated.</strong> Verdicts and reports are made up. A super admin sets a
            key in Settings.
          </span>
        </section>
      )}
      <TopBar />
      {!isLive.value && (
        <section class="banner banner-offline" aria-label="Connection">
          <span class="spinner" aria-hidden="true" />
          <span role="status">
            The connection to the server is lost. Progress stands still until it is back.
          </span>
        </section>
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
