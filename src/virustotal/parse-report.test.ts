import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseReport } from './parse-report.js';
import type { DomainReport, FileReport, IpAddressReport, UrlReport, VtObjectKind } from './schema.js';

const md5 = '44d88612fea8a8f36de82e1278abb02f';
const sha1 = '3395856ce81f2b7382dee72602f798b642f14140';
const sha256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

function fileReport(attributes: unknown, id = sha256): FileReport {
  return parseReport('file', { data: { type: 'file', id, attributes } }) as FileReport;
}

describe('parseReport of a file', () => {
  it('reads every field that is used', () => {
    const attributes = {
      md5: md5.toUpperCase(),
      sha1,
      sha256,
      size: 68,
      meaningful_name: 'eicar.com',
      names: ['eicar.com', '', null, 'C:\\eicar.txt'],
      type_description: 'Powershell',
      type_tag: 'powershell',
      magic: 'EICAR virus test files',
      ssdeep: '3:a:b',
      tlsh: 'T1AB',
      first_submission_date: 1_600_000_000,
      last_submission_date: 1_700_000_000,
      creation_date: 1_500_000_000,
      last_analysis_date: 1_700_000_001,
      last_modification_date: 1_700_000_002,
      times_submitted: 12,
      unique_sources: 7,
      reputation: -3,
      total_votes: { harmless: 1, malicious: 2 },
      tags: ['powershell'],
      last_analysis_stats: {
        malicious: 2,
        suspicious: 1,
        undetected: 3,
        harmless: 4,
        timeout: 5,
        'confirmed-timeout': 6,
        failure: 7,
        'type-unsupported': 8,
      },
      last_analysis_results: {
        'Engine (One)': {
          engine_name: 'Engine (One)',
          category: 'malicious',
          result: 'EICAR-Test',
          engine_version: '1.0',
          engine_update: '20240101',
        },
        Two: { category: 'timeout', result: null, engine_version: null, engine_update: null },
      },
      popular_threat_classification: {
        suggested_threat_label: 'virus.eicar/test',
        popular_threat_category: [{ value: 'virus', count: 3 }],
        popular_threat_name: [{ value: 'eicar', count: 9 }, { count: 1 }, { value: 'uncounted' }],
      },
      gti_assessment: {
        verdict: { value: 'VERDICT_MALICIOUS' },
        severity: { value: 'SEVERITY_HIGH' },
        threat_score: { value: 80 },
        description: 'A test file.',
      },
      crowdsourced_yara_results: [
        {
          rule_name: 'Eicar',
          ruleset_id: '000ec4b68e',
          ruleset_name: 'eicar',
          source: 'https://example.com/rules',
          author: 'A. Uthor',
          description: 'Finds it',
          match_date: 1_650_000_000,
        },
        { rule_name: 'No_Ruleset' },
        { ruleset_id: '000ec4b68e' },
        null,
      ],
    };
    expect(fileReport(attributes)).toEqual({
      kind: 'file',
      id: sha256,
      md5,
      sha1,
      sha256,
      size: 68,
      meaningfulName: 'eicar.com',
      names: ['eicar.com', 'C:\\eicar.txt'],
      typeDescription: 'Powershell',
      typeTag: 'powershell',
      magic: 'EICAR virus test files',
      ssdeep: '3:a:b',
      tlsh: 'T1AB',
      firstSubmissionDate: new Date('2020-09-13T12:26:40Z'),
      lastSubmissionDate: new Date('2023-11-14T22:13:20Z'),
      creationDate: new Date('2017-07-14T02:40:00Z'),
      lastAnalysisDate: new Date('2023-11-14T22:13:21Z'),
      lastModificationDate: new Date('2023-11-14T22:13:22Z'),
      timesSubmitted: 12,
      uniqueSources: 7,
      reputation: -3,
      votes: { harmless: 1, malicious: 2 },
      tags: ['powershell'],
      stats: {
        malicious: 2,
        suspicious: 1,
        undetected: 3,
        harmless: 4,
        timeout: 5,
        confirmedTimeout: 6,
        failure: 7,
        typeUnsupported: 8,
      },
      results: [
        {
          engine: 'Engine (One)',
          category: 'malicious',
          result: 'EICAR-Test',
          version: '1.0',
          updated: '20240101',
        },
        { engine: 'Two', category: 'timeout', result: undefined, version: undefined, updated: undefined },
      ],
      threatLabel: 'virus.eicar/test',
      threatCategories: [{ value: 'virus', count: 3 }],
      threatNames: [
        { value: 'eicar', count: 9 },
        { value: 'uncounted', count: 0 },
      ],
      gti: {
        verdict: 'VERDICT_MALICIOUS',
        severity: 'SEVERITY_HIGH',
        threatScore: 80,
        description: 'A test file.',
      },
      crowdsourcedContext: [],
      related: {},
      relatedTotals: {},
      yaraMatches: [
        {
          ruleName: 'Eicar',
          rulesetId: '000ec4b68e',
          rulesetName: 'eicar',
          source: 'https://example.com/rules',
          author: 'A. Uthor',
          description: 'Finds it',
          matchDate: new Date('2022-04-15T05:20:00Z'),
        },
      ],
      sandboxVerdicts: [],
      sigmaMatches: [],
      idsMatches: [],
    });
  });

  it('reads an object that was never analysed', () => {
    const report = fileReport(undefined);
    expect(report).toMatchObject({
      kind: 'file',
      id: sha256,
      sha256,
      results: [],
      names: [],
      yaraMatches: [],
    });
    expect(report.stats).toBeUndefined();
    expect(report.gti).toBeUndefined();
    expect(report.votes).toBeUndefined();
  });

  it('takes a missing counter for 0 without results, and reads both spellings', () => {
    expect(
      fileReport({
        last_analysis_stats: { malicious: 1, typeUnsupported: 2, confirmedTimeout: 3, failure: null },
      }).stats,
    ).toEqual({
      malicious: 1,
      suspicious: 0,
      undetected: 0,
      harmless: 0,
      timeout: 0,
      confirmedTimeout: 3,
      failure: 0,
      typeUnsupported: 2,
    });
  });

  it.each([
    undefined,
    {},
    [],
    null,
    'x',
    7,
    { malicious: '3' },
    { malicious: '44', harmless: 20, undetected: 9 },
    { malicious: null, harmless: 20 },
    { malicious: 44, harmless: 20, undetected: -1 },
    { malicious: 44, harmless: 1.5 },
    { malicious: 44, suspicious: {} },
  ])('takes the counters %j for no stats at all when there are no results either', (stats) => {
    expect(fileReport({ last_analysis_stats: stats }).stats).toBeUndefined();
    expect(
      fileReport({ last_analysis_stats: stats, last_analysis_results: { A: { category: 7 } } }).stats,
    ).toBeUndefined();
  });

  const results = Object.fromEntries(
    [
      ...['malicious', 'malicious', 'suspicious', 'undetected', 'harmless', 'harmless', 'harmless'],
      ...['timeout', 'confirmed-timeout', 'failure', 'type-unsupported', 'typeUnsupported', 'unheard-of'],
    ].map((category, n) => [`Engine ${n}`, { category }]),
  );

  it.each([
    undefined,
    {},
    null,
    { malicious: '44', harmless: 20, undetected: 9 },
    { malicious: null, harmless: 20, undetected: 9 },
    { malicious: 44, harmless: 20, undetected: {} },
  ])('counts the results when the counters are %j', (stats) => {
    expect(fileReport({ last_analysis_stats: stats, last_analysis_results: results }).stats).toEqual({
      malicious: 2,
      suspicious: 1,
      undetected: 1,
      harmless: 3,
      timeout: 1,
      confirmedTimeout: 1,
      failure: 1,
      typeUnsupported: 2,
    });
  });

  it('counts the results of a category whose counter is left out', () => {
    expect(
      fileReport({ last_analysis_stats: { harmless: 20, undetected: 9 }, last_analysis_results: results })
        .stats,
    ).toMatchObject({ malicious: 2, suspicious: 1, harmless: 20, undetected: 9 });
  });

  it('believes the counters, even when they do not agree with the results', () => {
    expect(
      fileReport({ last_analysis_stats: { malicious: 44, timeout: 'x' }, last_analysis_results: results })
        .stats,
    ).toMatchObject({ malicious: 44, timeout: 1 });
  });

  it.each([
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    [1_700_000_000.9, '2023-11-14T22:13:20.000Z'],
    [4_000_000_000, '2096-10-02T07:06:40.000Z'],
  ])('reads the moment %j as seconds', (sent, expected) => {
    expect(fileReport({ creation_date: sent }).creationDate?.toISOString()).toBe(expected);
  });

  it.each([0, 1, -1, 1_700_000_000_000, 1e300, '', 'yesterday', null, true, {}])(
    'takes the moment %j for unknown',
    (sent) => {
      expect(fileReport({ creation_date: sent }).creationDate).toBeUndefined();
    },
  );

  it.each([3.33e21, -1, 1.5, '68', null])('takes the size %j for unknown', (size) => {
    expect(fileReport({ size }).size).toBeUndefined();
  });

  it.each([
    [{ value: 30 }, 30],
    [30, 30],
    [{ value: 0 }, 0],
    [{ value: 101 }, undefined],
    [-1, undefined],
    ['30', undefined],
    [{}, undefined],
    [null, undefined],
  ])('reads the threat score %j', (sent, expected) => {
    const { gti } = fileReport({ gti_assessment: { verdict: 'VERDICT_MALICIOUS', threat_score: sent } });
    expect(gti).toEqual({
      verdict: 'VERDICT_MALICIOUS',
      severity: undefined,
      threatScore: expected,
      description: undefined,
    });
  });

  it('takes an empty assessment for none', () => {
    expect(
      fileReport({ gti_assessment: { threat_score: {}, contributing_factors: {} } }).gti,
    ).toBeUndefined();
  });

  it('drops an engine without category and keeps the others', () => {
    const results = { A: null, B: { category: '' }, C: { category: 'harmless' }, D: [] };
    expect(fileReport({ last_analysis_results: results }).results).toEqual([
      { engine: 'C', category: 'harmless', result: undefined, version: undefined, updated: undefined },
    ]);
  });

  it('reads no more than a thousand entries of a list', () => {
    const names = Array.from({ length: 5000 }, (_, n) => `name-${n}`);
    expect(fileReport({ names, tags: names }).names).toHaveLength(1000);
    expect(fileReport({ names }).names.at(-1)).toBe('name-999');
  });

  it('knows the SHA-256 from the id alone and takes no digest of the wrong length', () => {
    expect(fileReport({ md5: sha1, sha1: 'xyz' })).toMatchObject({ md5: undefined, sha1: undefined, sha256 });
  });
});

describe('parseReport of an address', () => {
  it('reads every field that is used', () => {
    const attributes = {
      asn: 64_496,
      as_owner: 'Example Networks',
      network: '192.0.2.0/24',
      country: 'NL',
      continent: 'EU',
      regional_internet_registry: 'RIPE NCC',
      jarm: 'ab'.repeat(31),
      whois_date: 1_600_000_000,
      reputation: 0,
    };
    const report = parseReport('ip_address', { data: { type: 'ip_address', id: '192.0.2.1', attributes } });
    expect(report).toEqual({
      kind: 'ip_address',
      id: '192.0.2.1',
      stats: undefined,
      results: [],
      lastAnalysisDate: undefined,
      lastModificationDate: undefined,
      reputation: 0,
      votes: undefined,
      tags: [],
      gti: undefined,
      crowdsourcedContext: [],
      related: {},
      relatedTotals: {},
      asn: 64_496,
      asOwner: 'Example Networks',
      network: '192.0.2.0/24',
      country: 'NL',
      continent: 'EU',
      registry: 'RIPE NCC',
      jarm: 'ab'.repeat(31),
      whois: undefined,
      whoisDate: new Date('2020-09-13T12:26:40Z'),
    });
  });

  it.each([0, -1, 4_294_967_296, '64496', 1.5])('takes the AS number %j for unknown', (asn) => {
    const report = parseReport('ip_address', {
      data: { id: '192.0.2.1', attributes: { asn } },
    }) as IpAddressReport;
    expect(report.asn).toBeUndefined();
  });
});

describe('parseReport of a domain', () => {
  it('reads every field of its own', () => {
    const attributes = {
      categories: { 'Vendor A': 'search engines, portals', 'Vendor B': null, __proto__: 'x' },
      registrar: 'Example Registrar',
      creation_date: 874_306_800,
      last_update_date: 1_600_000_000,
      expiration_date: 1_900_000_000,
      last_dns_records: [
        { type: 'A', value: '192.0.2.1', ttl: 300 },
        { type: 'MX', value: 'mail.example.com', priority: 10 },
        { type: 'TXT' },
        { value: 'x' },
        'x',
      ],
      last_dns_records_date: 1_600_000_000,
      popularity_ranks: { 'Cisco Umbrella': { rank: 5, timestamp: 1 }, Majestic: {}, Alexa: 7 },
      jarm: 'cd'.repeat(31),
      whois_date: 1_600_000_000,
    };
    const report = parseReport('domain', {
      data: { type: 'domain', id: 'example.com', attributes },
    }) as DomainReport;
    expect(report).toMatchObject({
      kind: 'domain',
      id: 'example.com',
      categories: [{ vendor: 'Vendor A', category: 'search engines, portals' }],
      registrar: 'Example Registrar',
      creationDate: new Date('1997-09-15T07:00:00Z'),
      lastUpdateDate: new Date('2020-09-13T12:26:40Z'),
      expirationDate: new Date('2030-03-17T17:46:40Z'),
      dnsRecords: [
        { type: 'A', value: '192.0.2.1', ttlSeconds: 300 },
        { type: 'MX', value: 'mail.example.com', ttlSeconds: undefined },
      ],
      dnsRecordsDate: new Date('2020-09-13T12:26:40Z'),
      popularityRanks: [{ source: 'Cisco Umbrella', rank: 5 }],
      jarm: 'cd'.repeat(31),
      whois: undefined,
      whoisDate: new Date('2020-09-13T12:26:40Z'),
    });
  });
});

describe('parseReport of a URL', () => {
  it('reads every field of its own', () => {
    const attributes = {
      url: 'http://example.com/',
      last_final_url: 'https://example.com/',
      title: 'Example',
      categories: { Vendor: 'test' },
      threat_names: ['Mal/Test'],
      first_submission_date: 1_600_000_000,
      last_submission_date: 1_600_000_000,
      times_submitted: 3,
      last_http_response_code: 200,
      last_http_response_content_length: 1256,
      last_http_response_content_sha256: sha256,
      redirection_chain: ['http://example.com/'],
    };
    const report = parseReport('url', {
      data: { type: 'url', id: 'ab'.repeat(32), attributes },
    }) as UrlReport;
    expect(report).toMatchObject({
      kind: 'url',
      id: 'ab'.repeat(32),
      url: 'http://example.com/',
      finalUrl: 'https://example.com/',
      title: 'Example',
      categories: [{ vendor: 'Vendor', category: 'test' }],
      threatNames: ['Mal/Test'],
      firstSubmissionDate: new Date('2020-09-13T12:26:40Z'),
      lastSubmissionDate: new Date('2020-09-13T12:26:40Z'),
      timesSubmitted: 3,
      responseCode: 200,
      responseBytes: 1256,
      responseSha256: sha256,
      redirectionChain: ['http://example.com/'],
    });
  });

  it('takes an empty title for none', () => {
    const report = parseReport('url', {
      data: { id: 'ab'.repeat(32), attributes: { title: '' } },
    }) as UrlReport;
    expect(report.title).toBeUndefined();
  });
});

describe('parseReport of what is no report', () => {
  it.each([
    [undefined],
    [null],
    [[]],
    ['text'],
    [{}],
    [{ data: null }],
    [{ data: [] }],
    [{ data: {} }],
    [{ data: { id: '' } }],
    [{ data: { id: 7 } }],
    [{ data: { id: 'example.com', type: 'domain' } }],
  ])('gives nothing for %j', (body) => {
    expect(parseReport('file', body)).toBeUndefined();
  });

  it('gives nothing for an id far longer than any of VirusTotal', () => {
    expect(parseReport('domain', { data: { id: 'a'.repeat(300) } })).toBeDefined();
    expect(parseReport('domain', { data: { id: 'a'.repeat(301) } })).toBeUndefined();
  });
});

describe('parseReport with any JSON in any place', () => {
  const kinds = fc.constantFrom<VtObjectKind>('file', 'ip_address', 'domain', 'url');
  const keys = (
    'last_analysis_stats last_analysis_results last_analysis_date reputation total_votes tags gti_assessment md5 sha1 ' +
    'sha256 size names popular_threat_classification crowdsourced_yara_results asn as_owner country categories ' +
    'last_dns_records popularity_ranks creation_date url redirection_chain title last_http_response_code'
  ).split(' ');
  const inner = fc.dictionary(
    fc.constantFrom(
      'malicious',
      'value',
      'type',
      'category',
      'threat_score',
      'rule_name',
      'ruleset_id',
      'rank',
      'ttl',
    ),
    fc.jsonValue(),
  );
  const field = fc.oneof(fc.jsonValue(), inner, fc.array(inner), fc.dictionary(fc.string(), inner));

  it('never throws, and every moment it gives is valid', () => {
    fc.assert(
      fc.property(kinds, fc.dictionary(fc.constantFrom(...keys), field), (kind, attributes) => {
        const report = parseReport(kind, { data: { id: 'x', attributes } });
        for (const value of Object.values(report ?? {})) {
          if (value instanceof Date) expect(value.getTime()).toBeGreaterThan(1000);
        }
        expect(report?.kind).toBe(kind);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws over a body of any shape', () => {
    fc.assert(
      fc.property(kinds, fc.jsonValue(), (kind, value) => {
        expect(parseReport(kind, value)).toBeUndefined();
        expect(parseReport(kind, { data: { id: 'x', attributes: value } })?.id).toBe('x');
      }),
    );
  });
});
