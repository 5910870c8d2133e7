import { signal } from '@preact/signals';
import type { Usage } from '../api.js';
import { api } from '../client.js';

/** `undefined` while it is not known. */
export const usage = signal<Usage | undefined>(undefined);

export async function readUsage(): Promise<void> {
  try {
    usage.value = await api.usage();
  } catch {
    // The meter stays away; whatever needs the quota says so itself.
  }
}
