import { describe, expect, it } from 'vitest';
import {
  fullDomainBody,
  fullFileBody,
  fullIpAddressBody,
  fullUrlBody,
} from '../../test/conformance/full-reports.js';
import { certificate, sandboxVerdicts, sigmaMatches } from './parse-intelligence.js';
import { parseReport } from './parse-report.js';

describe('a full report', () => {
  it('of a file has matches of Sigma and IDS rules, and the factors of its assessment', () => {
    expect(parseReport('file', fullFileBody)).toMatchObject({
      sigmaMatches: [{ title: 'Demo', level: 'high', source: 'Example Rules', author: 'Example Author' }],
      idsMatches: [{ ruleId: '1:2036289', severity: 'high', url: 'https://example.com/rule' }],
      gtiFactors: { raised: ['mandiant_osint'], categories: ['malware'], confidence: 80 },
      threatSeverity: { level: 'SEVERITY_HIGH', description: 'Invented' },
      crowdsourcedContext: [{ title: 'Demo', severity: 'high', source: 'Example Feed' }],
    });
  });

  it.each([
    ['ip_address', fullIpAddressBody],
    ['domain', fullDomainBody],
  ] as const)('of kind %s has the certificate', (kind, body) => {
    expect(parseReport(kind, body)).toMatchObject({
      certificate: {
        subject: 'CN=example.com',
        issuer: 'C=ZZ, O=Example CA, CN=a, CN=b',
        notBefore: new Date('2025-07-07T08:35:58Z'),
        notAfter: new Date('2025-09-29T08:35:57Z'),
        keyAlgorithm: 'RSA',
        keyExponent: 65_537,
        alternativeNames: ['example.com', '198.51.100.3'],
      },
    });
  });

  it('of a domain or URL has the favicon', () => {
    const favicon = { dhash: '0000000000000000' };
    expect(parseReport('domain', fullDomainBody)).toMatchObject({ favicon });
    expect(parseReport('url', fullUrlBody)).toMatchObject({ favicon });
  });
});

describe('what is not as expected', () => {
  it('costs a certificate only its bad fields, unless it has no hash', () => {
    const sha256 = 'AB'.repeat(32);
    expect(
      certificate({ thumbprint_sha256: sha256, validity: { not_before: 'soon' }, subject: 7 }, 'x'),
    ).toMatchObject({ sha256: sha256.toLowerCase(), notBefore: undefined, subject: undefined });
    expect(certificate({ thumbprint: 'ab' }, 1)).toBeUndefined();
  });

  it('costs a sandbox without category, and a Sigma match without id, themselves only', () => {
    expect(
      sandboxVerdicts({
        A: { category: 'malicious', confidence: 101, malware_names: ['X', null] },
        B: {},
        C: null,
      }),
    ).toEqual([
      {
        sandbox: 'A',
        category: 'malicious',
        confidence: undefined,
        classifications: [],
        malwareNames: ['X'],
      },
    ]);
    expect(sigmaMatches([{ rule_id: 'short' }, null, 7])).toEqual([]);
  });
});
