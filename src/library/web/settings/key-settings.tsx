import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { KeyState, KeyTest } from '../api.js';
import { api } from '../client.js';
import { Button } from '../parts/button.js';
import { Facts } from '../parts/facts.js';
import { Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { ask } from '../state/dialogs.js';
import { loadSession } from '../state/session.js';
import { faultText, say } from '../state/toasts.js';

const SOURCES: Readonly<Record<KeyState['source'], string>> = {
  settings: 'These settings, encrypted',
  environment: 'The environment of the server',
  simulator: 'None: VirusTotal is simulated',
};

/** The key of VirusTotal. It goes to the server and never comes back: only its last characters do. */
export function KeySettings(): VNode {
  const read = useRead('key', () => api.key());
  const [key, setKey] = useState('');
  if (read.fault !== null) return <Fault text={read.fault} onRetry={read.again} />;
  if (read.value === undefined) return <Loading what="the key" />;
  const state = read.value;
  const save = async (): Promise<void> => {
    read.put(await api.setKey(key.trim()));
    setKey('');
    say('The key is set.');
    await loadSession();
  };
  const remove = (): void => {
    ask({
      title: 'Remove the VirusTotal key?',
      text: 'Look-ups use the key of the environment from then on, or the simulator when there is none.',
      action: 'Remove the key',
      onYes: async () => {
        await api.removeKey();
        read.again();
        await loadSession();
      },
    });
  };
  return (
    <>
      <Facts
        facts={[
          { label: 'Key', value: state.masked ?? 'not set' },
          { label: 'From', value: SOURCES[state.source] },
        ]}
      />
      <div class="key-actions">
        {/* What was said of one key does not hold for another. */}
        <Tester key={`${state.source} ${state.masked ?? ''}`} />
        {state.source === 'settings' && (
          <Button icon="trash" kind="quiet" onClick={remove}>
            Remove the key
          </Button>
        )}
      </div>
      <h2>{state.isSet ? 'Replace the key' : 'Set the key'}</h2>
      <Form submit="Save the key" onSubmit={save} class="form-narrow">
        {(faultOf) => (
          <>
            {state.source === 'simulator' && (
              <p class="hint">
                With the first key, all that the simulator made up is removed: IOCs, tags and notes stay, and
                are not enriched until they are looked up again.
              </p>
            )}
            <Field
              label="VirusTotal API key"
              name="key"
              type="password"
              autocomplete="off"
              hint="64 hexadecimal characters, from your profile at VirusTotal. Stored encrypted, never shown again."
              value={key}
              onInput={setKey}
              fault={faultOf('key')}
              required
            />
          </>
        )}
      </Form>
    </>
  );
}

function Tester(): VNode {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<KeyTest | null>(null);
  const test = async (): Promise<void> => {
    setBusy(true);
    try {
      setResult(await api.testKey());
    } catch (error) {
      setResult({ ok: false, message: faultText(error) });
    }
    setBusy(false);
  };
  return (
    <>
      <Button icon="key" busy={busy} onClick={() => void test()}>
        Test the connection
      </Button>
      <span class={result?.ok === false ? 'key-result fault-text' : 'key-result'} role="status">
        {result !== null && `${result.ok ? 'Works' : 'Does not work'}: ${result.message}`}
      </span>
    </>
  );
}
