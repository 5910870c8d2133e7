import type { Report } from '../virustotal/schema.js';
import type { MappedReport, MappingContext } from './context.js';
import type { ReportExtras } from './contribution.js';
import { mapDomainReport } from './domain-name.js';
import { mapFileReport } from './file.js';
import { mapIpAddressReport } from './ip-address.js';
import { mapUrlReport } from './url.js';

/**
 * Maps one report of VirusTotal to what changes on the enriched object and to the STIX objects derived from it. Pure:
 * the same input gives an equal result. Whatever a report lacks, the rest of it is still mapped.
 *
 * @throws RangeError when `context.now` is not a valid date.
 */
export function mapReport(report: Report, context: MappingContext, extras: ReportExtras): MappedReport {
  switch (report.kind) {
    case 'file':
      return mapFileReport(report, context, extras);
    case 'ip_address':
      return mapIpAddressReport(report, context, extras);
    case 'domain':
      return mapDomainReport(report, context, extras);
    case 'url':
      return mapUrlReport(report, context, extras);
  }
}
