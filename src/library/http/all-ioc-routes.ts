import type { Clock } from '../../shared/clock.js';
import { iocBulkRoutes } from './ioc-bulk-routes.js';
import { iocExportRoutes } from './ioc-export-routes.js';
import { iocImportRoutes } from './ioc-import-routes.js';
import { iocListRoutes } from './ioc-list-routes.js';
import type { IocParts } from './ioc-parts.js';
import { iocRelatedRoutes } from './ioc-related-routes.js';
import { iocRoutes } from './ioc-routes.js';
import { iocSendRoutes } from './ioc-send-routes.js';
import type { Routes } from './library-app.js';

/** Everything below `/api/iocs`. */
export function allIocRoutes(parts: IocParts, clock?: Clock): readonly Routes[] {
  return [
    iocListRoutes(parts),
    iocImportRoutes(parts),
    iocBulkRoutes(parts),
    iocRelatedRoutes(parts),
    iocExportRoutes(parts, clock),
    iocSendRoutes(parts),
    iocRoutes(parts),
  ];
}
