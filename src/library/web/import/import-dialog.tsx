import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ImportResult, Preview } from '../api.js';
import { Dialog } from '../parts/dialog.js';
import { dialog } from '../state/dialogs.js';
import { ImportResultStep } from './import-result.js';
import { ImportSource } from './import-source.js';
import { PreviewStep } from './preview-step.js';

type Step =
  | { readonly name: 'source' }
  | { readonly name: 'preview'; readonly preview: Preview }
  | { readonly name: 'result'; readonly result: ImportResult };

const TITLES = { source: 'Import IOCs', preview: 'Choose what to import', result: 'Imported' } as const;

/** Three steps: a text or a file, what was found in it, what became of it. */
export function ImportDialog(): VNode {
  const [step, setStep] = useState<Step>({ name: 'source' });
  const [content, setContent] = useState('');
  const close = (): void => {
    dialog.value = null;
  };
  return (
    <Dialog title={TITLES[step.name]} size="large" onClose={close}>
      {step.name === 'source' && (
        <ImportSource
          content={content}
          onContent={setContent}
          onPreview={(preview) => {
            setStep({ name: 'preview', preview });
          }}
        />
      )}
      {step.name === 'preview' && (
        <PreviewStep
          preview={step.preview}
          onBack={() => {
            setStep({ name: 'source' });
          }}
          onResult={(result) => {
            setStep({ name: 'result', result });
          }}
        />
      )}
      {step.name === 'result' && <ImportResultStep result={step.result} onClose={close} />}
    </Dialog>
  );
}
