import { createOrganization } from '../../stix/create-network.js';
import { createValueObservable } from '../../stix/create.js';
import type { Whois } from '../../virustotal/schema-intelligence.js';
import type { DomainReport, IpAddressReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { cell, codeSpan, type CellValue, type SafeMarkdown } from '../note-markdown.js';
import { plainText } from '../plain-text.js';
import { relate, type NetworkRelation } from '../relationships.js';
import { isMassDnsProvider } from './dns-providers.js';

const MAX_NAME = 255;
const MAX_NAME_SERVERS = 8;
const MAX_EMAILS = 5;

/**
 * What WHOIS says. In the graph is what one domain or address shares with few others: who registered it, with which
 * e-mail address, and name servers that do not serve everybody. The registrar, the dates and the rest say something to a
 * person only, and stand in the Note.
 */
export const whois: Part<IpAddressReport | DomainReport> = ({ report, context }) => {
  if (!context.options.network.whois) return undefined;
  const lines = whoisLines(report);
  return {
    objects: report.whois === undefined ? [] : relate(relations(report.whois, report.kind, context), context),
    sections: [{ title: 'WHOIS', lines }],
  };
};

function relations(
  { organization, emails, nameServers }: Whois,
  kind: 'ip_address' | 'domain',
  context: MappingContext,
): readonly NetworkRelation[] {
  const name = plainText(organization ?? '', MAX_NAME);
  const holder: readonly NetworkRelation[] =
    // OpenCTI refuses shorter names.
    name.length < 2
      ? []
      : kind === 'ip_address'
        ? [{ type: 'belongs-to', target: createOrganization(name, context) }]
        : // Old platforms refuse belongs-to here (protocol reference §7.3).
          [
            {
              type: 'related-to',
              target: createOrganization(name, context),
              description: 'Registrant (WHOIS)',
            },
          ];
  return [
    ...holder,
    ...emails.slice(0, MAX_EMAILS).map((email): NetworkRelation => ({
      type: 'related-to',
      target: createValueObservable('email-addr', email, context),
      description: 'E-mail address of the registrant (WHOIS)',
    })),
    ...nameServers
      .filter((host) => !isMassDnsProvider(host))
      .slice(0, MAX_NAME_SERVERS)
      .map((host): NetworkRelation => ({
        type: 'related-to',
        target: createValueObservable('domain-name', host, context),
        description: 'Name server (WHOIS)',
      })),
  ];
}

function whoisLines(report: IpAddressReport | DomainReport): string[] {
  const { whois: record } = report;
  // The report's own fields come from the same record, read by VirusTotal.
  const parsed =
    report.kind === 'domain'
      ? { ...report, registrar: report.registrar ?? record?.registrar }
      : {
          registrar: record?.registrar,
          creationDate: undefined,
          lastUpdateDate: undefined,
          expirationDate: undefined,
        };
  const rows: readonly (readonly [string, CellValue])[] = [
    ['Registrar', parsed.registrar],
    [report.kind === 'domain' ? 'Registrant' : 'Holder', record?.organization],
    ['E-mail addresses', codes(record?.emails)],
    ['Country', record?.country],
    ['Network name', record?.netName],
    ['Network range', codeSpan(record?.netRange)],
    ['Registered', parsed.creationDate ?? record?.createdAt],
    ['Updated', parsed.lastUpdateDate ?? record?.updatedAt],
    ['Expires', parsed.expirationDate ?? record?.expiresAt],
    ['Name servers', codes(record?.nameServers)],
    ['States', record?.statuses],
    ['Abuse contacts', codes(record?.abuseContacts)],
  ];
  const lines = rows
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    .map(([label, value]) => `- **${label}:** ${cell(value)}`);
  return lines.length === 0 ? [] : [...lines, `- **As of:** ${cell(report.whoisDate)}`];
}

function codes(texts: readonly string[] = []): readonly SafeMarkdown[] {
  return texts.map(codeSpan).filter((text) => text !== undefined);
}
