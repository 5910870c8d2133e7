import { run, say } from '../state/toasts.js';

/** Puts text on the clipboard and says so. */
export function copy(text: string, what: string): void {
  run(async () => {
    // Absent where the page is served neither by TLS nor from this machine.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard === undefined) {
      throw new Error(
        'The browser gives the clipboard only to pages served with TLS. Mark the text and copy it.',
      );
    }
    await clipboard.writeText(text);
    say(`Copied ${what}.`);
  });
}
