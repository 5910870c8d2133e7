import { createAutonomousSystem, createCountry } from '../stix/create.js';
import { observablePattern } from '../stix/pattern.js';
import type { IpAddressReport } from '../virustotal/schema.js';
import type { MappedReport, MappingContext } from './context.js';
import { contribute, noExtras, type ReportExtras } from './contribution.js';
import { indicatorFromVerdict } from './indicator.js';
import { assembleReport, virusTotalReference } from './mapped-report.js';
import { codeSpan } from './note-markdown.js';
import { communityRows, resultsNote, type AttributeRow } from './notes.js';
import { ipAddressParts } from './parts.js';
import { plainText } from './plain-text.js';
import { relate, type NetworkRelation } from './relationships.js';
import { readVerdict } from './score.js';

/** OpenCTI stores AS numbers as 32-bit signed integers; a bigger one fails in its worker. */
const MAX_AS_NUMBER = 2_147_483_647;

const MAX_NAME_LENGTH = 255;

/** Maps the report of an IPv4 or IPv6 address. */
export function mapIpAddressReport(
  report: IpAddressReport,
  context: MappingContext,
  extras: ReportExtras = noExtras,
): MappedReport {
  const { observable, options } = context;
  const verdict = readVerdict(report, options.trustedEngines);
  const contributions = contribute(ipAddressParts, { report, verdict, context, extras });
  const detail = { engines: 'plain', attributes: attributes(report), contributions } as const;
  const target = {
    value: observable.value,
    pattern: observablePattern(observable.type, observable.value),
    reference: virusTotalReference(report),
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
  const { asn, asOwner, registry, country } = report;
  const found: NetworkRelation[] = [];
  if (asn !== undefined && Number.isInteger(asn) && asn >= 1 && asn <= MAX_AS_NUMBER) {
    const name = plainText(asOwner ?? '', MAX_NAME_LENGTH);
    const rir = plainText(registry ?? '', MAX_NAME_LENGTH);
    found.push({ type: 'belongs-to', target: createAutonomousSystem({ number: asn, name, rir }, context) });
  }
  if (country !== undefined && /^[a-z]{2}$/iu.test(country)) {
    found.push({ type: 'located-at', target: createCountry(country, context) });
  }
  return found;
}

function attributes(report: IpAddressReport): readonly AttributeRow[] {
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
