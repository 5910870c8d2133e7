import { createCountry } from '../stix/create.js';
import { observablePattern } from '../stix/pattern.js';
import type { IpAddressReport } from '../virustotal/schema.js';
import { autonomousSystemOf } from './autonomous-system.js';
import type { MappedReport, MappingContext } from './context.js';
import { contribute, noExtras, type ReportExtras } from './contribution.js';
import { indicatorFromVerdict } from './indicator.js';
import { killChainPhases } from './kill-chain.js';
import { assembleReport, virusTotalReference } from './mapped-report.js';
import { codeSpan } from './note-markdown.js';
import { communityRows, resultsNote, type AttributeRow } from './notes.js';
import { ipAddressParts } from './parts.js';
import { relate, type NetworkRelation } from './relationships.js';
import { readVerdict } from './score.js';

/** Maps the report of an IPv4 or IPv6 address. */
export function mapIpAddressReport(
  report: IpAddressReport,
  context: MappingContext,
  extras: ReportExtras = noExtras,
): MappedReport {
  const { observable, options } = context;
  const verdict = readVerdict(report, options.trustedEngines);
  const contributions = contribute(ipAddressParts, { report, verdict, context, extras });
  const detail = { engines: 'plain', attributes: ipAddressAttributes(report), contributions } as const;
  const target = {
    value: observable.value,
    pattern: observablePattern(observable.type, observable.value),
    reference: virusTotalReference(report),
    killChainPhases: killChainPhases(report, options, extras),
  };
  return assembleReport(
    report,
    verdict,
    {
      contributions,
      verdictIndicator: indicatorFromVerdict(target, verdict, options.ip.indicator, context),
      notes: [resultsNote(report, verdict, detail, context)],
      network: options.ip.addRelationships ? relate(relations(report, context), context) : [],
    },
    context,
  );
}

function relations(report: IpAddressReport, context: MappingContext): readonly NetworkRelation[] {
  const { country } = report;
  const found: NetworkRelation[] = [];
  const system = autonomousSystemOf(report, context);
  if (system !== undefined) found.push({ type: 'belongs-to', target: system });
  if (country !== undefined && /^[a-z]{2}$/iu.test(country)) {
    found.push({ type: 'located-at', target: createCountry(country, context) });
  }
  return found;
}

/** What the report says of the address beside the verdict, with its labels: for the Note, and for whoever shows it elsewhere. */
export function ipAddressAttributes(report: IpAddressReport): readonly AttributeRow[] {
  return [
    ['Network', codeSpan(report.network)],
    ['AS number', report.asn],
    ['AS owner', report.asOwner],
    ['Country', report.country],
    ['Continent', report.continent],
    ['Regional Internet registry', report.registry],
    ['JARM', codeSpan(report.jarm)],
    ['WHOIS date', report.whoisDate],
    ['Tags', report.tags],
    ...communityRows(report),
  ];
}
