import type { Ioc } from '../ioc/ioc.js';
import type { LibraryVerdict } from '../verdict/badge.js';

/** An IOC as the library keeps it, with what an export says of it. Times are ISO 8601 in UTC with milliseconds. */
export interface ExportedIoc extends Ioc {
  readonly tags: readonly string[];
  readonly source: string | null;
  readonly note: string | null;
  /** `null` while not enriched; likewise the counts, and `null` where nobody judged. */
  readonly verdict: LibraryVerdict | null;
  readonly malicious: number | null;
  readonly suspicious: number | null;
  readonly engines: number | null;
  readonly threatLabel: string | null;
  readonly enrichedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Where the report of this IOC led to others that are kept. */
  readonly relations: readonly ExportedRelation[];
}

/** A kept relation, seen from the IOC whose report named it. */
export interface ExportedRelation {
  /** VirusTotal's name: `contacted_domains`. */
  readonly relation: string;
  readonly target: Ioc;
}

/** Pages of IOCs in the order of the export: as the store reads them. */
export type IocPages = AsyncIterable<readonly ExportedIoc[]> | Iterable<readonly ExportedIoc[]>;
