import { signal } from '@preact/signals';
import type { Usage } from '../api.js';
import { api } from '../client.js';
import { person } from './session.js';

/** `undefined` while it is not known. */
export const usage = signal<Usage | undefined>(undefined);

export async function readUsage(): Promise<void> {
  const asked = person.value;
  try {
    const next = await api.usage();
    if (person.value === asked) usage.value = next;
  } catch {
    // The meter stays away; whatever needs the quota says so itself.
  }
}
