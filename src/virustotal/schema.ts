/**
 * The reports of VirusTotal as this product sees them: only what is used, every field optional until proven
 * otherwise. Parsed one field at a time by `parse-report.ts`: a field that is absent, null or of the wrong type is
 * `undefined` (or an empty list) and costs nothing else.
 */
import type { JsonObject } from '../shared/json.js';
import type { RequestFacts } from '../shared/request-facts.js';
import type { ExtraAnswers, ExtraName, ExtraSubject } from './schema-extras.js';
import type {
  Certificate,
  ContextEntry,
  Favicon,
  GtiFactors,
  IdsMatch,
  SandboxVerdict,
  SigmaMatch,
  ThreatSeverity,
  Whois,
} from './schema-intelligence.js';

/** The four kinds of object that can be looked up. Hostnames are domains to VirusTotal. */
export type VtObjectKind = 'file' | 'ip_address' | 'domain' | 'url';

/** Verdict of one engine (`last_analysis_results`). `category` decides, never the text of `result`. */
export interface EngineResult {
  readonly engine: string;
  readonly category: string;
  readonly result: string | undefined;
  readonly version: string | undefined;
  /** `YYYYMMDD` as sent. */
  readonly updated: string | undefined;
}

/**
 * `last_analysis_stats`, both spellings of the hyphenated keys; where counters are missing or cannot be read, what the
 * results say.
 */
export interface AnalysisStats {
  readonly malicious: number;
  readonly suspicious: number;
  readonly undetected: number;
  readonly harmless: number;
  readonly timeout: number;
  readonly confirmedTimeout: number;
  readonly failure: number;
  readonly typeUnsupported: number;
}

/** `gti_assessment`: only with a Google Threat Intelligence licence. */
export interface GtiAssessment {
  /** `VERDICT_MALICIOUS`, … as sent. */
  readonly verdict: string | undefined;
  readonly severity: string | undefined;
  /** 0–100. */
  readonly threatScore: number | undefined;
  readonly description: string | undefined;
}

/** An object to which another is related: its type and id, without a report. */
export interface RelatedObject {
  /** `ip_address`, `domain`, `file`, `url`, `resolution`, … as sent. */
  readonly type: string;
  readonly id: string;
  /** `context_attributes.url` of a URL, which cannot be had from its id. */
  readonly url: string | undefined;
  /** `context_attributes.filename` of a bundled file. */
  readonly filename: string | undefined;
}

/** Related objects by the name of the relationship. */
export type RelatedObjects = Readonly<Record<string, readonly RelatedObject[]>>;

/** How many related objects there are, where more exist than were sent, by the name of the relationship. */
export type RelatedTotals = Readonly<Record<string, number | 'more'>>;

/** Names of relationships that are asked for inside the call for a report, by kind of object. */
export type AskedRelationships = Readonly<Partial<Record<VtObjectKind, readonly string[]>>>;

export interface CommonReport {
  /** VirusTotal's own id: SHA-256 of a file or of a canonical URL, the address, the domain. */
  readonly id: string;
  /** `undefined` when the object was never analysed: neither readable counters nor results. */
  readonly stats: AnalysisStats | undefined;
  /** In the order sent. Empty when never analysed. */
  readonly results: readonly EngineResult[];
  readonly lastAnalysisDate: Date | undefined;
  readonly lastModificationDate: Date | undefined;
  readonly reputation: number | undefined;
  readonly votes: { readonly harmless: number; readonly malicious: number } | undefined;
  readonly tags: readonly string[];
  readonly gti: GtiAssessment | undefined;
  readonly gtiFactors: GtiFactors | undefined;
  readonly threatSeverity: ThreatSeverity | undefined;
  readonly crowdsourcedContext: readonly ContextEntry[];
  /** At most twenty of each relationship that was asked for and that the key may see. */
  readonly related: RelatedObjects;
  /** Of the relationships of which more than that exist. */
  readonly relatedTotals: RelatedTotals;
}

/** One entry of `crowdsourced_yara_results`; entries without rule name or ruleset id are dropped. */
export interface YaraMatch {
  readonly ruleName: string;
  readonly rulesetId: string;
  readonly rulesetName: string | undefined;
  readonly source: string | undefined;
  readonly author: string | undefined;
  readonly description: string | undefined;
  readonly matchDate: Date | undefined;
}

/** One entry of `popular_threat_category` or `popular_threat_name`. */
export interface VotedValue {
  readonly value: string;
  /** How many engines say so; 0 where VirusTotal does not tell. */
  readonly count: number;
}

export interface FileReport extends CommonReport {
  readonly kind: 'file';
  readonly md5: string | undefined;
  readonly sha1: string | undefined;
  readonly sha256: string | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  readonly meaningfulName: string | undefined;
  readonly names: readonly string[];
  readonly typeDescription: string | undefined;
  readonly typeTag: string | undefined;
  readonly magic: string | undefined;
  readonly ssdeep: string | undefined;
  readonly tlsh: string | undefined;
  readonly firstSubmissionDate: Date | undefined;
  readonly lastSubmissionDate: Date | undefined;
  readonly creationDate: Date | undefined;
  readonly timesSubmitted: number | undefined;
  readonly uniqueSources: number | undefined;
  readonly threatLabel: string | undefined;
  readonly threatCategories: readonly VotedValue[];
  readonly threatNames: readonly VotedValue[];
  readonly yaraMatches: readonly YaraMatch[];
  readonly sandboxVerdicts: readonly SandboxVerdict[];
  readonly sigmaMatches: readonly SigmaMatch[];
  readonly idsMatches: readonly IdsMatch[];
}

export interface IpAddressReport extends CommonReport {
  readonly kind: 'ip_address';
  readonly asn: number | undefined;
  readonly asOwner: string | undefined;
  /** CIDR. */
  readonly network: string | undefined;
  /** ISO 3166-1 alpha-2, as sent. */
  readonly country: string | undefined;
  readonly continent: string | undefined;
  readonly registry: string | undefined;
  readonly jarm: string | undefined;
  readonly whois: Whois | undefined;
  readonly whoisDate: Date | undefined;
  readonly certificate: Certificate | undefined;
}

/** One entry of `last_dns_records`; entries without type or value are dropped. */
export interface DnsRecord {
  readonly type: string;
  readonly value: string;
  readonly ttlSeconds: number | undefined;
}

export interface DomainReport extends CommonReport {
  readonly kind: 'domain';
  /** Vendor to category text, as sent. */
  readonly categories: readonly { readonly vendor: string; readonly category: string }[];
  readonly registrar: string | undefined;
  readonly creationDate: Date | undefined;
  readonly lastUpdateDate: Date | undefined;
  readonly expirationDate: Date | undefined;
  readonly dnsRecords: readonly DnsRecord[];
  readonly dnsRecordsDate: Date | undefined;
  readonly popularityRanks: readonly { readonly source: string; readonly rank: number }[];
  readonly jarm: string | undefined;
  readonly whois: Whois | undefined;
  readonly whoisDate: Date | undefined;
  readonly certificate: Certificate | undefined;
  readonly favicon: Favicon | undefined;
}

export interface UrlReport extends CommonReport {
  readonly kind: 'url';
  /** The canonical URL, whose SHA-256 is the id. */
  readonly url: string | undefined;
  readonly finalUrl: string | undefined;
  readonly title: string | undefined;
  readonly categories: readonly { readonly vendor: string; readonly category: string }[];
  readonly threatNames: readonly string[];
  readonly firstSubmissionDate: Date | undefined;
  readonly lastSubmissionDate: Date | undefined;
  readonly timesSubmitted: number | undefined;
  readonly responseCode: number | undefined;
  readonly responseBytes: number | undefined;
  readonly responseSha256: string | undefined;
  readonly redirectionChain: readonly string[];
  readonly favicon: Favicon | undefined;
}

export type Report = FileReport | IpAddressReport | DomainReport | UrlReport;

/** A YARA ruleset (`/yara_rulesets/{id}`): one text with everything in the file. */
export interface YaraRuleset {
  readonly id: string;
  readonly name: string | undefined;
  readonly source: string | undefined;
  readonly rules: string;
}

/** What is asked for, with the value already validated and normalised. */
export type VtObject =
  | { readonly kind: 'file'; /** Lower-case SHA-256, SHA-1 or MD5. */ readonly hash: string }
  | { readonly kind: 'ip_address'; readonly address: string }
  | { readonly kind: 'domain'; readonly name: string }
  | { readonly kind: 'url'; readonly url: string };

/** An answer of VirusTotal: a report, or that it knows nothing. Not found is a value, not an error. */
export type LookUp<R extends Report = Report> = Found<R> | NotFound;

export interface NotFound {
  readonly found: false;
  /** Absent in answers that a version kept which did not note it. */
  readonly fetchedAt?: Date | undefined;
}

export interface Found<R extends Report = Report> {
  readonly found: true;
  readonly report: R;
  readonly fetchedAt: Date;
  /** The answer as VirusTotal sent it, where the client was told to keep it. */
  readonly raw?: JsonObject | undefined;
}

/** Whose look-up it is: manual requests overtake those of playbooks, and these automatic ones. */
export type Priority = 'manual' | 'playbook' | 'auto';

/** Who accounts for look-ups, where several share a key. */
export interface Payer {
  /**
   * Called before the wait for quota: who could not pay need not stand in line. Nothing is paid.
   *
   * @throws UnpaidError or WithdrawnError, which the asker is given.
   */
  check(): Promise<void>;
  /**
   * Called when the unit of quota is there and VirusTotal is asked at once on this behalf: not when the answer is at hand,
   * or comes of the call of another.
   *
   * @throws UnpaidError, which the asker is given; the unit is given back.
   */
  pay(): Promise<void>;
  /** The call was not made after all, or VirusTotal did not count it. */
  refund(): Promise<void>;
}

/** On whose behalf VirusTotal is asked. */
export interface Asker {
  readonly priority: Priority;
  /** The request, for the log; of several that share a call, the one that asked first. */
  readonly about?: RequestFacts | undefined;
  /** Reports fetched before this moment will not do; whatever is in the cache does when absent. */
  readonly notBefore?: Date | undefined;
  /** Since when the request is in work, in monotonic milliseconds: it is held for some minutes only. Absent: since now. */
  readonly startedAtMs?: number | undefined;
  /**
   * Ends the wait for quota, because the answer came from elsewhere, or the asker withdraws (its reason is a
   * WithdrawnError then); a call that is on its way goes on.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked when the unit of quota is there, before the call is made: whether the call is needed still. If not, the unit is
   * given back, and what the call fails with does not matter.
   */
  readonly isNeeded?: (() => Promise<boolean>) | undefined;
  /** Heeded by the cache, for reports. */
  readonly payer?: Payer | undefined;
}

/**
 * What enrichment asks of VirusTotal; implemented by `client.ts`. All methods throw `VirusTotalError`, and
 * `CircuitOpenError` while VirusTotal is down; those that cost a look-up throw `QuotaExhaustedError` when there is none
 * left for longer than a request waits here.
 */
export interface VirusTotal {
  lookUp(object: VtObject, asker: Asker): Promise<LookUp>;
  /** The ruleset, or `undefined` when it is gone (404) or not for this key (403). */
  yaraRuleset(id: string, asker: Asker): Promise<YaraRuleset | undefined>;
  /**
   * What VirusTotal says beyond the report, one page of it; a look-up each. `undefined` when there is none (404), or it is
   * not for this key (403, which is remembered and then costs nothing).
   */
  extra<Name extends ExtraName>(
    name: Name,
    subject: ExtraSubject,
    asker: Asker,
  ): Promise<ExtraAnswers[Name] | undefined>;
  /** The quota of this key. Free of charge. */
  quota(): Promise<KeyQuota>;
}

/** The bytes of a file that is to be uploaded. */
export interface FileContent {
  readonly name: string;
  /** As the source told it; `undefined` when it did not. */
  readonly sizeBytes: number | undefined;
  /** Its SHA-256, SHA-1 or MD5 in lower-case hex, the strongest that is known; other bytes must not be uploaded. */
  readonly hash: string;
  /**
   * Opens the source; called once for each try. Ends the transfer when the signal aborts, or when what it gives is not
   * read to its end.
   *
   * @throws ConnectorError when the source cannot be read; what it gives ends with one as well.
   */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** A submission that VirusTotal took. */
export interface Submission {
  readonly analysisId: string;
  /** Polling the analysis of a file that VirusTotal had never seen costs nothing. */
  readonly free: boolean;
}

export type AnalysisStatus = 'queued' | 'in-progress' | 'completed';

/**
 * What makes VirusTotal analyse (VirusTotal reference §7). Everything that is submitted becomes available to VirusTotal's
 * partners. All methods throw `VirusTotalError`, and those that cost a look-up `QuotaExhaustedError`.
 */
export interface Submissions {
  /**
   * Uploads a file, never wholly in memory; beyond 32 MB, or of unknown size, by an upload URL, which costs a look-up.
   *
   * @returns `undefined` when VirusTotal is analysing this very file already (409).
   * @throws ConnectorError of the source, or about bytes that are not what they should be: nothing was submitted then. An
   *   error that is `uncertain` may have come after VirusTotal took the file; a look-up tells.
   */
  submitFile(content: FileContent, asker: Asker): Promise<Submission | undefined>;
  submitUrl(url: string, asker: Asker): Promise<Submission>;
  /** Asks for a fresh analysis of what VirusTotal knows; `undefined` when it does not, or stores no content of it. */
  reanalyse(object: VtObject, asker: Asker): Promise<Submission | undefined>;
  /** Where an analysis stands; `undefined` when VirusTotal does not know it. */
  analysisStatus(submission: Submission, asker: Asker): Promise<AnalysisStatus | undefined>;
}

/** `GET /users/{key}/overall_quotas`; a missing entry means that VirusTotal did not say. */
export interface KeyQuota {
  readonly hourly: QuotaUse | undefined;
  readonly daily: QuotaUse | undefined;
  readonly monthly: QuotaUse | undefined;
}

export interface QuotaUse {
  readonly used: number;
  readonly allowed: number;
}
