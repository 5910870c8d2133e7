import type {
  AssociationKind,
  DomainRelation,
  FileRelation,
  IpAddressRelation,
  UrlRelation,
} from '../virustotal/schema-extras.js';

/** When and how an Indicator is created from a verdict; one set per kind of object. */
export interface IndicatorPolicy {
  /** Least count of `malicious` verdicts; 0 switches Indicators off. */
  readonly createPositives: number;
  /** Minutes from now to `valid_until`. */
  readonly validMinutes: number;
  readonly detect: boolean;
  /** Whether `suspicious` verdicts count towards `createPositives`. */
  readonly countSuspicious: boolean;
  /** Least count of trusted engines whose `malicious` is enough, even below `createPositives`; 0: no part in it. */
  readonly trustedPositives: number;
}

/** Which labels are added, and in what form. */
export interface LabelOptions {
  readonly threat: boolean;
  readonly verdict: boolean;
  /** Empty: none. */
  readonly prefix: string;
  /** Patterns in which `*` stands for any text; empty: all. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** What holds for related observables of every kind; which are added is said by kind. */
export interface RelatedOptions {
  /** Of each relationship at most. */
  readonly max: number;
  readonly excludeBenign: boolean;
  /** Whether the dates of resolutions are asked for, which costs a look-up. */
  readonly resolutionDates: boolean;
}

/** What becomes of facts about servers and networks. */
export interface NetworkOptions {
  readonly certificates: boolean;
  readonly whois: boolean;
  readonly fingerprints: boolean;
}

/** What the community says. */
export interface CommunityOptions {
  /** At most so many; 0: none are asked for. */
  readonly comments: number;
  readonly votes: boolean;
}

/** What all Indicators made of verdicts have in common. */
export interface IndicatorOptions {
  readonly allHashes: boolean;
  readonly killChain: boolean;
  readonly followVerdict: boolean;
}

export interface FileOptions {
  readonly fullReportNote: boolean;
  readonly importYara: boolean;
  readonly labelTags: boolean;
  readonly related: readonly FileRelation[];
  readonly malware: boolean;
  readonly attackTechniques: boolean;
  readonly sandboxVerdicts: boolean;
  readonly sigma: boolean;
  readonly ids: boolean;
  readonly indicator: IndicatorPolicy;
}

export interface IpAddressOptions {
  readonly addRelationships: boolean;
  /** Whether the prefix is added. */
  readonly addNetwork: boolean;
  readonly labelTags: boolean;
  readonly related: readonly IpAddressRelation[];
  readonly indicator: IndicatorPolicy;
}

export interface DomainOptions {
  readonly addRelationships: boolean;
  readonly labelTags: boolean;
  readonly related: readonly DomainRelation[];
  readonly indicator: IndicatorPolicy;
}

export interface UrlOptions {
  readonly labelTags: boolean;
  readonly related: readonly UrlRelation[];
  readonly indicator: IndicatorPolicy;
}

/** The options of the configuration that change what a report is mapped to. */
export interface MappingOptions {
  readonly replaceWithLowerScore: boolean;
  readonly includeAttributesInNote: boolean;
  readonly explainVerdict: boolean;
  /** Names of engines, as they were written. */
  readonly trustedEngines: readonly string[];
  readonly labels: LabelOptions;
  readonly related: RelatedOptions;
  readonly network: NetworkOptions;
  readonly community: CommunityOptions;
  /** Kinds of objects of Google Threat Intelligence that are added; none: they are not asked for. */
  readonly gti: readonly AssociationKind[];
  readonly indicators: IndicatorOptions;
  readonly file: FileOptions;
  readonly ip: IpAddressOptions;
  readonly domain: DomainOptions;
  readonly url: UrlOptions;
}
