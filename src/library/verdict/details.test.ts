import { describe, expect, it } from 'vitest';
import { bodyWithRelated } from '../../../test/conformance/related-reports.js';
import {
  domainReport,
  EICAR,
  engineResult,
  fileReport,
  ipAddressReport,
  stats,
  urlReport,
} from '../../../test/helpers/mapping-samples.js';
import { parseReport } from '../../virustotal/parse-report.js';
import type { RelatedObject, VtObject } from '../../virustotal/schema.js';
import { normaliseIoc } from '../ioc/normalise.js';
import { detailsOf } from './details.js';

const FETCHED = new Date('2026-03-04T05:06:07.890Z');

function related(type: string, id: string, more: Partial<RelatedObject> = {}): RelatedObject {
  return { type, id, url: undefined, filename: undefined, ...more };
}

describe('detailsOf', () => {
  it('shows a file', () => {
    const report = fileReport({
      sha256: EICAR.sha256,
      md5: EICAR.md5,
      size: 68,
      typeDescription: 'Power`shell|',
      meaningfulName: 'eicar.com',
      threatLabel: 'virus.eicar/test',
      threatNames: [
        { value: 'eicar', count: 5 },
        { value: 'test', count: 2 },
      ],
      tags: ['Attachment'],
      reputation: -5,
      firstSubmissionDate: new Date('2020-01-02T03:04:05Z'),
      stats: stats({ malicious: 2, harmless: 1, suspicious: 1, timeout: 1 }),
      results: [
        engineResult('Zeta', 'undetected'),
        { ...engineResult('Beta', 'malicious', 'EICAR\nTest'), updated: '20250614' },
        engineResult('alpha', 'malicious'),
      ],
      sandboxVerdicts: [
        {
          sandbox: 'Zenbox',
          category: 'malicious',
          confidence: 90,
          classifications: ['MALWARE'],
          malwareNames: [],
        },
      ],
    });
    const details = detailsOf(report, FETCHED, EICAR.sha256);
    expect(details).toMatchObject({
      known: true,
      fetchedAt: '2026-03-04T05:06:07.890Z',
      link: `https://www.virustotal.com/gui/file/${EICAR.sha256}`,
      engines: [
        { engine: 'alpha', category: 'malicious', result: null, updated: null },
        { engine: 'Beta', category: 'malicious', result: 'EICAR Test', updated: '2025-06-14' },
        { engine: 'Zeta', category: 'undetected', result: null, updated: null },
      ],
      threatNames: ['virus.eicar/test', 'eicar', 'test'],
      tags: ['attachment'],
      network: [],
      findings: [{ label: 'Sandbox: Zenbox', value: 'malicious; MALWARE' }],
      firstSeen: '2020-01-02T03:04:05.000Z',
      lastSeen: null,
      related: [],
    });
    expect(details.summary).toEqual([
      { label: 'Detection', value: '2 of 4 engines call it malicious' },
      { label: 'Suspicious', value: '1' },
      { label: 'Engines without a verdict', value: '1' },
      { label: 'Meaningful name', value: 'eicar.com' },
      { label: 'Type', value: 'Power`shell|' },
      { label: 'Threat label', value: 'virus.eicar/test' },
      { label: 'Community reputation', value: '-5' },
    ]);
    expect(details.files).toEqual([
      { label: 'SHA-256', value: EICAR.sha256 },
      { label: 'MD5', value: EICAR.md5 },
      { label: 'Size (bytes)', value: '68' },
      { label: 'First submission', value: '2020-01-02 03:04:05 UTC' },
    ]);
  });

  it('shows the network context of addresses, names and URLs', () => {
    expect(
      detailsOf(
        ipAddressReport({ asn: 64496, country: 'DE', network: '198.51.100.0/24' }),
        FETCHED,
        '198.51.100.3',
      ).network,
    ).toEqual([
      { label: 'Network', value: '198.51.100.0/24' },
      { label: 'AS number', value: '64496' },
      { label: 'Country', value: 'DE' },
    ]);
    const domain = domainReport({
      registrar: 'Example Registrar',
      creationDate: new Date('2019-05-06T00:00:00Z'),
      categories: [{ vendor: 'Alpha', category: 'phishing' }],
      dnsRecords: [{ type: 'A', value: '198.51.100.3', ttlSeconds: 300 }],
    });
    expect(detailsOf(domain, FETCHED, 'example.com')).toMatchObject({
      firstSeen: '2019-05-06T00:00:00.000Z',
      network: [
        { label: 'Registrar', value: 'Example Registrar' },
        { label: 'Creation date', value: '2019-05-06 00:00:00 UTC' },
        { label: 'DNS records', value: 'A 198.51.100.3' },
        { label: 'Categories', value: 'phishing (Alpha)' },
      ],
    });
    const url = urlReport({ title: 'Log in', finalUrl: 'https://example.com/a|b', responseCode: 200 });
    const details = detailsOf(url, FETCHED, 'http://example.com/');
    expect(details.summary).toContainEqual({ label: 'Title', value: 'Log in' });
    expect(details.summary).toContainEqual({ label: 'Final URL', value: 'https://example.com/a|b' });
    expect(details.network).toEqual([{ label: 'HTTP response code', value: '200' }]);
  });

  it('offers what is related, each once, in normal form, without itself and what is not public', () => {
    const report = domainReport({
      related: {
        subdomains: [
          related('domain', 'WWW.example.com'),
          related('domain', 'www.example.com'),
          related('domain', 'example.com'),
        ],
        resolutions: [
          related('resolution', '198.18.0.1example.com'),
          related('resolution', '1.2.3.4example.com'),
        ],
        communicating_files: [related('file', EICAR.sha256, { filename: 'C:\\a\\b.exe' })],
        something_new: [related('domain', 'x.com')],
      },
      relatedTotals: { subdomains: 40, communicating_files: 'more' },
    });
    expect(detailsOf(report, FETCHED, 'example.com').related).toEqual([
      { relation: 'resolutions', label: 'Resolutions', items: [{ type: 'ipv4', value: '1.2.3.4' }], more: 0 },
      {
        relation: 'subdomains',
        label: 'Subdomains',
        items: [{ type: 'hostname', value: 'www.example.com' }],
        more: 37,
      },
      {
        relation: 'communicating_files',
        label: 'Communicating files',
        items: [{ type: 'sha256', value: EICAR.sha256, name: 'b.exe' }],
        more: null,
      },
    ]);
  });

  it('has nothing but the time for what VirusTotal does not know', () => {
    const { fetchedAt, ...rest } = detailsOf(undefined, FETCHED, 'example.com');
    expect(fetchedAt).toBe('2026-03-04T05:06:07.890Z');
    expect(
      Object.values(rest).every(
        (value) => value === false || value === null || (Array.isArray(value) && value.length === 0),
      ),
    ).toBe(true);
  });

  it.each<VtObject>([
    { kind: 'file', hash: EICAR.sha256 },
    { kind: 'ip_address', address: '1.2.3.4' },
    { kind: 'domain', name: 'example.com' },
    { kind: 'url', url: 'http://example.com/' },
  ])('of a full report is JSON as it stands, and relates normal forms alone: $kind', (object) => {
    const report = parseReport(object.kind, bodyWithRelated(object));
    const details = detailsOf(report, FETCHED, String(Object.values(object)[1]));
    expect(JSON.parse(JSON.stringify(details))).toEqual(details);
    expect(details.related.length).toBeGreaterThan(0);
    for (const { items } of details.related)
      for (const { type, value } of items) expect(normaliseIoc(type, value).ioc).toEqual({ type, value });
  });
});
