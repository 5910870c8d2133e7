import type { LookUpKind } from '../look-ups.js';

/** One line of the documentation of the mapping: what becomes of a field. Default and cost are those of the options. */
export interface MappingRow {
  /** VirusTotal's name of the field, of the relationship or of the endpoint. */
  readonly field: string;
  /** The property or object of STIX, as the platform shows it. */
  readonly becomes: string;
  /** Keys in the section `virustotal`; empty: always. */
  readonly options: readonly string[];
}

/** The tables of one kind of object. */
export interface MappingTable {
  readonly title: string;
  readonly kind: LookUpKind;
  /** Names of the example files. */
  readonly examples: readonly string[];
  readonly rows: readonly MappingRow[];
}

const row = (field: string, becomes: string, ...options: readonly string[]): MappingRow => ({
  field,
  becomes,
  options,
});

const SCORE = '`last_analysis_stats`, `gti_assessment.threat_score`';

/** What every kind of object has; `prefix` is that of its own options. */
function common(prefix: 'file' | 'ip' | 'domain' | 'url', note: readonly string[]): readonly MappingRow[] {
  const own = (name: string): string => `${prefix}_${name}`;
  return [
    row(SCORE, '`x_opencti_score` of the object', 'replace_with_lower_score'),
    row('`id`', 'External reference to the page in VirusTotal'),
    row('`tags`', 'Labels', own('label_tags'), 'label_prefix', 'label_color', 'label_allow', 'label_deny'),
    row(
      prefix === 'url' ? '`threat_names`' : '`popular_threat_classification.suggested_threat_label`',
      'Label, in the form that the options for labels above give it',
      'label_threat',
    ),
    row(
      '`gti_assessment.verdict`, `last_analysis_stats`',
      'Label `malicious`, `suspicious` or `clean`',
      'label_verdict',
    ),
    row('`last_analysis_results`', 'Note "VirusTotal results": verdict and engines', ...note),
    row(
      '`gti_assessment`, `threat_severity`, `reputation`, `total_votes`',
      'The reason for the verdict, in that Note',
      'explain_verdict',
    ),
    row('most other attributes', 'Table in that Note', 'include_attributes_in_note'),
    row(
      '`last_analysis_stats`, `last_analysis_results`',
      'Indicator with a STIX pattern, `based-on` the object',
      own('indicator_create_positives'),
      own('indicator_count_suspicious'),
      'trusted_engines',
      own('indicator_trusted_positives'),
    ),
    row(
      '',
      '`valid_until`, `x_opencti_detection` of that Indicator',
      own('indicator_valid_minutes'),
      own('indicator_detect'),
    ),
    row('', '`kill_chain_phases` of that Indicator', 'indicator_kill_chain'),
    row('`comments`', 'Note "VirusTotal community"', 'import_comments', 'comments_max'),
    row('`total_votes`, `reputation`', 'The same Note', 'import_votes'),
    row(
      '`associations`',
      'Malware, Tool, Intrusion-Set, Campaign, Vulnerability, Report; `related-to`, `targets`, the Indicator `indicates` them',
      'import_gti',
    ),
  ].filter(({ options }) => prefix === 'file' || prefix === 'url' || !options.includes('label_threat'));
}

const fileRows: readonly MappingRow[] = [
  row('`md5`, `sha1`, `sha256`', '`hashes`'),
  row('`size` (StixFile)', '`size`'),
  row('`meaningful_name`, `names`', '`name` of a StixFile that has none, `x_opencti_additional_names`'),
  ...common('file', ['file_create_note_full_report']),
  row('`md5`, `sha1`, `sha256`', 'The pattern of that Indicator matches any of them', 'indicator_all_hashes'),
  row(
    '`crowdsourced_yara_results`, `/yara_rulesets/{id}`',
    'Indicators with YARA patterns, `related-to` the file',
    'file_import_yara',
  ),
  row(
    '`sigma_analysis_results`, `/sigma_rules/{id}`',
    'Indicators with Sigma patterns, `related-to` the file',
    'file_import_sigma',
  ),
  row(
    '`crowdsourced_ids_results`',
    'Indicators with Snort or Suricata patterns, `related-to` the file',
    'file_import_ids',
  ),
  row(
    '`popular_threat_classification`',
    'Malware; file `related-to`, the Indicator `indicates` it',
    'file_import_malware',
  ),
  row(
    '`/files/{id}/behaviour_mitre_trees`',
    'Attack-Patterns; file and Malware `uses` them; table in the Note',
    'file_import_attack_techniques',
  ),
  row(
    '`sandbox_verdicts`',
    'Malware-Analyses of the file; table in the Note',
    'file_import_sandbox_verdicts',
  ),
  row(
    '`contacted_domains`, `contacted_ips`, `contacted_urls`, `dropped_files`, `bundled_files`, `execution_parents`',
    'Observables; `communicates-with`, `drops`, `related-to`',
    'file_related',
    'related_max',
    'related_exclude_benign',
  ),
];

const certificates = row('`last_https_certificate`', 'X509-Certificate, `related-to`', 'import_certificates');

const addressRows: readonly MappingRow[] = [
  ...common('ip', []),
  row('`asn`, `as_owner`', 'Autonomous-System; address `belongs-to`', 'ip_add_relationships'),
  row('`country`', 'Country; address `located-at`', 'ip_add_relationships'),
  row('`network`', 'IPv4-Addr or IPv6-Addr with the prefix; address `related-to`', 'ip_add_network'),
  certificates,
  row('`whois`', 'Organization; address `belongs-to`; section in the Note', 'import_whois'),
  row('`jarm`', 'In the Note', 'import_fingerprints'),
  row(
    '`resolutions`, `communicating_files`',
    'Domain-Names that `resolves-to`, StixFiles that `communicates-with` the address',
    'ip_related',
    'related_max',
    'related_exclude_benign',
  ),
  row('`resolutions`: `date`', '`start_time` of `resolves-to`', 'related_resolution_dates'),
];

const domainRows: readonly MappingRow[] = [
  ...common('domain', []),
  row('`categories`', 'Note "VirusTotal categories"'),
  row(
    '`last_dns_records` (A, AAAA)',
    'IPv4-Addr, IPv6-Addr (100 at most); name `resolves-to`',
    'domain_add_relationships',
  ),
  certificates,
  row(
    '`whois`',
    'Organization, Email-Addr, Domain-Names of name servers; `related-to`; section in the Note',
    'import_whois',
  ),
  row('`jarm`, `favicon`', 'In the Note; the favicon as StixFile, `related-to`', 'import_fingerprints'),
  row(
    '`resolutions`, `subdomains`, `siblings`, `communicating_files`, `referrer_files`',
    'Observables; `resolves-to`, `communicates-with`, `related-to`',
    'domain_related',
    'related_max',
    'related_exclude_benign',
  ),
  row('`resolutions`: `date`', '`start_time` of `resolves-to`', 'related_resolution_dates'),
];

const urlRows: readonly MappingRow[] = [
  ...common('url', []),
  row('`categories`', 'Note "VirusTotal categories"'),
  row('`favicon`', 'In the Note; as StixFile, `related-to`', 'import_fingerprints'),
  row(
    '`last_serving_ip_address`, `redirects_to`, `redirection_chain`, `last_final_url`, `redirecting_urls`, `downloaded_files`',
    'Observables; `related-to`',
    'url_related',
    'related_max',
    'related_exclude_benign',
  ),
];

/** A table for each kind of report. */
export const mappingTables: readonly MappingTable[] = [
  { title: 'StixFile and Artifact', kind: 'file', examples: ['stixfile', 'artifact'], rows: fileRows },
  {
    title: 'IPv4-Addr and IPv6-Addr',
    kind: 'ip_address',
    examples: ['ipv4-addr', 'ipv6-addr'],
    rows: addressRows,
  },
  {
    title: 'Domain-Name and Hostname',
    kind: 'domain',
    examples: ['domain-name', 'hostname'],
    rows: domainRows,
  },
  { title: 'Url', kind: 'url', examples: ['url'], rows: urlRows },
];

/** What differs when an Indicator is enriched; its values are looked up like observables. */
export const indicatorRows: readonly MappingRow[] = [
  row(SCORE, '`x_opencti_score`: the highest of its values', 'replace_with_lower_score'),
  row(
    '`last_analysis_stats`',
    'A lower score, or `revoked`, when a later report clears it',
    'indicator_follow_verdict',
  ),
  row('as above', '`kill_chain_phases` of one that VirusTotal is the author of', 'indicator_kill_chain'),
  row('`id`', 'External references, one for each value'),
  row('as above', 'Labels, as for the kinds of its values'),
  row('as above', 'The Notes, one set for each value; but for comments'),
  row(
    'as above',
    'What is related to a value hangs on the observable, which is created, and on which the Indicator is `based-on`',
  ),
  row('`popular_threat_classification`', 'Malware; the Indicator `indicates` it', 'file_import_malware'),
  row(
    '`/files/{id}/behaviour_mitre_trees`',
    'Attack-Patterns; the Indicator `indicates` them',
    'file_import_attack_techniques',
  ),
  row('`associations`', 'As for the kinds of its values; the Indicator `indicates` them', 'import_gti'),
];
