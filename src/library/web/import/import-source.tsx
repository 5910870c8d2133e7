import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { ContentFormat, Preview } from '../api.js';
import { api } from '../client.js';
import { decodeText } from '../logic/decode-text.js';
import { Button } from '../parts/button.js';
import { Select } from '../parts/field.js';
import { Form } from '../parts/form.js';

const MAX_BYTES = 5_000_000;

interface ImportSourceProps {
  readonly content: string;
  readonly onContent: (content: string) => void;
  readonly onPreview: (preview: Preview) => void;
}

/** Takes a pasted text, or a file that is dropped or chosen. */
export function ImportSource({ content, onContent, onPreview }: ImportSourceProps): VNode {
  const id = useId();
  const chooser = useRef<HTMLInputElement>(null);
  const [format, setFormat] = useState<ContentFormat | 'auto'>('auto');
  const [filename, setFilename] = useState<string | undefined>(undefined);
  const [over, setOver] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const take = async (file: File | undefined): Promise<void> => {
    setOver(false);
    if (file === undefined) return;
    if (file.size > MAX_BYTES) {
      setFault(`${file.name} has more than 5 MB, which is all that is read at once. Split it.`);
      return;
    }
    setFault(null);
    setFilename(file.name);
    onContent(decodeText(new Uint8Array(await file.arrayBuffer())));
  };
  const preview = async (): Promise<void> => {
    if (content.trim() === '') throw new Error('Paste a text, or choose a file, first.');
    onPreview(await api.preview(content, format === 'auto' ? undefined : format, filename));
  };
  return (
    <Form submit="Find IOCs" onSubmit={preview}>
      {() => (
        <>
          <div
            class={over ? 'drop drop-over' : 'drop'}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => {
              setOver(false);
            }}
            onDrop={(event) => {
              event.preventDefault();
              void take(event.dataTransfer?.files[0]);
            }}
          >
            <label for={id}>Text, CSV or STIX bundle</label>
            <textarea
              id={id}
              rows={12}
              spellcheck={false}
              value={content}
              placeholder={
                'Paste a report, a mail, a list … or drop a file here.\n\nhxxps://login.evil[.]example/a\n198[.]51[.]100[.]7\nd41d8cd98f00b204e9800998ecf8427e'
              }
              ref={(element) => {
                if (element?.dataset.focused === undefined) element?.focus();
                if (element !== null) element.dataset.focused = '';
              }}
              onInput={(event) => {
                setFilename(undefined);
                setFault(null);
                onContent(event.currentTarget.value);
              }}
            />
          </div>
          {fault !== null && (
            <p class="form-fault" role="alert">
              {fault}
            </p>
          )}
          <div class="import-options">
            <input
              ref={chooser}
              type="file"
              class="out-of-sight"
              tabIndex={-1}
              aria-label="File to import"
              accept=".txt,.csv,.json,.stix,.md,.eml,text/*,application/json"
              onChange={(event) => {
                void take(event.currentTarget.files?.[0]);
              }}
            />
            <Button
              icon="up"
              onClick={() => {
                chooser.current?.click();
              }}
            >
              Choose a file
            </Button>
            {filename !== undefined && <span class="faint breakable">{filename}</span>}
            <Select
              label="Format"
              labelHidden
              value={format}
              options={[
                { value: 'auto', text: 'Find out the format' },
                { value: 'text', text: 'Text' },
                { value: 'csv', text: 'CSV' },
                { value: 'stix', text: 'STIX bundle' },
              ]}
              onChange={setFormat}
            />
          </div>
          <p class="hint">
            Nothing is imported yet: first you see what was found. Defanged values are restored.
          </p>
        </>
      )}
    </Form>
  );
}
