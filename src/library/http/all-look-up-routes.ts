import { eventRoutes, type EventRouteOptions } from './event-routes.js';
import { jobRoutes } from './job-routes.js';
import { keyRoutes } from './key-routes.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { lookUpRoutes } from './look-up-routes.js';
import { settingsRoutes } from './settings-routes.js';
import { usageRoutes } from './usage-routes.js';

/** Look-ups, jobs, events, usage, settings of the organisation and the VirusTotal key. */
export function allLookUpRoutes(parts: LookUpParts, events?: EventRouteOptions): readonly Routes[] {
  return [
    lookUpRoutes(parts),
    jobRoutes(parts),
    eventRoutes(parts, events),
    usageRoutes(parts),
    settingsRoutes(parts),
    keyRoutes(parts),
  ];
}
