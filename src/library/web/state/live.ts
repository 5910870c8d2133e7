import { signal } from '@preact/signals';
import type { LibraryEvents } from '../api.js';
import { putIoc, refreshAll, refreshSoon, touched } from './iocs.js';
import { putJob, readJobs } from './jobs.js';
import { person, renewSession } from './session.js';
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
    refreshSoon();
  },
  usage: (content) => {
    usage.value = content.usage;
  },
};

/** After an answer that is no stream, such as that of a proxy whose server is away: the browser gives up then. */
const RECONNECT_MS = 3000;

/**
 * Follows the events of the server while the page can be seen: a browser opens six connections to a server at most, so
 * that hidden tabs would leave none for what is asked. What was missed without a connection is read anew.
 *
 * @returns ends it.
 */
export function followEvents(): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasMissed = document.hidden;
  const disconnect = (): void => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const connect = (): void => {
    disconnect();
    const next = new EventSource('/api/events');
    source = next;
    next.addEventListener('open', () => {
      isLive.value = true;
      void readAnew(hasMissed);
      hasMissed = false;
    });
    next.addEventListener('error', () => {
      isLive.value = false;
      hasMissed = true;
      if (next.readyState !== EventSource.CLOSED) return;
      void renewSession();
      timer = setTimeout(connect, RECONNECT_MS);
    });
    listen(next);
  };
  const follow = (): void => {
    if (!document.hidden) {
      connect();
      return;
    }
    hasMissed = true;
    disconnect();
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    disconnect();
    isLive.value = true;
  };
}

function listen(source: EventSource): void {
  for (const name of Object.keys(LISTENERS) as (keyof LibraryEvents)[]) {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      const listener = LISTENERS[name] as (content: unknown) => void;
      listener(JSON.parse(event.data));
    });
  }
}

/** Jobs and usage; after a time without events, who is logged in, and all that is on screen. */
async function readAnew(hasMissed: boolean): Promise<void> {
  if (hasMissed) {
    const before = person.value;
    await renewSession();
    // The page begins anew with somebody else.
    if (person.value !== before) return;
    void refreshAll();
  }
  void readJobs();
  void readUsage();
}
