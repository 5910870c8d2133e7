import { describe, expect, it } from 'vitest';
import { contextFor, domainReport, EICAR, fileReport, options } from '../../test/helpers/mapping-samples.js';
import { parseWhois } from '../virustotal/parse-whois.js';
import type { Association } from '../virustotal/schema-extras.js';
import { noExtras } from './contribution.js';
import { mapDomainReport } from './domain-name.js';
import { mapFileReport } from './file.js';

const NAME_ID = 'domain-name--3b96539c-807f-59c9-b4df-fe1865757b1e';
const FILE_ID = 'file--5a0c55a1-48a3-5003-9776-42946d1054cb';

describe('what two parts say of one object', () => {
  it('stands in one relationship: a name server that is a subdomain as well', () => {
    const context = contextFor('Domain-Name', 'evil.example.org', NAME_ID, {
      options: {
        network: { ...options.network, whois: true },
        domain: { ...options.domain, related: ['subdomains'] },
      },
    });
    const subdomain = { type: 'domain', id: 'ns1.evil.example.org', url: undefined, filename: undefined };
    const report = domainReport({
      id: 'evil.example.org',
      whois: parseWhois('Name Server: ns1.evil.example.org'),
      related: { subdomains: [subdomain] },
    });
    const { objects } = mapDomainReport(report, context);
    expect(objects.filter(({ type }) => type === 'relationship')).toMatchObject([
      { description: 'Name server (WHOIS). The name is below the domain.' },
    ]);
  });

  it('is one Malware with its types and aliases, and counts once', () => {
    const context = contextFor('StixFile', EICAR.sha256, FILE_ID, {
      options: { gti: ['malware_families'], file: { ...options.file, malware: true } },
    });
    const report = fileReport({
      threatNames: [
        { value: 'emotet', count: 9 },
        { value: 'dridex', count: 5 },
      ],
      threatCategories: [{ value: 'trojan', count: 9 }],
    });
    const family: Association = {
      kind: 'malware_families',
      id: 'malware--1',
      name: 'EMOTET',
      description: undefined,
      origin: undefined,
      createdAt: new Date('2020-01-02T03:04:05Z'),
      modifiedAt: new Date('2025-01-02T03:04:05Z'),
      aliases: ['Heodo'],
      firstSeenAt: undefined,
      lastSeenAt: undefined,
      cve: undefined,
      link: undefined,
    };
    const associations = { entries: [family], beyond: 0 };
    const { objects, summary } = mapFileReport(report, context, { ...noExtras, answers: { associations } });
    expect(objects.filter(({ type }) => type === 'malware')).toMatchObject([
      { name: 'EMOTET', aliases: ['Heodo'], malware_types: ['trojan'] },
      { name: 'Dridex' },
    ]);
    expect(summary.clauses).toEqual([
      '1 association of Google Threat Intelligence added',
      '1 malware family added',
    ]);
  });
});
