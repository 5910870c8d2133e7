import type { FileReport } from '../../virustotal/schema.js';
import type { Part } from '../contribution.js';
import { relationSource } from '../relationships.js';

/**
 * Completes an enriched Indicator on a hash: it is based on the file with all hashes that the report knows. Its pattern
 * stays, because that is what the platform knows it by, and what its author wrote.
 */
export const allHashes: Part<FileReport> = ({ context }) => {
  const { options, subject, fileHashes = {}, observable } = context;
  if (!options.indicators.allHashes || subject.entityType !== 'Indicator') return undefined;
  if (!Object.values(fileHashes).includes(observable.value)) return undefined;
  return { objects: relationSource(context).objects };
};
