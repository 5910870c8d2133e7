import type { VNode } from 'preact';
import { api } from '../client.js';
import { filterOf } from '../logic/query.js';
import { choiceOf, NOTHING, selectedCount } from '../logic/selection.js';
import { count, number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { ask } from '../state/dialogs.js';
import { query, selection } from '../state/iocs.js';
import { allowed, session } from '../state/session.js';
import { say } from '../state/toasts.js';

/** Sends the selected IOCs to the platform, where there is one and the user may. */
export function SendButton(): VNode | null {
  const platform = session.value?.opencti ?? null;
  if (platform === null || !allowed('analyst')) return null;
  return (
    <Button
      icon="out"
      onClick={() => {
        askToSend(platform);
      }}
    >
      Send to OpenCTI
    </Button>
  );
}

/** What others see cannot be taken back from here. */
function askToSend(platform: string): void {
  const many = selectedCount(selection.value);
  ask({
    title: `Send ${count(many, 'IOC')} to OpenCTI?`,
    text: `${platform} imports ${many === 1 ? 'it' : 'them'} with tags, note and relations, and an Indicator for what is malicious. What it has already is updated, not doubled.`,
    action: `Send ${number(many)}`,
    refusal: 'Do not send',
    kind: 'primary',
    onYes: async () => {
      const { sent } = await api.send(choiceOf(selection.value, filterOf(query.value)));
      selection.value = NOTHING;
      if (sent === 0) {
        say('Nothing was sent: none of them is in the library any more.');
        return;
      }
      say(`Sent ${count(sent, 'IOC')} to ${platform}, which imports ${sent === 1 ? 'it' : 'them'} now.`);
    },
  });
}
