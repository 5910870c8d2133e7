import { signal } from '@preact/signals';

export type DialogName = 'import' | 'help';

/** The dialog that is open. */
export const dialog = signal<DialogName | null>(null);

export interface Question {
  readonly title: string;
  readonly text: string;
  /** The verb of the button, such as "Delete". */
  readonly action: string;
  /** Of the other button; "Keep it as it is" when absent. */
  readonly refusal?: string;
  /** Of the button; what destroys something is of kind `danger`, and so is what does not say. */
  readonly kind?: 'primary' | 'danger';
  readonly onYes: () => Promise<void>;
}

/** A question that must be answered before something cannot be undone. */
export const question = signal<Question | null>(null);

export function ask(next: Question): void {
  question.value = next;
}
