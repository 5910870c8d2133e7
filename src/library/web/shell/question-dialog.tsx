import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { question, type Question } from '../state/dialogs.js';
import { faultText } from '../state/toasts.js';

/** Asks before something that cannot be undone. */
export function QuestionDialog(): VNode | null {
  return question.value === null ? null : <Asked key={question.value.title} question={question.value} />;
}

function Asked({ question: asked }: { readonly question: Question }): VNode {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const close = (): void => {
    question.value = null;
  };
  const yes = async (): Promise<void> => {
    setBusy(true);
    try {
      await asked.onYes();
      close();
    } catch (error) {
      setFault(faultText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={asked.title}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{asked.refusal ?? 'Keep it as it is'}</Button>
          <Button kind={asked.kind ?? 'danger'} busy={busy} onClick={() => void yes()}>
            {asked.action}
          </Button>
        </>
      }
    >
      <p class="breakable">{asked.text}</p>
      {fault !== null && (
        <p class="form-fault" role="alert">
          {fault}
        </p>
      )}
    </Dialog>
  );
}
