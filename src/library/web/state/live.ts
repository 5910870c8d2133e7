import { signal } from '@preact/signals';
import type { LibraryEvents } from '../api.js';
import { putIoc, touched } from './iocs.js';
import { putJob, readJobs } from './jobs.js';
import { readUsage, usage } from './usage.js';

/** Whether events arrive; shown, for without them progress stands still. */
export const isLive = signal(true);

type Listeners = { readonly [Name in keyof LibraryEvents]: (content: LibraryEvents[Name]) => void };

const LISTENERS: Listeners = {
  job: ({ job }) => {
    putJob(job);
  },
  ioc: ({ ioc }) => {
    putIoc(ioc);
    touched.value = { id: ioc.id };
  },
  usage: (content) => {
    usage.value = content.usage;
  },
};

/**
 * Follows the events of the server. The browser connects again by itself; what was missed meanwhile is read anew.
 *
 * @returns ends it.
 */
export function followEvents(): () => void {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => {
    isLive.value = true;
    void readJobs();
    void readUsage();
  });
  source.addEventListener('error', () => {
    isLive.value = false;
  });
  for (const name of Object.keys(LISTENERS) as (keyof LibraryEvents)[]) {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      const listener = LISTENERS[name] as (content: unknown) => void;
      listener(JSON.parse(event.data));
    });
  }
  return () => {
    source.close();
  };
}
