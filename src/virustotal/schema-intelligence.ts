/** Parts of a report that say more than the verdict: types only, read by `parse-intelligence.ts`. */

/** One entry of `sandbox_verdicts` of a file; entries without category are dropped. */
export interface SandboxVerdict {
  readonly sandbox: string;
  /** `malicious`, `suspicious`, `harmless`, `undetected`, as sent. */
  readonly category: string;
  /** 0–100. */
  readonly confidence: number | undefined;
  /** `MALWARE`, `RAT`, …, also `CLEAN` and `UNKNOWN_VERDICT`, as sent. */
  readonly classifications: readonly string[];
  /** Votes of a sandbox, no attribution. */
  readonly malwareNames: readonly string[];
}

/** One entry of `sigma_analysis_results`: without the rule itself, which `/sigma_rules/{id}` has. */
export interface SigmaMatch {
  /** SHA-256 that VirusTotal gives the rule. */
  readonly ruleId: string;
  readonly title: string | undefined;
  /** `critical`, `high`, `medium`, `low`, as sent. */
  readonly level: string | undefined;
  readonly source: string | undefined;
  readonly author: string | undefined;
  readonly description: string | undefined;
}

/** One entry of `crowdsourced_ids_results`. */
export interface IdsMatch {
  /** `gid:sid`, as sent. */
  readonly ruleId: string;
  readonly message: string | undefined;
  readonly category: string | undefined;
  /** Ruleset, e.g. `Proofpoint Emerging Threats Open`. */
  readonly source: string | undefined;
  readonly url: string | undefined;
  /** Text of the rule; not always there. */
  readonly raw: string | undefined;
  /** `high`, `medium`, `low`, `info`, as sent. */
  readonly severity: string | undefined;
}

/** `last_https_certificate`; `undefined` as a whole when it has no SHA-256 or SHA-1. */
export interface Certificate {
  readonly sha256: string | undefined;
  readonly sha1: string | undefined;
  /** Hexadecimal digits, as sent. */
  readonly serialNumber: string | undefined;
  /** `V3`, as sent. */
  readonly version: string | undefined;
  /** `CN=example.com, O=Example`. */
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
  readonly signatureAlgorithm: string | undefined;
  /** `RSA`, `EC`, `DSA`, as sent. */
  readonly keyAlgorithm: string | undefined;
  /** Of an RSA key. */
  readonly keyModulus: string | undefined;
  readonly keyExponent: number | undefined;
  /** Names and addresses, mixed. */
  readonly alternativeNames: readonly string[];
  /** When VirusTotal saw it. */
  readonly seenAt: Date | undefined;
}

/**
 * What is used of a WHOIS record, read from its text by `parse-whois.ts`: what is hidden for privacy is left out.
 * `undefined` as a whole when there is nothing of use.
 */
export interface Whois {
  readonly registrar: string | undefined;
  /** The registrant of a domain, or the holder of a network. */
  readonly organization: string | undefined;
  /** E-mail addresses of the registrant, in lower case. */
  readonly emails: readonly string[];
  /** Where abuse is reported: addresses of the registrar or network, which say nothing of the registrant. */
  readonly abuseContacts: readonly string[];
  /** In lower case and punycode, without the trailing dot. */
  readonly nameServers: readonly string[];
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** `clientTransferProhibited`, … */
  readonly statuses: readonly string[];
  readonly netName: string | undefined;
  readonly netRange: string | undefined;
  readonly country: string | undefined;
}

/** Hashes of a favicon; premium keys only. */
export interface Favicon {
  readonly md5: string | undefined;
  readonly dhash: string | undefined;
}

/** `gti_assessment.contributing_factors`. */
export interface GtiFactors {
  /** Names of the factors that are true, as sent. */
  readonly raised: readonly string[];
  /** `normalised_categories`, each once. They say nothing of an object whose verdict is benign. */
  readonly categories: readonly string[];
  /** `gti_confidence_score`, 0–100. */
  readonly confidence: number | undefined;
}

/** `threat_severity`. */
export interface ThreatSeverity {
  /** `SEVERITY_HIGH`, … as sent. */
  readonly level: string | undefined;
  readonly description: string | undefined;
}

/** One entry of `crowdsourced_context`: free text by third parties. */
export interface ContextEntry {
  readonly title: string | undefined;
  readonly details: string | undefined;
  readonly severity: string | undefined;
  readonly source: string | undefined;
  readonly date: Date | undefined;
}
