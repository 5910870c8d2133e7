/**
 * What can be asked of VirusTotal beyond a report, where an option wants it: types only. Each question costs a look-up.
 * A new one is an entry of {@link ExtraAnswers} and one of the table in `extra-questions.ts`.
 */

/** Relationships that can be asked for inside the call for a report (VirusTotal reference §5.2). */
export type FileRelation =
  | 'contacted_domains'
  | 'contacted_ips'
  | 'contacted_urls'
  | 'dropped_files'
  | 'bundled_files'
  | 'execution_parents';
export type IpAddressRelation = 'resolutions' | 'communicating_files';
export type DomainRelation =
  'resolutions' | 'subdomains' | 'siblings' | 'communicating_files' | 'referrer_files';
/** All but the first need a premium key. */
export type UrlRelation =
  'last_serving_ip_address' | 'redirects_to' | 'redirecting_urls' | 'downloaded_files';

/** An ATT&CK technique that sandboxes saw (`/files/{id}/behaviour_mitre_trees`), each once. */
export interface Technique {
  /** `T1055.012`, upper-case; others are dropped. Maybe long revoked. */
  readonly id: string;
  readonly name: string | undefined;
  readonly tactics: readonly { readonly id: string; readonly name: string | undefined }[];
  /** The highest of its signatures: `HIGH`, `MEDIUM`, `LOW`, `INFO`, `UNKNOWN`, as sent. */
  readonly severity: string | undefined;
  /** Sandboxes that saw it, in the order sent. */
  readonly sandboxes: readonly string[];
  /** What was seen, each once. */
  readonly signatures: readonly string[];
}

/** A comment of the community, newest first: free text by strangers. */
export interface Comment {
  readonly id: string;
  readonly text: string;
  /** Name of the user who wrote it. */
  readonly author: string | undefined;
  readonly date: Date | undefined;
  readonly votes: { readonly positive: number; readonly negative: number; readonly abuse: number };
}

/** Kinds of objects of Google Threat Intelligence that are used. */
export type AssociationKind =
  'malware_families' | 'software_toolkits' | 'threat_actors' | 'campaigns' | 'reports' | 'vulnerabilities';

/** An object of Google Threat Intelligence that is associated with the object; others than these kinds are dropped. */
export interface Association {
  readonly kind: AssociationKind;
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  /** `Google Threat Intelligence`, `Partner`, `Crowdsourced`, as sent. */
  readonly origin: string | undefined;
  readonly createdAt: Date | undefined;
  readonly modifiedAt: Date | undefined;
  /** Other names that are confirmed. */
  readonly aliases: readonly string[];
  readonly firstSeenAt: Date | undefined;
  readonly lastSeenAt: Date | undefined;
  /** Of a vulnerability, from its name or else its id: `CVE-2022-30190`. */
  readonly cve: string | undefined;
  /** Of a report: where it was published, a web address of http or https. */
  readonly link: string | undefined;
}

/** That a name resolved to an address, newest first. */
export interface Resolution {
  readonly address: string;
  readonly host: string;
  readonly date: Date | undefined;
}

/** The first page of a list. */
export interface Page<T> {
  readonly entries: readonly T[];
  /** How many more there are; `some` where VirusTotal does not say. */
  readonly beyond: number | 'some';
}

/** A Sigma rule (`/sigma_rules/{id}`): in parts, or as a whole where VirusTotal sends it so. */
export interface SigmaRule {
  readonly id: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly level: string | undefined;
  readonly status: string | undefined;
  readonly author: string | undefined;
  readonly source: string | undefined;
  readonly logSource: Readonly<Record<string, string>>;
  /** `detection.condition`. */
  readonly condition: string | undefined;
  /** `detection.details`: each a text of JSON, as sent. */
  readonly details: Readonly<Record<string, string>>;
  readonly falsePositives: readonly string[];
  readonly fields: readonly string[];
  readonly references: readonly string[];
  readonly tags: readonly string[];
  /** The whole rule as YAML. */
  readonly text: string | undefined;
}

/** The answer to each question by its name. */
export interface ExtraAnswers {
  readonly behaviour_techniques: readonly Technique[];
  readonly comments: readonly Comment[];
  readonly associations: Page<Association>;
  readonly resolutions: Page<Resolution>;
  readonly sigma_rule: SigmaRule;
}

export type ExtraName = keyof ExtraAnswers;

/** What a question is about: an object, under VirusTotal's own id (that of its report), or a rule. */
export interface ExtraSubject {
  readonly kind: 'file' | 'ip_address' | 'domain' | 'url' | 'sigma_rule';
  readonly id: string;
}
