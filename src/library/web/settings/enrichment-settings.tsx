import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Settings } from '../api.js';
import { api } from '../client.js';
import { Check, Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { say } from '../state/toasts.js';

export function EnrichmentSettings(): VNode {
  const read = useRead('settings', () => api.settings());
  if (read.fault !== null) return <Fault text={read.fault} onRetry={read.again} />;
  if (read.value === undefined) return <Loading what="the settings" />;
  return <Editor settings={read.value} />;
}

function Editor({ settings }: { readonly settings: Settings }): VNode {
  const [autoEnrich, setAutoEnrich] = useState(settings.autoEnrich);
  const [suspicious, setSuspicious] = useState(String(settings.suspiciousFrom));
  const [malicious, setMalicious] = useState(String(settings.maliciousFrom));
  const save = async (): Promise<void> => {
    await api.changeSettings({
      autoEnrich,
      suspiciousFrom: Number(suspicious),
      maliciousFrom: Number(malicious),
    });
    say('Saved.');
  };
  return (
    <Form submit="Save" onSubmit={save} class="form-narrow">
      {(faultOf) => (
        <>
          <Check
            checked={autoEnrich}
            onChange={setAutoEnrich}
            hint="Every import of the organisation starts a bulk enrichment and spends quota."
          >
            Enrich what is imported
          </Check>
          <Field
            label="Suspicious from"
            name="suspiciousFrom"
            type="number"
            min={1}
            hint="Engines that say malicious."
            value={suspicious}
            onInput={setSuspicious}
            fault={faultOf('suspiciousFrom')}
            required
          />
          <Field
            label="Malicious from"
            name="maliciousFrom"
            type="number"
            min={1}
            hint="Engines that say malicious; as many as for suspicious, or more."
            value={malicious}
            onInput={setMalicious}
            fault={faultOf('maliciousFrom')}
            required
          />
        </>
      )}
    </Form>
  );
}
