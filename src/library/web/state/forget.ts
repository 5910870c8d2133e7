import { batch } from '@preact/signals';
import { dialog, question } from './dialogs.js';
import { forgetIocs } from './iocs.js';
import { forgetJobs } from './jobs.js';
import { person } from './session.js';
import { toasts } from './toasts.js';
import { usage } from './usage.js';

/** Clears what the page knows whenever it comes to belong to somebody else, before anything of it is shown to them. */
export function forgetWithThePerson(): void {
  person.subscribe(() => {
    batch(() => {
      forgetIocs();
      forgetJobs();
      usage.value = undefined;
      dialog.value = null;
      question.value = null;
      toasts.value = [];
    });
  });
}
