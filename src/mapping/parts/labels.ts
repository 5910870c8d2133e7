import type { Part } from '../contribution.js';
import { kindOptions } from '../kind-options.js';
import { labelNames } from '../labels.js';
import { verdictBand } from '../verdict-band.js';

/**
 * What the enriched object may be labelled with: verdict, threat and tags, as the options want them. An Indicator has
 * one verdict for all its values, so the lists and the prefix are applied where the reports are put together.
 */
export const labels: Part = ({ report, verdict, context: { options } }) => {
  const { indicator } = kindOptions(report.kind, options);
  const band = options.labels.verdict ? verdictBand(report, verdict, indicator) : undefined;
  const names = labelNames(report, options);
  return band === undefined && names.length === 0 ? undefined : { changes: { band, labels: names } };
};
