import type { Part } from '../contribution.js';
import { labelsOf } from '../labels.js';

/** Labels of the enriched object: tags, threat and verdict, as the options want them. */
export const labels: Part = ({ report, verdict, context }) => {
  const wanted = labelsOf(report, verdict, context.options);
  return wanted.length === 0 ? undefined : { changes: { labels: wanted } };
};
