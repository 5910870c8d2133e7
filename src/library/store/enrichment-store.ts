import type { Kysely, Selectable } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import { packValue, unpackValue } from '../../shared/packed-value.js';
import type { LibraryVerdict } from '../verdict/badge.js';
import { removeEnrichmentsSince } from './enrichment-removal.js';
import type { LibraryDatabase } from './open-database.js';
import type { EnrichmentTable, Tables } from './tables.js';

/** What one look-up found. */
export interface NewEnrichment {
  /** When VirusTotal was asked. */
  readonly fetchedAt: Date;
  /** Whether VirusTotal knows the IOC. */
  readonly known: boolean;
  readonly verdict: LibraryVerdict;
  /** These three are `null` when no engine judged. */
  readonly malicious: number | null;
  readonly suspicious: number | null;
  readonly engines: number | null;
  readonly threatLabel: string | null;
  /** The answer as VirusTotal gave it; `null` when it does not know the IOC. */
  readonly report: unknown;
  /** What changed since the enrichment before; anything that JSON can hold. */
  readonly changes: unknown;
}

/** One enrichment, without its report. */
export interface EnrichmentRecord extends Omit<
  Readonly<Selectable<EnrichmentTable>>,
  'known' | 'malicious' | 'suspicious' | 'engines' | 'threatLabel' | 'report' | 'reportEncoding' | 'changes'
> {
  readonly known: boolean;
  /** These three are `null` when no engine judged. */
  readonly malicious: number | null;
  readonly suspicious: number | null;
  readonly engines: number | null;
  readonly changes: unknown;
}

export interface EnrichmentWithReport extends EnrichmentRecord {
  /** Parsed JSON; `null` when VirusTotal did not know the IOC, or when the stored bytes are damaged. */
  readonly report: unknown;
}

const COLUMNS = [
  'id',
  'iocId',
  'organisationId',
  'fetchedAt',
  'known',
  'verdict',
  'malicious',
  'suspicious',
  'engines',
  'changes',
] as const;
const LONGEST_HISTORY = 200;

/** What VirusTotal said about IOCs, and when. */
export class EnrichmentStore {
  readonly #database: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#clock = clock;
  }

  /**
   * Keeps what a look-up found, and shows it at the IOC unless a later one is there already. An answer of the same moment
   * is the same answer, and kept once.
   *
   * @returns The id of the enrichment, or `undefined` when the organisation has no such IOC (any more).
   */
  async save(organisationId: string, iocId: string, enrichment: NewEnrichment): Promise<string | undefined> {
    const { known, verdict, malicious, suspicious, engines, threatLabel, report } = enrichment;
    const fetchedAt = enrichment.fetchedAt.toISOString();
    // Before the transaction begins: nobody shall wait for the compression.
    const packed = report === null ? undefined : await packValue(Buffer.from(JSON.stringify(report)));
    return this.#database.transaction().execute(async (transaction) => {
      const ioc = transaction
        .updateTable('iocs')
        .where('organisationId', '=', organisationId)
        .where('id', '=', iocId);
      // Locks the row, so that it cannot be deleted before the enrichment refers to it.
      const { numUpdatedRows } = await ioc
        .set((eb) => ({ updatedAt: eb.ref('updatedAt') }))
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return undefined;
      const same = await transaction
        .selectFrom('enrichments')
        .select('id')
        .where('iocId', '=', iocId)
        .where('fetchedAt', '=', fetchedAt)
        .executeTakeFirst();
      if (same !== undefined) return same.id;
      await ioc
        .set({
          verdict,
          malicious,
          suspicious,
          engines,
          threatLabel,
          enrichedAt: fetchedAt,
          // An answer of the cache may be older than the last change of the IOC, which nothing takes back.
          updatedAt: this.#clock.now().toISOString(),
        })
        .where((eb) => eb.or([eb('enrichedAt', 'is', null), eb('enrichedAt', '<=', fetchedAt)]))
        .execute();
      const id = uuidV7();
      await transaction
        .insertInto('enrichments')
        .values({
          id,
          iocId,
          organisationId,
          fetchedAt,
          known: known ? 1 : 0,
          verdict,
          malicious: malicious ?? 0,
          suspicious: suspicious ?? 0,
          engines: engines ?? 0,
          threatLabel,
          changes: JSON.stringify(enrichment.changes),
          report: packed?.bytes ?? null,
          reportEncoding: packed?.encoding ?? 0,
        })
        .execute();
      return id;
    });
  }

  /** The enrichments of an IOC without their reports, the newest first, 200 at most. */
  async history(organisationId: string, iocId: string): Promise<readonly EnrichmentRecord[]> {
    const rows = await this.#database
      .selectFrom('enrichments')
      .select(COLUMNS)
      .where('organisationId', '=', organisationId)
      .where('iocId', '=', iocId)
      .orderBy('fetchedAt', 'desc')
      .orderBy('id', 'desc')
      .limit(LONGEST_HISTORY)
      .execute();
    return rows.map(asRecord);
  }

  /** The newest enrichment of an IOC with its report, or `undefined`. */
  async latest(organisationId: string, iocId: string): Promise<EnrichmentWithReport | undefined> {
    const row = await this.#database
      .selectFrom('enrichments')
      .select([...COLUMNS, 'report', 'reportEncoding'])
      .where('organisationId', '=', organisationId)
      .where('iocId', '=', iocId)
      .orderBy('fetchedAt', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { report, reportEncoding, ...rest } = row;
    const bytes =
      report === null ? undefined : await unpackValue({ encoding: reportEncoding, bytes: report });
    return {
      ...asRecord(rest),
      report: bytes === undefined ? null : (JSON.parse(Buffer.from(bytes).toString()) as unknown),
    };
  }

  /**
   * Removes what was said since a moment, as it came of the simulator, also from the items of jobs. Each IOC shows its
   * latest enrichment from before then, judged by the thresholds of today; it is not enriched when there is none.
   *
   * @returns How many IOCs.
   */
  removeSince(moment: Date): Promise<number> {
    return removeEnrichmentsSince(this.#database, moment.toISOString(), this.#clock.now().toISOString());
  }
}

function asRecord(row: Pick<Selectable<EnrichmentTable>, (typeof COLUMNS)[number]>): EnrichmentRecord {
  const counts = row.engines === 0 ? { malicious: null, suspicious: null, engines: null } : {};
  return { ...row, ...counts, known: row.known === 1, changes: JSON.parse(row.changes) as unknown };
}
