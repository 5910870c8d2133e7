import { parseReport } from '../../virustotal/parse-report.js';
import type { Report } from '../../virustotal/schema.js';
import type { Ioc } from '../ioc/ioc.js';
import { lookUpObject } from '../ioc/look-up-object.js';
import type { EnrichmentStore, EnrichmentWithReport } from '../store/enrichment-store.js';
import type { IocRecord } from '../store/ioc-record.js';
import type { IocStore } from '../store/ioc-store.js';
import { detailsOf, type ReportDetails } from '../verdict/details.js';
import type { RelatedGroup, RelatedIoc } from '../verdict/related-iocs.js';

/** A related IOC, and which one of the library it is. */
export interface RelatedItem extends RelatedIoc {
  readonly iocId: string | null;
}

/** The last answer about an IOC, as people read it; JSON as it stands. */
export interface IocDetails extends Omit<ReportDetails, 'related'> {
  readonly related: readonly (Omit<RelatedGroup, 'items'> & { readonly items: readonly RelatedItem[] })[];
}

/** What people read about an IOC. */
export class DetailsReader {
  readonly #iocs: IocStore;
  readonly #enrichments: EnrichmentStore;

  constructor(iocs: IocStore, enrichments: EnrichmentStore) {
    this.#iocs = iocs;
    this.#enrichments = enrichments;
  }

  /** The details of the newest enrichment; `null` before the first. */
  async latest({ organisationId, id, type, value }: IocRecord): Promise<IocDetails | null> {
    const enrichment = await this.#enrichments.latest(organisationId, id);
    if (enrichment === undefined) return null;
    const details = detailsOf(keptReport({ type, value }, enrichment), new Date(enrichment.fetchedAt), value);
    // A report that is damaged is no reason to say that VirusTotal does not know the IOC.
    return this.withIds(organisationId, { ...details, known: enrichment.known });
  }

  /** Says of related IOCs which ones of the organisation they are. */
  async withIds(organisationId: string, details: ReportDetails): Promise<IocDetails> {
    const ids = (
      await this.#iocs.findIds(
        organisationId,
        details.related.flatMap(({ items }) => items),
      )
    ).values();
    const related = details.related.map((group) => ({
      ...group,
      items: group.items.map((item) => ({ ...item, iocId: ids.next().value ?? null })),
    }));
    return { ...details, related };
  }
}

/** The report of an enrichment; `undefined` when VirusTotal did not know the IOC, or what is kept cannot be read. */
export function keptReport(
  ioc: Ioc,
  { known, report }: Pick<EnrichmentWithReport, 'known' | 'report'>,
): Report | undefined {
  const asked = lookUpObject(ioc);
  return known && 'object' in asked ? parseReport(asked.object.kind, report) : undefined;
}
