import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../client.js';
import { faultText } from '../state/toasts.js';
import { Button } from './button.js';

interface FormProps {
  readonly submit: string;
  readonly onSubmit: () => Promise<void>;
  /** Gets the fault of one field, or of a part of it such as `tags/1`, by the name the server gives it. */
  readonly children: (faultOf: (field: string) => string | undefined) => ComponentChildren;
  readonly kind?: 'plain' | 'primary';
  readonly class?: string;
  /** A way out, beside the button. */
  readonly aside?: ComponentChildren;
}

/** A form that shows the server's refusal at the field it is about, or above the button. */
export function Form({
  submit,
  onSubmit,
  children,
  kind = 'primary',
  class: extra,
  aside,
}: FormProps): VNode {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const claimant = fault instanceof ApiError ? fault.problem.field?.split('/', 1)[0] : undefined;
  const [claimed] = useState(() => new Set<string>());
  const faultOf = (field: string): string | undefined => {
    claimed.add(field);
    return claimant === field ? faultText(fault) : undefined;
  };
  const fields = children(faultOf);
  const isClaimed = claimant !== undefined && claimed.has(claimant);
  const send = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await onSubmit();
    } catch (error) {
      setFault(error);
    }
    setBusy(false);
  };
  return (
    <form
      class={`form ${extra ?? ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {fields}
      {fault !== null && !isClaimed && (
        <p class="form-fault" role="alert">
          {faultText(fault)}
        </p>
      )}
      <div class="form-foot">
        {aside}
        <Button type="submit" kind={kind} busy={busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
