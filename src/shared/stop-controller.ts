import { setMaxListeners } from 'node:events';

/**
 * An AbortController that many waits at once may listen to, one for each request in work. Node would take more than
 * ten listeners for a leak and warn.
 */
export function createStopController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
