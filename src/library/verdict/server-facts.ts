import type { AttributeRow } from '../../mapping/notes.js';
import type { DomainReport, IpAddressReport, UrlReport } from '../../virustotal/schema.js';

/** What the certificate, the WHOIS record and the vendors say of a server or name, beyond its attributes. */
export function serverFacts(report: DomainReport | IpAddressReport | UrlReport): readonly AttributeRow[] {
  const categories: AttributeRow[] =
    report.kind === 'ip_address'
      ? []
      : [['Categories', report.categories.map(({ vendor, category }) => `${category} (${vendor})`)]];
  if (report.kind === 'url') return categories;
  const { certificate, whois } = report;
  return [
    ...categories,
    ['Certificate subject', certificate?.subject],
    ['Certificate issuer', certificate?.issuer],
    ['Certificate valid from', certificate?.notBefore],
    ['Certificate valid until', certificate?.notAfter],
    ['Certificate names', certificate?.alternativeNames],
    ['Certificate SHA-256', certificate?.sha256],
    ['WHOIS organisation', whois?.organization],
    ['WHOIS e-mail addresses', whois?.emails],
    ['Name servers', whois?.nameServers],
    ['WHOIS network', whois?.netName],
    ['WHOIS range', whois?.netRange],
  ];
}
