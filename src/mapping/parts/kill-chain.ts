import type { Part } from '../contribution.js';
import { deservesIndicator } from '../indicator-rule.js';
import { killChainPhases } from '../kill-chain.js';
import { kindOptions } from '../kind-options.js';

/**
 * Gives the phases that a new Indicator would get to an enriched one that VirusTotal is the author of. Like a new one it
 * gets them from a verdict that deserves an Indicator only.
 */
export const killChain: Part = ({ report, verdict, context, extras }) => {
  const { subject, options } = context;
  if (subject.entityType !== 'Indicator' || subject.ownSince === undefined) return undefined;
  if (!deservesIndicator(verdict, kindOptions(report.kind, options).indicator)) return undefined;
  return { changes: { killChainPhases: killChainPhases(report, options, extras) } };
};
