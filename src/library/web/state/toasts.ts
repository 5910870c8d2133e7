import { signal } from '@preact/signals';
import { ApiError } from '../client.js';
import { comeBack } from '../logic/words.js';

export interface Toast {
  readonly id: number;
  readonly tone: 'info' | 'fault';
  readonly text: string;
}

export const toasts = signal<readonly Toast[]>([]);

const SHOWN_MS = 5000;
const SHOWN_AT_ONCE = 3;
let last = 0;

function show(tone: Toast['tone'], text: string): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.filter((one) => one.text !== text), { id, tone, text }].slice(
    -SHOWN_AT_ONCE,
  );
  // A fault stays until it is closed: it says what to do.
  if (tone === 'info') {
    setTimeout(() => {
      closeToast(id);
    }, SHOWN_MS);
  }
}

export function closeToast(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function say(text: string): void {
  show('info', text);
}

/** The sentence for a fault; with the time to come back, when the server gives one. */
export function faultText(error: unknown, now = new Date()): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const seconds = error.problem.retryAfterSeconds;
  if (seconds === undefined) return error.message;
  return `${error.message} Come back ${comeBack(new Date(now.getTime() + seconds * 1000), now)}.`;
}

export function sayFault(error: unknown): void {
  show('fault', faultText(error));
}

/** Runs something that a click started; a fault is shown, never lost. */
export function run(action: () => Promise<void>): void {
  action().catch((error: unknown) => {
    sayFault(error);
  });
}
