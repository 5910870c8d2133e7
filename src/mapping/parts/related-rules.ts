import type {
  DomainRelation,
  FileRelation,
  IpAddressRelation,
  UrlRelation,
} from '../../virustotal/schema-extras.js';
import type { VtObjectKind } from '../../virustotal/schema.js';
import type { ObservableType } from '../context.js';

/** What a relationship of VirusTotal becomes. */
export interface RelationRule {
  /** How the Note calls what is related. */
  readonly title: string;
  /** VirusTotal's type of what is related; anything else under this name is no part of it. */
  readonly holds: 'file' | 'domain' | 'ip_address' | 'url' | 'resolution';
  /**
   * Which way the relationship goes, by what it says: the same fact gives the same relationship from whichever end it is
   * seen. `either` where both ends are alike.
   */
  readonly direction: 'to the related' | 'from the related' | 'either';
  /** The relationship for enriched objects of these types; for others, and without it, `related-to`. */
  readonly typed?: {
    readonly type: 'communicates-with' | 'resolves-to' | 'drops';
    readonly for: readonly ObservableType[];
  };
  /** What `related-to` means here. */
  readonly meaning: string;
  /** Names of the enriched object's own family: whoever enriches a well-known domain wants to see what is below it. */
  readonly isOwn?: boolean;
}

const COMMUNICATES = 'communicates-with';

/*
 * OpenCTI's table of relationships (protocol reference §7.3): files communicate with addresses and domains, but not with
 * hostnames or URLs; only StixFiles drop, and only StixFiles; URLs have `related-to` alone.
 */

export const fileRules: Readonly<Record<FileRelation, RelationRule>> = {
  contacted_domains: {
    title: 'Contacted domains',
    holds: 'domain',
    direction: 'to the related',
    typed: { type: COMMUNICATES, for: ['StixFile', 'Artifact'] },
    meaning: 'The file contacts the domain.',
  },
  contacted_ips: {
    title: 'Contacted addresses',
    holds: 'ip_address',
    direction: 'to the related',
    typed: { type: COMMUNICATES, for: ['StixFile', 'Artifact'] },
    meaning: 'The file contacts the address.',
  },
  contacted_urls: {
    title: 'Contacted URLs',
    holds: 'url',
    direction: 'to the related',
    meaning: 'The file contacts the URL.',
  },
  dropped_files: {
    title: 'Dropped files',
    holds: 'file',
    direction: 'to the related',
    typed: { type: 'drops', for: ['StixFile'] },
    meaning: 'The file drops the other one when it runs.',
  },
  bundled_files: {
    title: 'Bundled files',
    holds: 'file',
    direction: 'to the related',
    meaning: 'The file holds the other one.',
  },
  // Those that drop it when they run (https://docs.virustotal.com/reference/execution_parents).
  execution_parents: {
    title: 'Execution parents',
    holds: 'file',
    direction: 'from the related',
    typed: { type: 'drops', for: ['StixFile'] },
    meaning: 'The file drops the other one when it runs.',
  },
};

const communicatingFiles: RelationRule = {
  title: 'Communicating files',
  holds: 'file',
  direction: 'from the related',
  typed: { type: COMMUNICATES, for: ['IPv4-Addr', 'IPv6-Addr', 'Domain-Name'] },
  meaning: 'The file communicates with the host.',
};

export const ipAddressRules: Readonly<Record<IpAddressRelation, RelationRule>> = {
  resolutions: {
    title: 'Resolutions',
    holds: 'resolution',
    direction: 'from the related',
    typed: { type: 'resolves-to', for: ['IPv4-Addr', 'IPv6-Addr'] },
    meaning: 'The name resolved to the address.',
  },
  communicating_files: communicatingFiles,
};

export const domainRules: Readonly<Record<DomainRelation, RelationRule>> = {
  resolutions: {
    title: 'Resolutions',
    holds: 'resolution',
    direction: 'to the related',
    typed: { type: 'resolves-to', for: ['Domain-Name', 'Hostname'] },
    meaning: 'The name resolved to the address.',
  },
  subdomains: {
    title: 'Subdomains',
    holds: 'domain',
    direction: 'to the related',
    meaning: 'The name is below the domain.',
    isOwn: true,
  },
  siblings: {
    title: 'Siblings',
    holds: 'domain',
    direction: 'either',
    meaning: 'The names are below the same domain.',
    isOwn: true,
  },
  communicating_files: communicatingFiles,
  referrer_files: {
    title: 'Referrer files',
    holds: 'file',
    direction: 'from the related',
    meaning: 'The file holds the name.',
  },
};

export const urlRules: Readonly<Record<UrlRelation, RelationRule>> = {
  last_serving_ip_address: {
    title: 'Serving address',
    holds: 'ip_address',
    direction: 'to the related',
    meaning: 'The URL was last served by the address.',
  },
  redirects_to: {
    title: 'Redirects to',
    holds: 'url',
    direction: 'to the related',
    meaning: 'The URL redirects to the other one.',
  },
  redirecting_urls: {
    title: 'Redirecting URLs',
    holds: 'url',
    direction: 'from the related',
    meaning: 'The URL redirects to the other one.',
  },
  downloaded_files: {
    title: 'Downloaded files',
    holds: 'file',
    direction: 'to the related',
    meaning: 'The file was downloaded from the URL.',
  },
};

const rulesByKind: Readonly<Record<VtObjectKind, Readonly<Record<string, RelationRule>>>> = {
  file: fileRules,
  ip_address: ipAddressRules,
  domain: domainRules,
  url: urlRules,
};

/** Names of the relationships that have a rule, in their order. */
export function relationNames(kind: VtObjectKind): readonly string[] {
  return Object.keys(rulesByKind[kind]);
}

/** The rule for a relationship of an object of the kind; `undefined` for others than VirusTotal's that are known here. */
export function relationRule(kind: VtObjectKind, name: string): RelationRule | undefined {
  return Object.hasOwn(rulesByKind[kind], name) ? rulesByKind[kind][name] : undefined;
}
