import { parseReport } from '../../virustotal/parse-report.js';
import type { Ioc } from '../ioc/ioc.js';
import { objectKind } from '../ioc/object-kind.js';
import type { EnrichmentStore } from '../store/enrichment-store.js';
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
    const report = latest.report === null ? undefined : parseReport(objectKind(ioc.type), latest.report);
    const details = detailsOf(report, new Date(latest.fetchedAt), ioc.value);
    const related = details.related.flatMap(({ items }) => items);
    const ids = await this.iocs.findIds(organisationId, related);
    const idOf = new Map(related.map((item, index) => [item, ids[index] ?? null]));
    return {
      ...details,
      // Also where the answer itself was lost.
      known: latest.known,
      related: details.related.map((group) => ({
        ...group,
        items: group.items.map((item) => ({ ...item, iocId: idOf.get(item) ?? null })),
      })),
    };
  }
}
