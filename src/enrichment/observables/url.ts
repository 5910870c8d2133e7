import type { ObservableDefinition } from './definition.js';
import { noExtras } from './definition.js';
import { valueDefinition } from './value.js';

/** A URL. The address that last served it costs a look-up of its own, so it is asked only for the attributes note. */
export const url: ObservableDefinition = {
  ...valueDefinition('Url'),
  extras: async (report, _observable, context) => {
    if (!context.options.includeAttributesInNote) return noExtras;
    try {
      const { virusTotal, asker } = context;
      return { ...noExtras, lastServingIpAddress: await virusTotal.lastServingIpAddress(report.id, asker) };
    } catch (error) {
      context.onLoss('the address that last served the URL', error);
      return noExtras;
    }
  },
};
