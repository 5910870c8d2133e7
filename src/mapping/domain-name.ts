import ipaddr from 'ipaddr.js';
import { unroutableReason } from '../shared/ip-range.js';
import { createValueObservable } from '../stix/create.js';
import { observablePattern } from '../stix/pattern.js';
import type { DnsRecord, DomainReport } from '../virustotal/schema.js';
import type { MappedReport, MappingContext } from './context.js';
import { contribute, noExtras, type Contributions, type ReportExtras } from './contribution.js';
import { indicatorFromVerdict } from './indicator.js';
import { killChainPhases } from './kill-chain.js';
import { assembleReport, virusTotalReference } from './mapped-report.js';
import { codeSpan, type SafeMarkdown } from './note-markdown.js';
import { categoriesNote, communityRows, resultsNote, type AttributeRow } from './notes.js';
import { domainParts } from './parts.js';
import { relate, type NetworkRelation } from './relationships.js';
import { readVerdict } from './score.js';

/** Some names have hundreds of records. */
const MAX_RESOLVED_ADDRESSES = 100;
const MAX_SHOWN_RECORDS = 20;

/** Maps the report of a domain, for Domain-Names and Hostnames. */
export function mapDomainReport(
  report: DomainReport,
  context: MappingContext,
  extras: ReportExtras = noExtras,
): MappedReport {
  const { observable, options } = context;
  const verdict = readVerdict(report, options.trustedEngines);
  const contributions = contribute(domainParts, { report, verdict, context, extras });
  const detail = { engines: 'plain', attributes: domainAttributes(report), contributions } as const;
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
      verdictIndicator: indicatorFromVerdict(target, verdict, options.domain.indicator, context),
      notes: [resultsNote(report, verdict, detail, context), categoriesNote(report, context)],
      network: options.domain.addRelationships
        ? relate(undated(relations(report.dnsRecords, context), contributions), context)
        : [],
    },
    context,
  );
}

/** Without those of which a resolution says since when: two relationships to one address would say the same. */
function undated(
  relations: readonly NetworkRelation[],
  { objects }: Contributions,
): readonly NetworkRelation[] {
  const dated = new Set(
    objects.filter((object) => object.start_time !== undefined).map((object) => object.target_ref),
  );
  return dated.size === 0 ? relations : relations.filter(({ target }) => !dated.has(target.id));
}

/** The addresses carry no score: what is said about a name does not hold for every address it ever points to. */
function relations(records: readonly DnsRecord[], context: MappingContext): readonly NetworkRelation[] {
  return resolvedAddresses(records).map(({ type, address }) => ({
    type: 'resolves-to',
    target: createValueObservable(type, address, context),
  }));
}

interface Address {
  readonly type: 'ipv4-addr' | 'ipv6-addr';
  readonly address: string;
}

/**
 * Without addresses that are not publicly routable: as 127.0.0.1 and 0.0.0.0 stand for any machine, they would tie
 * names together that have nothing in common.
 */
function resolvedAddresses(records: readonly DnsRecord[]): readonly Address[] {
  const distinct = new Map<string, Address>();
  for (const { type, value } of records) {
    const address = readAddress(type.toUpperCase(), value.trim());
    if (address === undefined || unroutableReason(ipaddr.parse(address.address)) !== undefined) continue;
    distinct.set(address.address, address);
    if (distinct.size === MAX_RESOLVED_ADDRESSES) break;
  }
  return [...distinct.values()];
}

/** VirusTotal has records of type `A` whose value is no address at all: one such observable fails in the worker. */
function readAddress(recordType: string, value: string): Address | undefined {
  if (recordType === 'A' && ipaddr.IPv4.isValidFourPartDecimal(value)) {
    return { type: 'ipv4-addr', address: ipaddr.IPv4.parse(value).toString() };
  }
  if (recordType === 'AAAA' && !value.includes('%') && ipaddr.IPv6.isValid(value)) {
    return { type: 'ipv6-addr', address: ipaddr.IPv6.parse(value).toString() };
  }
  return undefined;
}

/** What the report says of the domain beside the verdict, with its labels: for the Note, and for whoever shows it elsewhere. */
export function domainAttributes(report: DomainReport): readonly AttributeRow[] {
  return [
    ['Registrar', report.registrar],
    ['Creation date', report.creationDate],
    ['Last update', report.lastUpdateDate],
    ['Expiration date', report.expirationDate],
    ['DNS records', shownRecords(report.dnsRecords)],
    ['DNS records date', report.dnsRecordsDate],
    ['Popularity ranks', report.popularityRanks.map(({ source, rank }) => `${source}: ${rank}`)],
    ['JARM', codeSpan(report.jarm)],
    ['WHOIS date', report.whoisDate],
    ['Tags', report.tags],
    ...communityRows(report),
  ];
}

function shownRecords(records: readonly DnsRecord[]): readonly SafeMarkdown[] {
  return records
    .slice(0, MAX_SHOWN_RECORDS)
    .map(({ type, value }) => codeSpan(`${type} ${value}`))
    .filter((record) => record !== undefined);
}
