import type { MappingContext, ObservableType, Subject } from '../../src/mapping/context.js';
import { noExtras, type Contribution, type Part, type ReportExtras } from '../../src/mapping/contribution.js';
import type { IndicatorPolicy, MappingOptions } from '../../src/mapping/options.js';
import { readVerdict } from '../../src/mapping/score.js';
import type { StixId } from '../../src/stix/objects.js';
import type {
  AnalysisStats,
  CommonReport,
  DomainReport,
  EngineResult,
  FileReport,
  IpAddressReport,
  Report,
  UrlReport,
} from '../../src/virustotal/schema.js';

/** Reports and contexts for tests of the mapping: obviously fake, and empty unless a test says otherwise. */

export const AUTHOR_ID: StixId = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
export const TLP_AMBER: StixId = 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82';
export const NOW = new Date('2026-03-04T05:06:07.890Z');
/** The report comes from the cache. */
const FETCHED_AT = new Date('2026-03-04T01:02:03.456Z');
export const CREATED_AT = new Date('2025-01-02T03:04:05.678Z');

/** What every object made within {@link contextFor} says of its origin, literally. */
export const PROVENANCE = {
  spec_version: '2.1',
  created: '2026-03-04T05:06:07.890Z',
  modified: '2026-03-04T05:06:07.890Z',
  created_by_ref: AUTHOR_ID,
  object_marking_refs: [TLP_AMBER],
} as const;

/** The EICAR test file. */
export const EICAR = {
  md5: '44d88612fea8a8f36de82e1278abb02f',
  sha1: '3395856ce81f2b7382dee72602f798b642f14140',
  sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
} as const;
/** Its id where it is enriched. */
export const FILE: StixId = 'file--5a0c55a1-48a3-5003-9776-42946d1054cb';

export const policy: IndicatorPolicy = {
  createPositives: 10,
  validMinutes: 2880,
  detect: true,
  countSuspicious: false,
  trustedPositives: 0,
};

/** Every part that the Python connector does not have is off. */
export const plainOptions: Omit<MappingOptions, 'replaceWithLowerScore' | 'includeAttributesInNote'> = {
  explainVerdict: false,
  trustedEngines: [],
  labels: { threat: false, verdict: false, prefix: '', allow: [], deny: [] },
  related: { max: 20, excludeBenign: true, resolutionDates: false },
  network: { certificates: false, whois: false, fingerprints: false },
  community: { comments: 0, votes: false },
  gti: [],
  indicators: { allHashes: false, killChain: false, followVerdict: false },
  file: {
    fullReportNote: true,
    importYara: true,
    labelTags: true,
    related: [],
    malware: false,
    attackTechniques: false,
    sandboxVerdicts: false,
    sigma: false,
    ids: false,
    indicator: policy,
  },
  ip: { addRelationships: true, addNetwork: false, labelTags: false, related: [], indicator: policy },
  domain: { addRelationships: true, labelTags: false, related: [], indicator: policy },
  url: { labelTags: false, related: [], indicator: policy },
};

export const options: MappingOptions = {
  replaceWithLowerScore: true,
  includeAttributesInNote: false,
  ...plainOptions,
};

export interface ContextChanges {
  readonly subject?: Partial<Subject>;
  readonly options?: Partial<MappingOptions>;
  readonly markings?: readonly StixId[];
}

/** A context in which the observable itself is enriched. */
export function contextFor(
  type: ObservableType,
  value: string,
  subjectId: StixId,
  changes: ContextChanges = {},
): MappingContext {
  return {
    now: NOW,
    fetchedAt: FETCHED_AT,
    authorId: AUTHOR_ID,
    markings: changes.markings ?? [TLP_AMBER],
    subject: {
      id: subjectId,
      entityType: type,
      score: undefined,
      name: undefined,
      createdAt: CREATED_AT,
      ...changes.subject,
    },
    observable: { type, value },
    options: { ...options, ...changes.options },
  };
}

/** A context in which an Indicator is enriched that holds the value. */
export function indicatorContextFor(
  type: ObservableType,
  value: string,
  changes: ContextChanges = {},
): MappingContext {
  const id: StixId = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
  return contextFor(type, value, id, {
    ...changes,
    subject: { entityType: 'Indicator', ...changes.subject },
  });
}

export function stats(counters: Partial<AnalysisStats>): AnalysisStats {
  return {
    malicious: 0,
    suspicious: 0,
    undetected: 0,
    harmless: 0,
    timeout: 0,
    confirmedTimeout: 0,
    failure: 0,
    typeUnsupported: 0,
    ...counters,
  };
}

export function engineResult(engine: string, category: string, result?: string): EngineResult {
  return { engine, category, result, version: undefined, updated: undefined };
}

const nothingCommon: Omit<CommonReport, 'id'> = {
  stats: undefined,
  results: [],
  lastAnalysisDate: undefined,
  lastModificationDate: undefined,
  reputation: undefined,
  votes: undefined,
  tags: [],
  gti: undefined,
  gtiFactors: undefined,
  threatSeverity: undefined,
  crowdsourcedContext: [],
  related: {},
  relatedTotals: {},
};

export function fileReport(changes: Partial<FileReport> = {}): FileReport {
  return {
    kind: 'file',
    id: EICAR.sha256,
    ...nothingCommon,
    md5: undefined,
    sha1: undefined,
    sha256: undefined,
    size: undefined,
    meaningfulName: undefined,
    names: [],
    typeDescription: undefined,
    typeTag: undefined,
    magic: undefined,
    ssdeep: undefined,
    tlsh: undefined,
    firstSubmissionDate: undefined,
    lastSubmissionDate: undefined,
    creationDate: undefined,
    timesSubmitted: undefined,
    uniqueSources: undefined,
    threatLabel: undefined,
    threatCategories: [],
    threatNames: [],
    yaraMatches: [],
    sandboxVerdicts: [],
    sigmaMatches: [],
    idsMatches: [],
    ...changes,
  };
}

export function ipAddressReport(changes: Partial<IpAddressReport> = {}): IpAddressReport {
  return {
    kind: 'ip_address',
    id: '198.51.100.3',
    ...nothingCommon,
    asn: undefined,
    asOwner: undefined,
    network: undefined,
    country: undefined,
    continent: undefined,
    registry: undefined,
    jarm: undefined,
    whois: undefined,
    whoisDate: undefined,
    certificate: undefined,
    ...changes,
  };
}

export function domainReport(changes: Partial<DomainReport> = {}): DomainReport {
  return {
    kind: 'domain',
    id: 'example.com',
    ...nothingCommon,
    categories: [],
    registrar: undefined,
    creationDate: undefined,
    lastUpdateDate: undefined,
    expirationDate: undefined,
    dnsRecords: [],
    dnsRecordsDate: undefined,
    popularityRanks: [],
    jarm: undefined,
    whois: undefined,
    whoisDate: undefined,
    certificate: undefined,
    favicon: undefined,
    ...changes,
  };
}

export function urlReport(changes: Partial<UrlReport> = {}): UrlReport {
  return {
    kind: 'url',
    id: '0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7',
    ...nothingCommon,
    url: undefined,
    finalUrl: undefined,
    title: undefined,
    categories: [],
    threatNames: [],
    firstSubmissionDate: undefined,
    lastSubmissionDate: undefined,
    timesSubmitted: undefined,
    responseCode: undefined,
    responseBytes: undefined,
    responseSha256: undefined,
    redirectionChain: [],
    favicon: undefined,
    ...changes,
  };
}

/** What one part of the mapping makes of a report. */
export function contributionOf<R extends Report>(
  part: Part<R>,
  report: R,
  context: MappingContext,
  extras: Partial<ReportExtras> = {},
): Contribution | undefined {
  return part({ report, verdict: readVerdict(report), context, extras: { ...noExtras, ...extras } });
}
