import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../client.js';
import { Button } from '../parts/button.js';
import { copy } from '../parts/copy.js';
import { Fault } from '../parts/states.js';
import { faultText } from '../state/toasts.js';
import { Section } from './section.js';

/** The answer of VirusTotal as it came; read on demand, for it may be large. */
export function ReportSection({ id }: { readonly id: string }): VNode {
  const [text, setText] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const read = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      setText(JSON.stringify(await api.report(id), null, 2));
    } catch (error) {
      setFault(faultText(error));
    }
    setBusy(false);
  };
  return (
    <Section title="Raw report">
      {fault !== null && <Fault text={fault} />}
      {text === null ? (
        <Button busy={busy} onClick={() => void read()}>
          Show the raw report
        </Button>
      ) : (
        <>
          <Button
            icon="copy"
            kind="quiet"
            onClick={() => {
              copy(text, 'the report');
            }}
          >
            Copy the report
          </Button>
          <pre class="report" tabIndex={0} aria-label="Raw report">
            {text}
          </pre>
        </>
      )}
    </Section>
  );
}
