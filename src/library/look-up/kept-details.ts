import { parseReport } from '../../virustotal/parse-report.js';
import type { Report } from '../../virustotal/schema.js';
import type { Ioc } from '../ioc/ioc.js';
import { objectKind } from '../ioc/object-kind.js';
import type { EnrichmentStore, EnrichmentWithReport } from '../store/enrichment-store.js';
import type { IocStore } from '../store/ioc-store.js';
import { detailsOf, type ReportDetails } from '../verdict/details.js';
import type { RelatedGroup, RelatedIoc } from '../verdict/related-iocs.js';

/** A related IOC, and which one of the library it is. */
export interface KeptRelatedIoc extends RelatedIoc {
  /** `null` when the library does not have it. */
  readonly iocId: string | null;
}

export interface KeptRelatedGroup extends Omit<RelatedGroup, 'items'> {
  readonly items: readonly KeptRelatedIoc[];
}

/** What the last look-up of an IOC found, as people read it. */
export interface KeptDetails extends Omit<ReportDetails, 'related'> {
  readonly related: readonly KeptRelatedGroup[];
}

/** Details of IOCs. They are made from the answer of VirusTotal each time, so that they are as good as the code is now. */
export class KeptDetailsReader {
  constructor(
    private readonly iocs: IocStore,
    private readonly enrichments: EnrichmentStore,
  ) {}

  /** @returns `null` when the IOC was never looked up. */
  async of(organisationId: string, ioc: Ioc & { readonly id: string }): Promise<KeptDetails | null> {
    const latest = await this.enrichments.latest(organisationId, ioc.id);
    if (latest === undefined) return null;
    const details = detailsOf(keptReport(ioc, latest), new Date(latest.fetchedAt), ioc.value);
    // Also where the answer itself was lost.
    return this.withIds(organisationId, { ...details, known: latest.known });
  }

  /** Says of related IOCs which ones of the organisation they are. */
  async withIds(organisationId: string, details: ReportDetails): Promise<KeptDetails> {
    const related = details.related.flatMap(({ items }) => items);
    const ids = await this.iocs.findIds(organisationId, related);
    const idOf = new Map(related.map((item, index) => [item, ids[index] ?? null]));
    return {
      ...details,
      related: details.related.map((group) => ({
        ...group,
        items: group.items.map((item) => ({ ...item, iocId: idOf.get(item) ?? null })),
      })),
    };
  }
}

/** The report of an enrichment; `undefined` when VirusTotal did not know the IOC, or what is kept cannot be read. */
export function keptReport(
  { type }: Ioc,
  { report }: Pick<EnrichmentWithReport, 'report'>,
): Report | undefined {
  return report === null ? undefined : parseReport(objectKind(type), report);
}
