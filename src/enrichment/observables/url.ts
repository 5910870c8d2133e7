import { noExtras } from '../../mapping/contribution.js';
import type { ObservableDefinition } from './definition.js';
import { valueDefinition } from './value.js';

/** A URL. The address that last served it is shown in the attributes note; it comes with the report. */
export const url: ObservableDefinition = {
  ...valueDefinition('Url'),
  extras: (report, _observable, context) => {
    if (!context.options.includeAttributesInNote) return Promise.resolve(noExtras);
    const [server] = report.related.last_serving_ip_address ?? [];
    const lastServingIpAddress = server?.type === 'ip_address' ? server.id : undefined;
    return Promise.resolve({ ...noExtras, lastServingIpAddress });
  },
};
