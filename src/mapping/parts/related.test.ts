import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  EICAR,
  fileReport,
  indicatorContextFor,
  ipAddressReport,
  options,
  urlReport,
  type ContextChanges,
} from '../../../test/helpers/mapping-samples.js';
import { everyOption } from '../../../test/conformance/enrichment-runs.js';
import { acceptsRelationship } from '../../simulators/platform/relationship-rules.js';
import type { StixId, StixObject } from '../../stix/objects.js';
import type { RelatedObject, RelatedTotals, Report, UrlReport } from '../../virustotal/schema.js';
import type { Resolution } from '../../virustotal/schema-extras.js';
import type { MappingContext, ObservableType } from '../context.js';
import { noExtras, type Contribution, type Part } from '../contribution.js';
import { mapDomainReport } from '../domain-name.js';
import type { MappingOptions } from '../options.js';
import { readVerdict } from '../score.js';
import { domainRules, fileRules, ipAddressRules, urlRules } from './related-rules.js';
import { relatedToDomain, relatedToFile, relatedToIpAddress, relatedToUrl } from './related.js';

const FILE_ID: StixId = 'file--00f91c70-2975-500a-919c-fe3a0d6c125a';
const ARTIFACT_ID: StixId = 'artifact--3c5c1b4e-9b0e-5a2b-8f29-6a9d5c1c2b11';
const ADDRESS_ID: StixId = 'ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4';
const NAME_ID: StixId = 'domain-name--3b96539c-807f-59c9-b4df-fe1865757b1e';
const URL_ID: StixId = 'url--e3c3e307-1e4e-530a-9398-b0675c3c95ba';
const FILE_A = 'a'.repeat(64);
const FILE_B = 'b'.repeat(64);
const FILE_A_ID = 'file--75cb38d5-2055-5354-b75a-8299a2d670b5';
const FILE_B_ID = 'file--b188c565-67a9-5a0c-81a4-d9e57074246a';

const marked = {
  spec_version: '2.1',
  object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
};
const observed = {
  ...marked,
  x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
};
const made = {
  ...marked,
  created: '2026-03-04T05:06:07.890Z',
  modified: '2026-03-04T05:06:07.890Z',
  created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
};

function descriptor(type: string, id: string, context: Partial<RelatedObject> = {}): RelatedObject {
  return { type, id, url: undefined, filename: undefined, ...context };
}
const file = (id: string, filename?: string) => descriptor('file', id, { filename });
const domain = (id: string) => descriptor('domain', id);
const address = (id: string) => descriptor('ip_address', id);
const resolution = (id: string) => descriptor('resolution', id);
const url = (text: string, id = 'c'.repeat(64)) => descriptor('url', id, { url: text });

type Related = Record<string, readonly RelatedObject[]>;

/** Every relationship of every kind is wanted. */
const wanted: MappingOptions = {
  ...options,
  file: { ...options.file, related: everyOption.file.related },
  ip: { ...options.ip, related: everyOption.ip.related },
  domain: { ...options.domain, related: everyOption.domain.related },
  url: { ...options.url, related: everyOption.url.related },
};
const settings = (changes: Partial<MappingOptions['related']>): ContextChanges => ({
  options: { ...wanted, related: { ...wanted.related, ...changes } },
});

function run<R extends Report>(
  part: Part<R>,
  report: R,
  context: MappingContext,
  resolutions?: readonly Resolution[],
): Contribution {
  const answers = resolutions === undefined ? {} : { resolutions: { entries: resolutions, beyond: 0 } };
  const verdict = readVerdict(report);
  return part({ report, verdict, context, extras: { ...noExtras, answers } }) ?? {};
}

function ofFile(
  related: Related,
  {
    type = 'StixFile',
    totals = {},
    ...changes
  }: ContextChanges & { type?: ObservableType; totals?: RelatedTotals } = {},
): Contribution {
  const id = type === 'StixFile' ? FILE_ID : ARTIFACT_ID;
  const context = contextFor(type, EICAR.sha256, id, { options: wanted, ...changes });
  return run(relatedToFile, fileReport({ related, relatedTotals: totals }), context);
}

function ofAddress(
  related: Related,
  changes: ContextChanges = {},
  resolutions?: readonly Resolution[],
): Contribution {
  const context = contextFor('IPv4-Addr', '1.2.3.4', ADDRESS_ID, { options: wanted, ...changes });
  return run(relatedToIpAddress, ipAddressReport({ id: '1.2.3.4', related }), context, resolutions);
}

function ofName(
  related: Related,
  {
    type = 'Domain-Name',
    value = 'www.example.com',
    ...changes
  }: ContextChanges & { type?: ObservableType; value?: string } = {},
  resolutions?: readonly Resolution[],
): Contribution {
  const context = contextFor(type, value, NAME_ID, { options: wanted, ...changes });
  return run(relatedToDomain, domainReport({ id: 'www.example.com', related }), context, resolutions);
}

function ofUrl(related: Related, changes: Partial<UrlReport> = {}): Contribution {
  const report = urlReport({ url: 'http://c2.example.com/x', related, ...changes });
  return run(relatedToUrl, report, contextFor('Url', 'http://c2.example.com/x', URL_ID, { options: wanted }));
}

const relationships = ({ objects = [] }: Contribution) =>
  objects.filter(({ type }) => type === 'relationship');
/** `source type target`, without the ids of the enriched object. */
const edges = (contribution: Contribution): unknown[] =>
  relationships(contribution).map((object) => [
    object.source_ref,
    object.relationship_type,
    object.target_ref,
  ]);
const values = ({ objects = [] }: Contribution): unknown[] =>
  objects
    .filter(({ type }) => type !== 'relationship')
    .map((object) => object.value ?? (object.hashes as Record<string, string>)['SHA-256']);

describe('what is related to a file', () => {
  it('is added with the relationship that OpenCTI has for it, and nothing carries a score', () => {
    const contribution = ofFile({
      contacted_domains: [domain('C2.example.com')],
      contacted_ips: [address('1.2.3.4')],
      contacted_urls: [url('http://c2.example.com/x')],
      dropped_files: [file(FILE_A)],
      bundled_files: [file(FILE_B, 'inner/setup.exe')],
      execution_parents: [file(FILE_B)],
    });
    expect(contribution).toEqual({
      objects: [
        {
          type: 'domain-name',
          id: 'domain-name--18658069-b22f-5128-b69d-1b79b8f22823',
          ...observed,
          value: 'c2.example.com',
        },
        { type: 'ipv4-addr', id: ADDRESS_ID, ...observed, value: '1.2.3.4' },
        { type: 'url', id: URL_ID, ...observed, value: 'http://c2.example.com/x' },
        { type: 'file', id: FILE_A_ID, ...observed, hashes: { 'SHA-256': FILE_A } },
        {
          type: 'file',
          id: FILE_B_ID,
          ...observed,
          hashes: { 'SHA-256': FILE_B },
          x_opencti_additional_names: ['setup.exe'],
        },
        {
          type: 'relationship',
          id: 'relationship--fa5f4b21-b56a-5b14-a8b8-97faf8c87c69',
          ...made,
          relationship_type: 'communicates-with',
          source_ref: FILE_ID,
          target_ref: 'domain-name--18658069-b22f-5128-b69d-1b79b8f22823',
        },
        {
          type: 'relationship',
          id: 'relationship--135137f0-df07-516b-b65c-da285e2db8aa',
          ...made,
          relationship_type: 'communicates-with',
          source_ref: FILE_ID,
          target_ref: ADDRESS_ID,
        },
        {
          type: 'relationship',
          id: 'relationship--79b91f02-9c18-5047-a135-bbd8fc7ed044',
          ...made,
          relationship_type: 'related-to',
          source_ref: FILE_ID,
          target_ref: URL_ID,
          description: 'The file contacts the URL.',
        },
        {
          type: 'relationship',
          id: 'relationship--b9ad1d7c-e94f-585a-92b9-66dc07743130',
          ...made,
          relationship_type: 'drops',
          source_ref: FILE_ID,
          target_ref: FILE_A_ID,
        },
        {
          type: 'relationship',
          id: 'relationship--f34fb768-5180-5d75-9007-c0ed3c92cc0c',
          ...made,
          relationship_type: 'related-to',
          source_ref: FILE_ID,
          target_ref: FILE_B_ID,
          description: 'The file holds the other one.',
        },
        {
          type: 'relationship',
          id: 'relationship--f7965714-ba63-5fa6-95b0-aeffd106e846',
          ...made,
          relationship_type: 'drops',
          source_ref: FILE_B_ID,
          target_ref: FILE_ID,
        },
      ],
      remarks: [],
      clauses: ['5 related observables added'],
    });
  });

  it('is one observable under all its names when several relationships give it', () => {
    const contribution = ofFile({
      dropped_files: [file(FILE_A), file(FILE_A)],
      bundled_files: [file(FILE_A, 'a.exe'), file(FILE_A, 'C:\\Temp\\a.exe'), file(FILE_A, 'b.exe')],
    });
    expect(contribution.objects).toMatchObject([
      { id: FILE_A_ID, x_opencti_additional_names: ['a.exe'] },
      { relationship_type: 'drops' },
      { relationship_type: 'related-to' },
    ]);
    expect(contribution.clauses).toEqual(['1 related observable added']);
  });

  it('never is the file itself, by whatever hash it is enriched', () => {
    const context = contextFor('StixFile', EICAR.md5, FILE_ID, { options: wanted });
    const report = fileReport({
      related: { dropped_files: [file(EICAR.sha256), file(EICAR.sha256.toUpperCase())] },
    });
    expect(run(relatedToFile, report, context)).toEqual({ objects: [], remarks: [], clauses: [] });
  });

  it('hangs on an artifact by what OpenCTI accepts there, one relationship for two facts', () => {
    const contribution = ofFile(
      {
        contacted_ips: [address('1.2.3.4')],
        dropped_files: [file(FILE_A)],
        bundled_files: [file(FILE_A)],
        execution_parents: [file(FILE_B)],
      },
      { type: 'Artifact' },
    );
    expect(edges(contribution)).toEqual([
      [ARTIFACT_ID, 'communicates-with', ADDRESS_ID],
      [ARTIFACT_ID, 'related-to', FILE_A_ID],
      [FILE_B_ID, 'related-to', ARTIFACT_ID],
    ]);
    expect(relationships(contribution)[1]?.description).toBe(
      'The file drops the other one when it runs. The file holds the other one.',
    );
  });

  it('hangs on the file of an Indicator, which is created with the hash that was asked', () => {
    const context = indicatorContextFor('StixFile', EICAR.sha256, { options: wanted });
    const report = fileReport({ related: { dropped_files: [file(FILE_A)] } });
    const contribution = run(relatedToFile, report, context);
    expect(contribution.objects?.[0]).toEqual({
      type: 'file',
      id: FILE_ID,
      ...observed,
      hashes: { 'SHA-256': EICAR.sha256 },
    });
    expect(edges(contribution)).toEqual([
      [context.subject.id, 'based-on', FILE_ID],
      [FILE_ID, 'drops', FILE_A_ID],
    ]);
    expect(contribution.clauses).toEqual(['1 related observable added']);
  });

  it('is nothing at all for an Indicator when nothing is left of it', () => {
    const context = indicatorContextFor('StixFile', EICAR.md5, { options: wanted });
    const report = fileReport({ related: { contacted_ips: [address('10.0.0.1')] } });
    expect(run(relatedToFile, report, context).objects).toEqual([]);
  });

  it('is not touched without the option, nor what no option names', () => {
    const related = { contacted_ips: [address('1.2.3.4')] };
    expect(ofFile(related, { options })).toEqual({});
    const only = { ...options, file: { ...options.file, related: ['dropped_files' as const] } };
    expect(ofFile(related, { options: only })).toEqual({ objects: [], remarks: [], clauses: [] });
  });

  it('is left out where it is private, unreadable or of another kind than its relationship holds', () => {
    const contribution = ofFile({
      contacted_ips: ['10.0.0.1', '127.0.0.1', '::1', '192.0.2.1', '01.2.3.4', 'nonsense'].map(address),
      contacted_domains: [domain('printer.local'), domain('localhost'), domain('-'), file(FILE_A)],
      contacted_urls: [
        descriptor('url', FILE_A),
        url('http://192.168.0.1/x'),
        url('ftp://c2.example.com/'),
        url('http://c2.example.com/\u202Egpj.exe'),
        url('http://c2.example.com/a b'),
      ],
      dropped_files: [file('abc'), file('g'.repeat(64)), file('a'.repeat(32))],
    });
    expect(contribution).toEqual({
      objects: [],
      remarks: [
        '**Contacted domains:** none added; 4 left out as not public or not readable',
        '**Contacted addresses:** none added; 6 left out as not public or not readable',
        '**Contacted URLs:** none added; 5 left out as not public or not readable',
        '**Dropped files:** none added; 3 left out as not public or not readable',
      ],
      clauses: [],
    });
  });
});

describe('how much is added', () => {
  const many = Array.from({ length: 20 }, (_, number) => address(`1.2.3.${number + 1}`));

  it('is bounded by related_max, and the Note says how many more there are', () => {
    const capped = { ...settings({ max: 3 }), totals: { contacted_ips: 57 } };
    const contribution = ofFile({ contacted_ips: many, dropped_files: [file(FILE_A)] }, capped);
    expect(values(contribution)).toEqual(['1.2.3.1', '1.2.3.2', '1.2.3.3', FILE_A]);
    expect(contribution.remarks).toEqual(['**Contacted addresses:** 3 added; 54 more in VirusTotal']);
  });

  it('says so where VirusTotal does not count', () => {
    const totals = { contacted_ips: 'more' as const };
    expect(ofFile({ contacted_ips: many }, { totals }).remarks).toEqual([
      '**Contacted addresses:** 20 added; at least 1 more in VirusTotal',
    ]);
  });

  it('is not spent on what is left out', () => {
    const related = { contacted_ips: [address('8.8.8.8'), address('10.0.0.1'), ...many] };
    const contribution = ofFile(related, settings({ max: 1 }));
    expect(values(contribution)).toEqual(['1.2.3.1']);
    expect(contribution.remarks).toEqual([
      '**Contacted addresses:** 1 added; 1 left out as infrastructure that everything uses; ' +
        '1 left out as not public or not readable; 19 more in VirusTotal',
    ]);
  });

  it('takes in what everything uses when it is wanted', () => {
    const related = {
      contacted_ips: [address('8.8.8.8')],
      contacted_domains: [domain('ctldl.windowsupdate.com')],
    };
    expect(values(ofFile(related))).toEqual([]);
    expect(values(ofFile(related, settings({ excludeBenign: false })))).toEqual([
      'ctldl.windowsupdate.com',
      '8.8.8.8',
    ]);
  });
});

describe('what is related to an address', () => {
  it('resolved to it, or communicates with it', () => {
    const contribution = ofAddress({
      resolutions: [resolution('1.2.3.4www.example.com')],
      communicating_files: [file(FILE_A)],
    });
    expect(contribution.objects?.[2]).toEqual({
      type: 'relationship',
      id: 'relationship--8369caa9-a8dd-5b5d-9813-2f35d31fd768',
      ...made,
      relationship_type: 'resolves-to',
      source_ref: NAME_ID,
      target_ref: ADDRESS_ID,
    });
    expect(edges(contribution)).toEqual([
      [NAME_ID, 'resolves-to', ADDRESS_ID],
      [FILE_A_ID, 'communicates-with', ADDRESS_ID],
    ]);
  });

  it('is read off the end of the id only when the other end is the address itself', () => {
    const ids = [
      '1.2.3.45.example.com',
      '1.2.3.4',
      'www.example.com1.2.3.4',
      '1.2.3.4localhost',
      '9.9.9.9a.example.com',
    ];
    const contribution = ofAddress({ resolutions: ids.map(resolution) });
    expect(values(contribution)).toEqual(['5.example.com']);
    expect(contribution.remarks).toEqual([
      '**Resolutions:** 1 added; 4 left out as not public or not readable',
    ]);
  });

  it('is read behind an IPv6 address as well', () => {
    const id = '2a00:1450:4001:82a::200ewww.example.com';
    const context = contextFor('IPv6-Addr', '2A00:1450:4001:82A:0:0:0:200E', ADDRESS_ID, { options: wanted });
    const report = ipAddressReport({
      id: '2a00:1450:4001:82a::200e',
      related: { resolutions: [resolution(id)] },
    });
    expect(values(run(relatedToIpAddress, report, context))).toEqual(['www.example.com']);
  });

  it('says since when where the dates were asked for', () => {
    const dates = [
      {
        address: '1.2.3.4',
        host: 'WWW.example.com',
        date: new Date('2023-11-14T22:13:20Z'),
      },
      {
        address: '1.2.3.4',
        host: 'www.example.com',
        date: new Date('2020-01-01T00:00:00Z'),
      },
    ];
    const related = { resolutions: ['1.2.3.4www.example.com', '1.2.3.4old.example.com'].map(resolution) };
    const [dated, plain] = relationships(ofAddress(related, {}, dates));
    expect(dated).toEqual({
      type: 'relationship',
      id: 'relationship--167266df-a51f-5b4a-9499-f4c9c24f50a8',
      ...made,
      relationship_type: 'resolves-to',
      source_ref: NAME_ID,
      target_ref: ADDRESS_ID,
      start_time: '2023-11-14T22:13:20.000Z',
    });
    expect(plain).not.toHaveProperty('start_time');
    // Descriptors that were refused are made up for by the answer with the dates.
    expect(relationships(ofAddress({}, {}, dates))).toEqual([dated]);
  });
});

describe('resolutions with their dates', () => {
  const host = 'www.example.com';
  const date = new Date('2023-11-14T22:13:20Z');
  const dated = (...addresses: string[]) => addresses.map((each) => ({ address: each, host, date }));
  const related = { resolutions: ['1.2.3.4', '1.2.3.5'].map((each) => resolution(`${each}${host}`)) };

  it('come first, also those that are not among the descriptors', () => {
    const contribution = ofName(related, {}, dated('1.2.3.9', '1.2.3.4'));
    expect(values(contribution)).toEqual(['1.2.3.9', '1.2.3.4', '1.2.3.5']);
    expect(relationships(contribution).map(({ start_time }) => start_time)).toEqual([
      '2023-11-14T22:13:20.000Z',
      '2023-11-14T22:13:20.000Z',
      undefined,
    ]);
    expect(contribution.remarks).toEqual([]);
  });

  it('are as many as are wanted; the others are counted', () => {
    const contribution = ofName(related, settings({ max: 2 }), dated('1.2.3.9', '1.2.3.4'));
    expect(values(contribution)).toEqual(['1.2.3.9', '1.2.3.4']);
    expect(contribution.remarks).toEqual(['**Resolutions:** 2 added; 1 more in VirusTotal']);
  });

  it.each([
    [0, []],
    [7, ['**Resolutions:** 1 added; 7 more in VirusTotal']],
    ['some', ['**Resolutions:** 1 added; at least 1 more in VirusTotal']],
  ] as const)('say themselves how many more there are: %s', (beyond, remarks) => {
    const report = domainReport({ id: host, related: {}, relatedTotals: { resolutions: 'more' } });
    const context = contextFor('Domain-Name', host, NAME_ID, { options: wanted });
    const answers = { resolutions: { entries: dated('1.2.3.4'), beyond } };
    const input = { report, verdict: readVerdict(report), context, extras: { ...noExtras, answers } };
    expect(relatedToDomain(input)?.remarks).toEqual(remarks);
  });
});

describe('what is related to a domain', () => {
  const related: Related = {
    resolutions: [resolution('1.2.3.4www.example.com')],
    subdomains: [domain('a.www.example.com')],
    siblings: [domain('mail.example.com'), domain('www.example.com'), domain('WWW.example.com')],
    communicating_files: [file(FILE_A)],
    referrer_files: [file(FILE_A)],
  };

  it('is what it resolved to, its family, and the files that use or hold its name', () => {
    const contribution = ofName(related);
    const [resolves, subdomain, sibling, ...files] = edges(contribution);
    expect(resolves).toEqual([NAME_ID, 'resolves-to', ADDRESS_ID]);
    expect(subdomain).toEqual([NAME_ID, 'related-to', expect.stringMatching(/^domain-name--/)]);
    expect(sibling).toContain('related-to');
    expect(files).toEqual([
      [FILE_A_ID, 'communicates-with', NAME_ID],
      [FILE_A_ID, 'related-to', NAME_ID],
    ]);
    expect(values(contribution)).toEqual(['1.2.3.4', 'a.www.example.com', 'mail.example.com', FILE_A]);
  });

  it('hangs on a hostname by what OpenCTI accepts there', () => {
    const [resolves, , , files, ...rest] = edges(ofName(related, { type: 'Hostname' }));
    expect(resolves).toEqual([NAME_ID, 'resolves-to', ADDRESS_ID]);
    expect(files).toEqual([FILE_A_ID, 'related-to', NAME_ID]);
    expect(rest).toEqual([]);
  });

  it('is the same relationship from whichever sibling it is seen', () => {
    const mail = 'mail.example.com';
    const first = ofName({ siblings: [domain(mail)] });
    const other = first.objects?.find(({ value }) => value === mail)?.id ?? FILE_ID;
    const context = contextFor('Domain-Name', mail, other, { options: wanted });
    const report = domainReport({ id: mail, related: { siblings: [domain('www.example.com')] } });
    const second = run(relatedToDomain, report, context);
    expect(relationships(second).map(({ id }) => id)).toEqual(relationships(first).map(({ id }) => id));
  });

  it('keeps the names of its own family even when they are well known', () => {
    const context = contextFor('Domain-Name', 'windowsupdate.com', NAME_ID, { options: wanted });
    const names = { subdomains: [domain('ctldl.windowsupdate.com')] };
    const report = domainReport({ id: 'windowsupdate.com', related: names });
    expect(values(run(relatedToDomain, report, context))).toEqual(['ctldl.windowsupdate.com']);
  });

  it('is itself in whatever script it is written', () => {
    const context = contextFor('Domain-Name', 'Bücher.example.com', NAME_ID, { options: wanted });
    const siblings = { siblings: [domain('xn--bcher-kva.example.com')] };
    const report = domainReport({ id: 'xn--bcher-kva.example.com', related: siblings });
    expect(run(relatedToDomain, report, context).objects).toEqual([]);
  });

  it('leaves one relationship to an address that is among its DNS records as well: the dated one', () => {
    const context = contextFor('Domain-Name', 'www.example.com', NAME_ID, { options: wanted });
    const date = new Date('2023-11-14T22:13:20Z');
    const report = domainReport({
      id: 'www.example.com',
      related: { resolutions: [resolution('1.2.3.4www.example.com')] },
      dnsRecords: ['1.2.3.4', '1.2.3.5'].map((value) => ({ type: 'A', value, ttlSeconds: 60 })),
    });
    const resolutions = { entries: [{ address: '1.2.3.4', host: 'www.example.com', date }], beyond: 0 };
    const starts = (extras: typeof noExtras): unknown[] =>
      mapDomainReport(report, context, extras)
        .objects.filter((object) => object.relationship_type === 'resolves-to')
        .map((object) => object.start_time);
    expect(starts(noExtras)).toEqual([undefined, undefined]);
    expect(starts({ ...noExtras, answers: { resolutions } })).toEqual([
      undefined,
      '2023-11-14T22:13:20.000Z',
    ]);
  });
});

describe('what is related to a URL', () => {
  it('is where it leads by its own report, each once, also where the descriptors are refused', () => {
    const redirects = {
      redirectionChain: ['http://c2.example.com/x', 'https://hop.example.com/', 'not a url\u202e'],
      finalUrl: 'https://landing.example.com/',
    };
    const contribution = ofUrl({ redirects_to: [url('https://hop.example.com/')] }, redirects);
    expect(values(contribution)).toEqual(['https://hop.example.com/', 'https://landing.example.com/']);
    expect(values(ofUrl({}, redirects))).toEqual(values(contribution));
    expect(relationships(contribution)[1]).toMatchObject({
      source_ref: URL_ID,
      relationship_type: 'related-to',
      description: 'The URL redirects to the other one.',
    });
    expect(values(ofUrl({}, { finalUrl: 'http://c2.example.com/x' }))).toEqual([]);
    const without = contextFor('Url', 'http://c2.example.com/x', URL_ID, {
      options: { ...wanted, url: { ...wanted.url, related: ['last_serving_ip_address'] } },
    });
    expect(run(relatedToUrl, urlReport(redirects), without).objects).toEqual([]);
  });

  it('serves it, is linked by redirects, or was downloaded from it', () => {
    const contribution = ofUrl({
      last_serving_ip_address: [address('1.2.3.4')],
      redirects_to: [url('https://landing.example.com/')],
      redirecting_urls: [url('https://short.example.com/a'), url('http://c2.example.com/x')],
      downloaded_files: [file(FILE_A)],
    });
    expect(values(contribution)).toEqual([
      '1.2.3.4',
      'https://landing.example.com/',
      'https://short.example.com/a',
      FILE_A,
    ]);
    expect(edges(contribution)).toEqual([
      [URL_ID, 'related-to', ADDRESS_ID],
      [URL_ID, 'related-to', expect.stringMatching(/^url--/)],
      [expect.stringMatching(/^url--/), 'related-to', URL_ID],
      [URL_ID, 'related-to', FILE_A_ID],
    ]);
    expect(relationships(contribution).map(({ description }) => description)).toEqual([
      'The URL was last served by the address.',
      'The URL redirects to the other one.',
      'The URL redirects to the other one.',
      'The file was downloaded from the URL.',
    ]);
  });
});

describe('the relationships', () => {
  const platformTypes = {
    file: ['StixFile'],
    domain: ['Domain-Name'],
    ip_address: ['IPv4-Addr', 'IPv6-Addr'],
    url: ['Url'],
  };
  it.each([
    ['StixFile', fileRules],
    ['Artifact', fileRules],
    ['IPv4-Addr', ipAddressRules],
    ['IPv6-Addr', ipAddressRules],
    ['Domain-Name', domainRules],
    ['Hostname', domainRules],
    ['Url', urlRules],
  ] as const)('of a %s are such as OpenCTI accepts', (subject, rules) => {
    for (const { typed, holds, direction } of Object.values(rules)) {
      const isName = subject === 'Domain-Name' || subject === 'Hostname';
      const others =
        holds === 'resolution' ? platformTypes[isName ? 'ip_address' : 'domain'] : platformTypes[holds];
      const type = typed?.for.includes(subject) ? typed.type : 'related-to';
      for (const other of others) {
        const [source, target] = direction === 'from the related' ? [other, subject] : [subject, other];
        expect(acceptsRelationship(type, source, target), `${type} ${source} ${target}`).toBe(true);
      }
    }
  });

  it('stay whole and bounded whatever VirusTotal sends', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.webUrl(),
      fc.domain(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom(
        FILE_A,
        EICAR.sha256,
        'www.example.com',
        '1.2.3.4www.example.com',
        'http://\uD800.example/',
      ),
    );
    const object = fc.record({
      type: fc.constantFrom('file', 'domain', 'ip_address', 'url', 'resolution', 'comment'),
      id: text,
      url: fc.option(text, { nil: undefined }),
      filename: fc.option(text, { nil: undefined }),
    });
    const names = Object.keys({ ...fileRules, ...ipAddressRules, ...domainRules, ...urlRules });
    const anything = fc.dictionary(fc.constantFrom(...names), fc.array(object, { maxLength: 25 }));
    fc.assert(
      fc.property(anything, (related) => {
        for (const contribution of [ofFile(related), ofAddress(related), ofName(related), ofUrl(related)]) {
          const objects: readonly StixObject[] = contribution.objects ?? [];
          const ids = new Set(objects.map(({ id }) => id));
          expect(ids.size).toBe(objects.length);
          for (const end of relationships(contribution).flatMap((edge) => [edge.source_ref, edge.target_ref]))
            expect(
              ids.has(end as StixId) || [FILE_ID, ADDRESS_ID, NAME_ID, URL_ID].includes(end as StixId),
            ).toBe(true);
          for (const edge of relationships(contribution)) expect(edge.source_ref).not.toBe(edge.target_ref);
          expect(objects.length).toBeLessThanOrEqual(2 * 20 * names.length);
        }
      }),
      { numRuns: 40 },
    );
  });
});
