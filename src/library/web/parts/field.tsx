import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'email' | 'password' | 'number' | 'date';
  readonly hint?: string;
  /** What is wrong with the value. */
  readonly fault?: string | undefined;
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly placeholder?: string;
  readonly min?: number | string;
  readonly autofocus?: boolean;
}

/** Gives the focus to what has just appeared, once. */
function focusOnce(element: HTMLElement | null): void {
  if (element === null || element.dataset.focused !== undefined) return;
  element.dataset.focused = '';
  element.focus();
}

/** A labelled text field with a hint and a fault, both tied to it for screen readers. */
export function Field(props: FieldProps): VNode {
  const id = useId();
  const { label, hint, fault, value, onInput, autofocus = false, type = 'text', ...rest } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...rest}
        type={type}
        value={value}
        ref={autofocus ? focusOnce : null}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-more`}
        onInput={(event) => {
          onInput(event.currentTarget.value);
        }}
      />
      <p id={`${id}-more`} class={fault === undefined ? 'hint' : 'hint hint-fault'}>
        {fault ?? hint}
      </p>
    </div>
  );
}

/** A {@link Field} of several lines. */
export function TextArea(props: Pick<FieldProps, 'label' | 'name' | 'value' | 'onInput' | 'fault'>): VNode {
  const id = useId();
  const { label, name, fault, value, onInput } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={4}
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-more`}
        onInput={(event) => {
          onInput(event.currentTarget.value);
        }}
      />
      <p id={`${id}-more`} class="hint hint-fault">
        {fault}
      </p>
    </div>
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
  /** Only a screen reader needs the label. */
  readonly labelHidden?: boolean;
}

export function Select<T extends string>(props: SelectProps<T>): VNode {
  const id = useId();
  const { label, value, options, onChange, labelHidden = false } = props;
  return (
    <div class="field">
      <label for={id} class={labelHidden ? 'out-of-sight' : ''}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find((one) => one.value === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value} selected={one.value === value}>
            {one.text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface CheckProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ComponentChildren;
  readonly hint?: string;
}

export function Check({ checked, onChange, children, hint }: CheckProps): VNode {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
      <span>
        {children}
        {hint !== undefined && <small>{hint}</small>}
      </span>
    </label>
  );
}
