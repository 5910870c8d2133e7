import { describe, expect, it } from 'vitest';
import {
  OPENCTI_NAMESPACE,
  artifactId,
  attackPatternId,
  autonomousSystemId,
  deterministicId,
  externalReferenceId,
  fileId,
  identityId,
  indicatorId,
  killChainPhaseId,
  labelId,
  locationId,
  malwareAnalysisId,
  markingDefinitionId,
  namedObjectId,
  noteContentId,
  relationshipId,
  reportId,
  valueObservableId,
  x509CertificateId,
} from '../../src/stix/ids.js';

/**
 * Identifiers as OpenCTI's own client makes them, computed once with that client (7.x). They are literal on
 * purpose: an id that changes makes duplicates on every platform.
 */

const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const EMPTY_SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const EMPTY_SHA512 =
  'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e';

const ADDRESS = 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc';
const SYSTEM = 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc';
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const ADDRESS_INDICATOR = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
const START = '2024-01-02T03:04:05.000Z';
const STOP = '2024-02-02T03:04:05.000Z';

/** Number in the list of vectors, what is identified, the id made here, the id expected. */
const VECTORS: readonly (readonly [number, string, string | undefined, string])[] = [
  [1, 'IPv4 address', valueObservableId('ipv4-addr', '1.1.1.1'), ADDRESS],
  [
    2,
    'another IPv4 address',
    valueObservableId('ipv4-addr', '198.51.100.3'),
    'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
  ],
  [
    3,
    'IPv6 address',
    valueObservableId('ipv6-addr', '2001:db8::1'),
    'ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26',
  ],
  [
    4,
    'domain name',
    valueObservableId('domain-name', 'example.com'),
    'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7',
  ],
  [
    5,
    'domain name whose case was kept',
    deterministicId('domain-name', { value: 'Example.COM' }),
    'domain-name--780351e5-83ad-5bbe-8883-0e6174c2df50',
  ],
  [
    6,
    'host name',
    valueObservableId('hostname', 'www.example.com'),
    'hostname--3b96539c-807f-59c9-b4df-fe1865757b1e',
  ],
  [7, 'URL', valueObservableId('url', 'https://example.com/'), 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd'],
  [
    8,
    'URL beyond ASCII',
    valueObservableId('url', 'https://example.com/é'),
    'url--681cc340-7cd2-5db4-8c40-34f240adaced',
  ],
  [9, 'autonomous system', autonomousSystemId(13335), SYSTEM],
  [
    10,
    'file by MD5 among other hashes',
    fileId({ 'SHA-512': EMPTY_SHA512, 'SHA-256': EMPTY_SHA256, 'SHA-1': EMPTY_SHA1, MD5: EMPTY_MD5 }),
    'file--02fff920-f614-527c-81d1-6353633a6d21',
  ],
  [11, 'file by SHA-256', fileId({ 'SHA-256': EMPTY_SHA256 }), 'file--22f8ff52-8f62-5f03-a53a-6f50f54fd74c'],
  [12, 'file by SHA-1', fileId({ 'SHA-1': EMPTY_SHA1 }), 'file--fa6e66a5-f019-51f9-8ab5-812023e58c6e'],
  [13, 'file by name', fileId({}, 'empty.bin'), 'file--1429fba1-de00-5421-9a99-319c5eccc6e7'],
  [
    14,
    'file by hash and name (the rule of STIX, not of OpenCTI)',
    deterministicId('file', { hashes: { MD5: EMPTY_MD5 }, name: 'empty.bin' }),
    'file--a02d69c5-2e12-5d66-aa3b-6ae5039dc91b',
  ],
  [
    15,
    'artifact by MD5 among other hashes',
    artifactId({ MD5: EMPTY_MD5, 'SHA-256': EMPTY_SHA256 }),
    'artifact--02fff920-f614-527c-81d1-6353633a6d21',
  ],
  [
    16,
    'artifact by URL',
    artifactId({}, 'https://example.com/a.bin'),
    'artifact--e900d50c-c3f3-5f11-83ce-901cec3b205a',
  ],
  [
    17,
    'certificate by SHA-256',
    x509CertificateId({ 'SHA-256': EMPTY_SHA256 }),
    'x509-certificate--22f8ff52-8f62-5f03-a53a-6f50f54fd74c',
  ],
  [
    18,
    'certificate by serial number',
    x509CertificateId({}, '36:f7:d4:32:f4:ab:70:ea'),
    'x509-certificate--4c9504cc-15bb-52c8-8889-9fc6d27dd5ff',
  ],
  [19, 'Indicator of an address', indicatorId("[ipv4-addr:value = '1.1.1.1']"), ADDRESS_INDICATOR],
  [
    20,
    'Indicator of a domain name, with spaces around the pattern',
    indicatorId("  [domain-name:value = 'example.com'] "),
    'indicator--7a77fc31-d147-5d72-a862-2102ca88d002',
  ],
  [
    21,
    'Indicator of a file',
    indicatorId(`[file:hashes.'SHA-256' = '${EMPTY_SHA256}']`),
    'indicator--8d30e978-c6dd-5439-9ed0-bd61238915c3',
  ],
  [
    22,
    'Indicator of a URL',
    indicatorId("[url:value = 'https://example.com/a?b=c']"),
    'indicator--df312ff9-95d2-5608-9e9a-379efc588b9d',
  ],
  [
    23,
    'YARA Indicator',
    indicatorId('rule Test {\n\tstrings:\n\t\t$a = "é"\n\tcondition:\n\t\t$a\n}\n'),
    'indicator--c75fafdc-5077-58c3-9cb1-fbbade136b54',
  ],
  [24, 'country', locationId('US', 'Country'), 'location--1ff17ffc-2cdc-5be5-931c-a3fb392dc43c'],
  [
    25,
    'country with spaces around',
    locationId(' France ', 'Country'),
    'location--b8d0549f-de06-5ebd-a6e9-d31a581dba5d',
  ],
  [
    26,
    'position',
    deterministicId('location', { latitude: 48.8566, longitude: 2.3522 }),
    'location--76554dbe-0dbc-52fa-816d-ca9e292f0551',
  ],
  [27, 'organisation', identityId('VirusTotal', 'organization'), AUTHOR],
  [28, 'Note without date', noteContentId('hello'), 'note--4058e6cc-4426-5da6-8a84-7df60bc1195c'],
  [
    29,
    'Note with spaces around',
    noteContentId('  hello world\n ', '2024-01-02T03:04:05.678Z'),
    'note--411b0941-531f-5745-8784-8fe2cca85457',
  ],
  [
    30,
    'Note with abstract',
    noteContentId('  hello world\n ', '2024-01-02T03:04:05.678Z', 'VirusTotal Report'),
    'note--a7f3e6a5-578b-5a0e-86b9-49150bb0f9ef',
  ],
  [31, 'malware', namedObjectId('malware', 'Emotet'), 'malware--36297121-bf18-56e1-b200-d39c9f9f5cee'],
  [
    32,
    'intrusion set',
    namedObjectId('intrusion-set', 'APT28'),
    'intrusion-set--f743ab1d-b2f2-58f8-975f-0993511c0b9d',
  ],
  [
    33,
    'campaign',
    namedObjectId('campaign', 'Operation Aurora'),
    'campaign--266654e7-b68f-55ad-9254-c12816579aeb',
  ],
  [
    34,
    'vulnerability',
    namedObjectId('vulnerability', 'CVE-2021-44228'),
    'vulnerability--693c68fd-9a33-5d6d-b44e-407b6a48b05b',
  ],
  [
    35,
    'attack pattern by name',
    attackPatternId('PowerShell'),
    'attack-pattern--d5637203-6bb2-5c20-82bc-e1fd26cda6cd',
  ],
  [
    36,
    'attack pattern by MITRE id',
    attackPatternId('PowerShell', 'T1059.001'),
    'attack-pattern--b4d20430-6a7e-59fd-b2e4-8d3f6be56a6a',
  ],
  [
    37,
    'attack pattern whose MITRE id kept its case',
    deterministicId('attack-pattern', { x_mitre_id: 'T1059.001' }),
    'attack-pattern--5a9d0c10-3eab-5b54-9d30-d9ae590d238b',
  ],
  [38, 'report', reportId(' My Report ', START), 'report--c9d450c8-106b-5a1f-9970-8d45725ccae4'],
  [
    39,
    'external reference by URL',
    externalReferenceId({
      source_name: 'VirusTotal',
      url: 'https://www.virustotal.com/gui/ip-address/1.1.1.1',
      external_id: '1.1.1.1',
    }),
    'external-reference--47ec8452-a9a4-510e-87e2-179c8f86cea5',
  ],
  [
    40,
    'external reference by external id',
    externalReferenceId({ source_name: 'mitre-attack', external_id: 'T1059' }),
    'external-reference--aecbe091-f97b-5cc7-8b42-ee9efb0c4a9f',
  ],
  [41, 'label', labelId('PHISHING'), 'label--64027af7-ee46-5b0c-93a3-96f98e17f1b7'],
  [
    42,
    'label whose case was kept',
    deterministicId('label', { value: 'PHISHING' }),
    'label--5001b54c-438b-545e-9f0b-598d9b0b9b6c',
  ],
  [
    43,
    'kill chain phase',
    killChainPhaseId('mitre-attack', 'execution'),
    'kill-chain-phase--59a25637-983b-58e3-9b65-c46debf88307',
  ],
  [
    44,
    'relationship',
    relationshipId('belongs-to', ADDRESS, SYSTEM),
    'relationship--3711db39-b33a-59bf-b0fd-e6949077d75d',
  ],
  [
    45,
    'relationship of an Indicator',
    relationshipId('based-on', ADDRESS_INDICATOR, ADDRESS),
    'relationship--7198c469-6aac-551e-aa93-7a2eda6f14c9',
  ],
  [
    46,
    'relationship with start',
    relationshipId('related-to', ADDRESS, SYSTEM, START),
    'relationship--d5f7b112-1db9-5d22-9668-c334af4d3cf9',
  ],
  [
    47,
    'relationship with start and stop',
    relationshipId('related-to', ADDRESS, SYSTEM, START, STOP),
    'relationship--69ab2151-d1b5-50ed-9c9e-580f48944488',
  ],
  [
    48,
    'sighting',
    deterministicId('sighting', {
      type: 'sighting',
      sighting_of_ref: ADDRESS,
      where_sighted_refs: [AUTHOR],
    }),
    'sighting--ef323784-9d64-513c-a031-13793fa8ff1b',
  ],
  [
    49,
    'sighting with dates',
    deterministicId('sighting', {
      type: 'sighting',
      sighting_of_ref: ADDRESS,
      where_sighted_refs: [AUTHOR],
      first_seen: START,
      last_seen: STOP,
    }),
    'sighting--0a2a03a3-cc6d-540f-95d3-0cfef0b5e494',
  ],
  [
    50,
    'statement marking',
    markingDefinitionId('statement', 'Copyright 2024'),
    'marking-definition--d77ecd6d-c036-5226-b8a6-43150f7c6bf2',
  ],
];

describe('identifiers shared with OpenCTI', () => {
  it('are made in the namespace of STIX 2.1', () => {
    expect(OPENCTI_NAMESPACE).toBe('00abedb4-aa42-466c-9c01-fed23315a9b7');
  });

  it('are covered by fifty vectors', () => {
    expect(VECTORS.map(([number]) => number)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it.each(VECTORS)('vector %i: %s', (_number, _what, made, expected) => {
    expect(made).toBe(expected);
  });

  it('folds the case of domain names, as the platform does', () => {
    expect(valueObservableId('domain-name', 'Example.COM')).toBe(
      'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7',
    );
  });

  it('leaves the name of a file out when there is a hash, as the platform does', () => {
    expect(fileId({ MD5: EMPTY_MD5 }, 'empty.bin')).toBe('file--02fff920-f614-527c-81d1-6353633a6d21');
  });

  it('ignores the stop time of a relationship without start time', () => {
    expect(relationshipId('belongs-to', ADDRESS, SYSTEM, undefined, STOP)).toBe(
      'relationship--3711db39-b33a-59bf-b0fd-e6949077d75d',
    );
  });

  it('tells malware analyses apart by product, result name and submission, as the platform does', () => {
    const name = 'verdict on 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';
    expect(malwareAnalysisId('Zenbox', name)).toBe('malware-analysis--f80a4e3e-e593-54f1-8f31-f1425d5bc300');
    expect(malwareAnalysisId('Zenbox', name, '2006-05-22T18:34:23.000Z')).toBe(
      'malware-analysis--327c0f84-2104-55b5-b129-ad3ce62b16cd',
    );
  });

  it('ignores a blank abstract of a Note', () => {
    expect(noteContentId('hello', undefined, '  ')).toBe('note--4058e6cc-4426-5da6-8a84-7df60bc1195c');
  });
});
