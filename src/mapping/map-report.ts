import type { Report, YaraRuleset } from '../virustotal/schema.js';
import type { MappedReport, MappingContext } from './context.js';
import { mapDomainReport } from './domain-name.js';
import { mapFileReport } from './file.js';
import { mapIpAddressReport } from './ip-address.js';
import { mapUrlReport } from './url.js';

/** What was asked of VirusTotal beside the report itself. */
export interface ReportExtras {
  /** The rulesets of the report's YARA matches by id; what could not be had is missing. */
  readonly rulesets: ReadonlyMap<string, YaraRuleset>;
  /** For URLs: the address that last served it. */
  readonly lastServingIpAddress: string | undefined;
}

/**
 * Maps one report of VirusTotal to what changes on the enriched object and to the STIX objects derived from it. Pure:
 * the same input gives an equal result. Whatever a report lacks, the rest of it is still mapped.
 *
 * @throws RangeError when `context.now` is not a valid date.
 */
export function mapReport(report: Report, context: MappingContext, extras: ReportExtras): MappedReport {
  switch (report.kind) {
    case 'file':
      return mapFileReport(report, context, extras.rulesets);
    case 'ip_address':
      return mapIpAddressReport(report, context);
    case 'domain':
      return mapDomainReport(report, context);
    case 'url':
      return mapUrlReport(report, context, extras.lastServingIpAddress);
  }
}
