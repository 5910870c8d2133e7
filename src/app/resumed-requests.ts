import type { AnalysisWatch } from '../enrichment/analyses/analysis-watch.js';
import type { Lifecycle } from './lifecycle.js';

/**
 * How long a stop waits for resumed requests, from its beginning: as long as for those of the queue, with the moment
 * that these have to let go.
 */
const DRAIN_MS = 6_000;

/** How requests that wait for an analysis are given up at a stop. */
export interface ResumedRequests {
  /** The watch runs, and is stopped before all that was added until now. */
  started(): void;
}

/**
 * Gives up resumed requests at a stop. They are waited for beside those of the queue, not after them: behind a queue that
 * takes its whole time nothing would be left for them. What is being answered then is marked as settled, however long
 * that takes, before the state is closed; otherwise it would be resumed and answered a second time.
 */
export function drainAtStop(watch: Pick<AnalysisWatch, 'drain'>, lifecycle: Lifecycle): ResumedRequests {
  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    drained ??= watch.drain(DRAIN_MS);
    // Its failure is told where it is waited for.
    drained.catch(() => undefined);
    return drained;
  };
  lifecycle.add('resumed requests', drain, 'done');
  return {
    started: () => {
      lifecycle.add('watch of analyses', () => {
        void drain();
        return Promise.resolve();
      });
    },
  };
}
