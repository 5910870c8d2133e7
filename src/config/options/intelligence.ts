import { wholeNumber, text, yesOrNo } from '../formats.js';
import { anyOf, colour, texts } from '../list-formats.js';
import { associations, comments, resolutionDates, sigmaRules, techniques } from '../look-ups.js';
import { group, option, optional } from '../option.js';

/** What a part costs beyond the look-up for the report: the documentation says it of each. */
const FREE = 'Costs no look-up.';
const ONE = 'Costs one look-up for each object, kept like a report.';

const ENGINES = wholeNumber(0, 1000);

const verdict = group('Verdict', {
  explain_verdict: option({
    doc: `Open the note with the reason for the verdict: where the score comes from, the engines for and against with their results, the age of the report, community and Google's assessment. The list of facts below it then leaves out what was said. ${FREE}`,
    env: 'VIRUSTOTAL_EXPLAIN_VERDICT',
    type: yesOrNo,
    default: true,
  }),
  trusted_engines: option({
    doc: `Engines whose verdict alone may be enough for an Indicator, see the options *_indicator_trusted_positives; named as in the notes, in any case; names that no report has do nothing. The note says what they think. Example: Kaspersky,ESET-NOD32. ${FREE}`,
    env: 'VIRUSTOTAL_TRUSTED_ENGINES',
    type: texts,
    default: [],
  }),
  file_indicator_count_suspicious: option({
    doc: `Count suspicious verdicts on a file towards file_indicator_create_positives as well. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_INDICATOR_COUNT_SUSPICIOUS',
    type: yesOrNo,
    default: false,
  }),
  file_indicator_trusted_positives: option({
    doc: `Trusted engines that are enough for an Indicator when they call a file malicious, even below file_indicator_create_positives (unless that is 0); 0: they count like any other. Example: 2. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_INDICATOR_TRUSTED_POSITIVES',
    type: ENGINES,
    default: 0,
  }),
  ip_indicator_count_suspicious: option({
    doc: `The same as file_indicator_count_suspicious, for addresses. ${FREE}`,
    env: 'VIRUSTOTAL_IP_INDICATOR_COUNT_SUSPICIOUS',
    type: yesOrNo,
    default: false,
  }),
  ip_indicator_trusted_positives: option({
    doc: `The same as file_indicator_trusted_positives, for addresses. ${FREE}`,
    env: 'VIRUSTOTAL_IP_INDICATOR_TRUSTED_POSITIVES',
    type: ENGINES,
    default: 0,
  }),
  domain_indicator_count_suspicious: option({
    doc: `The same as file_indicator_count_suspicious, for domains and hostnames. ${FREE}`,
    env: 'VIRUSTOTAL_DOMAIN_INDICATOR_COUNT_SUSPICIOUS',
    type: yesOrNo,
    default: false,
  }),
  domain_indicator_trusted_positives: option({
    doc: `The same as file_indicator_trusted_positives, for domains and hostnames. ${FREE}`,
    env: 'VIRUSTOTAL_DOMAIN_INDICATOR_TRUSTED_POSITIVES',
    type: ENGINES,
    default: 0,
  }),
  url_indicator_count_suspicious: option({
    doc: `The same as file_indicator_count_suspicious, for URLs. ${FREE}`,
    env: 'VIRUSTOTAL_URL_INDICATOR_COUNT_SUSPICIOUS',
    type: yesOrNo,
    default: false,
  }),
  url_indicator_trusted_positives: option({
    doc: `The same as file_indicator_trusted_positives, for URLs. ${FREE}`,
    env: 'VIRUSTOTAL_URL_INDICATOR_TRUSTED_POSITIVES',
    type: ENGINES,
    default: 0,
  }),
  indicator_all_hashes: option({
    doc: `Let the Indicator of a file match any of its hashes (SHA-256, SHA-1, MD5) instead of the strongest alone; to the platform it is another Indicator than that. An Indicator on a hash that is enriched gets the file with all its hashes, on which it is based; its pattern stays. Example: true. ${FREE}`,
    env: 'VIRUSTOTAL_INDICATOR_ALL_HASHES',
    type: yesOrNo,
    default: false,
  }),
  indicator_kill_chain: option({
    doc: `Give the Indicators made of verdicts the phases of ATT&CK's kill chain: the tactics that sandboxes saw (with file_import_attack_techniques), and what categories such as ransomware or phishing stand for. Example: true. ${FREE}`,
    env: 'VIRUSTOTAL_INDICATOR_KILL_CHAIN',
    type: yesOrNo,
    default: false,
  }),
  indicator_follow_verdict: option({
    doc: `When a later report clears an object: revoke the Indicator that VirusTotal is the author of, or lower its score while some engines are left against the object. At least 30 engines must have judged. The platform is asked for the Indicator then. Example: true. ${FREE}`,
    env: 'VIRUSTOTAL_INDICATOR_FOLLOW_VERDICT',
    type: yesOrNo,
    default: false,
  }),
});

const labels = group('Labels', {
  file_label_tags: option({
    doc: `Add the tags of a file as labels. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_LABEL_TAGS',
    type: yesOrNo,
    default: true,
  }),
  ip_label_tags: option({
    doc: `Add the tags of an address as labels. ${FREE}`,
    env: 'VIRUSTOTAL_IP_LABEL_TAGS',
    type: yesOrNo,
    default: false,
  }),
  domain_label_tags: option({
    doc: `Add the tags of a domain or hostname as labels. ${FREE}`,
    env: 'VIRUSTOTAL_DOMAIN_LABEL_TAGS',
    type: yesOrNo,
    default: false,
  }),
  url_label_tags: option({
    doc: `Add the tags of a URL as labels. ${FREE}`,
    env: 'VIRUSTOTAL_URL_LABEL_TAGS',
    type: yesOrNo,
    default: false,
  }),
  label_threat: option({
    doc: `Add the popular threat label of a file, such as trojan.emotet, and the threat names of a URL as labels. ${FREE}`,
    env: 'VIRUSTOTAL_LABEL_THREAT',
    type: yesOrNo,
    default: false,
  }),
  label_verdict: option({
    doc: `Add the verdict as a label: malicious where the rule for an Indicator holds (10 malicious verdicts where Indicators are off), suspicious from one malicious or suspicious verdict on, clean when engines judged and none had anything against it; a verdict of Google Threat Intelligence goes first. Labels only come: one of an earlier verdict stays. ${FREE}`,
    env: 'VIRUSTOTAL_LABEL_VERDICT',
    type: yesOrNo,
    default: false,
  }),
  label_prefix: optional({
    doc: `Text before every label. Example: "vt:" ${FREE}`,
    env: 'VIRUSTOTAL_LABEL_PREFIX',
    type: text,
    example: 'vt:',
  }),
  label_color: optional({
    doc: `Colour of labels that the platform does not have yet; without it the platform chooses one. Each label is looked for once, and created before the results are sent, for which the user needs the capability to manage labels (the role Connector has it). Example: #394eff. ${FREE}`,
    env: 'VIRUSTOTAL_LABEL_COLOR',
    type: colour,
    example: '#394eff',
  }),
  label_allow: option({
    doc: `The only labels that are added, without the prefix, in any case; * stands for any text. Empty: all. Example: peexe,cve-*. ${FREE}`,
    env: 'VIRUSTOTAL_LABEL_ALLOW',
    type: texts,
    default: [],
  }),
  label_deny: option({
    doc: `Labels that are never added, written like those of label_allow. Example: direct-cpu-clock-access,runtime-modules. ${FREE}`,
    env: 'VIRUSTOTAL_LABEL_DENY',
    type: texts,
    default: [],
  }),
});

const related = group('Related observables', {
  file_related: option({
    doc: `Observables to add to a file, with relationships: by VirusTotal's names. They come with the report. Example: contacted_domains,dropped_files. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_RELATED',
    type: anyOf([
      'contacted_domains',
      'contacted_ips',
      'contacted_urls',
      'dropped_files',
      'bundled_files',
      'execution_parents',
    ]),
    default: [],
  }),
  ip_related: option({
    doc: `Observables to add to an address; resolutions are the names that resolved to it. They come with the report. Example: resolutions. ${FREE}`,
    env: 'VIRUSTOTAL_IP_RELATED',
    type: anyOf(['resolutions', 'communicating_files']),
    default: [],
  }),
  domain_related: option({
    doc: `Observables to add to a domain or hostname; resolutions are the addresses to which it resolved. They come with the report. Example: resolutions,subdomains. ${FREE}`,
    env: 'VIRUSTOTAL_DOMAIN_RELATED',
    type: anyOf(['resolutions', 'subdomains', 'siblings', 'communicating_files', 'referrer_files']),
    default: [],
  }),
  url_related: option({
    doc: `Observables to add to a URL. They come with the report; all but last_serving_ip_address need a premium key, and are left out with another one, except redirects that the report itself tells. Example: last_serving_ip_address. ${FREE}`,
    env: 'VIRUSTOTAL_URL_RELATED',
    type: anyOf(['last_serving_ip_address', 'redirects_to', 'redirecting_urls', 'downloaded_files']),
    default: [],
  }),
  related_max: option({
    doc: `Observables of each relationship at most; VirusTotal sends 20 with a report. How many are left out stands in the note. ${FREE}`,
    env: 'VIRUSTOTAL_RELATED_MAX',
    type: wholeNumber(1, 20),
    default: 20,
  }),
  related_exclude_benign: option({
    doc: `Leave out what everything contacts and what says nothing about it: update, certificate, time, telemetry and connectivity-check servers of known vendors, the own names of search engines and delivery networks, public resolvers, files that hold nothing. How many stands in the note; subdomains and siblings stay. Addresses that are not publicly routable are always left out. ${FREE}`,
    env: 'VIRUSTOTAL_RELATED_EXCLUDE_BENIGN',
    type: yesOrNo,
    default: true,
  }),
  related_resolution_dates: option({
    doc: `Ask for the dates of resolutions, where ip_related or domain_related names them: the start time of the relationship is then the date of the resolution; not for the values of Indicators. ${ONE}`,
    env: 'VIRUSTOTAL_RELATED_RESOLUTION_DATES',
    lookUps: resolutionDates,
    type: yesOrNo,
    default: false,
  }),
});

const knowledge = group('Knowledge about files', {
  file_import_malware: option({
    doc: `Add the families that the popular threat classification names, at most 3, as Malware; generic names such as trojan or agent are left out. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_IMPORT_MALWARE',
    type: yesOrNo,
    default: false,
  }),
  file_import_attack_techniques: option({
    doc: `Add the ATT&CK techniques that sandboxes saw, at most 50, with a table of them in the note. ${ONE}`,
    env: 'VIRUSTOTAL_FILE_IMPORT_ATTACK_TECHNIQUES',
    lookUps: techniques,
    type: yesOrNo,
    default: false,
  }),
  file_import_sandbox_verdicts: option({
    doc: `Add the verdicts of sandboxes as malware analyses, with a table of them in the note. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_IMPORT_SANDBOX_VERDICTS',
    type: yesOrNo,
    default: false,
  }),
  file_import_sigma: option({
    doc: 'Import the crowdsourced Sigma rules that match, as Indicators. Costs one look-up for each rule, kept for a week, at most 20 for a file.',
    env: 'VIRUSTOTAL_FILE_IMPORT_SIGMA',
    lookUps: sigmaRules,
    type: yesOrNo,
    default: false,
  }),
  file_import_ids: option({
    doc: `Import the Snort and Suricata rules that the traffic of a file matched, as Indicators, where VirusTotal gives their text. ${FREE}`,
    env: 'VIRUSTOTAL_FILE_IMPORT_IDS',
    type: yesOrNo,
    default: false,
  }),
});

const context = group('Context', {
  ip_add_network: option({
    doc: `Add the network of an address (its prefix, such as 198.51.100.0/24) as an IPv4-Addr or IPv6-Addr, with a relationship; with ip_add_relationships also to its autonomous system. ${FREE}`,
    env: 'VIRUSTOTAL_IP_ADD_NETWORK',
    type: yesOrNo,
    default: false,
  }),
  import_certificates: option({
    doc: `Add the last HTTPS certificate of an address, domain or hostname, with a relationship. ${FREE}`,
    env: 'VIRUSTOTAL_IMPORT_CERTIFICATES',
    type: yesOrNo,
    default: false,
  }),
  import_whois: option({
    doc: `Write what WHOIS says of an address, domain or hostname into the note: registrar, dates, name servers, names of the network. The registrant or holder, its e-mail addresses, and name servers that do not serve everybody are added with relationships, unless they are hidden for privacy. ${FREE}`,
    env: 'VIRUSTOTAL_IMPORT_WHOIS',
    type: yesOrNo,
    default: false,
  }),
  import_fingerprints: option({
    doc: `Write the JARM fingerprint of a server and the hashes of a favicon into the note; the favicon is added as a file, with a relationship (favicons need a premium key). ${FREE}`,
    env: 'VIRUSTOTAL_IMPORT_FINGERPRINTS',
    type: yesOrNo,
    default: false,
  }),
  import_gti: option({
    doc: `Objects of Google Threat Intelligence to add that are associated with an object; an Indicator indicates them. Needs a key with that licence; with another one nothing is added, and it is not asked again for a day. Example: malware_families,threat_actors. ${ONE}`,
    env: 'VIRUSTOTAL_IMPORT_GTI',
    lookUps: associations,
    type: anyOf([
      'malware_families',
      'software_toolkits',
      'threat_actors',
      'campaigns',
      'reports',
      'vulnerabilities',
    ]),
    default: [],
  }),
  import_comments: option({
    doc: `Write the newest comments of the community into a note: author, date, votes and text. Not for the values of an Indicator. ${ONE}`,
    env: 'VIRUSTOTAL_IMPORT_COMMENTS',
    lookUps: comments,
    type: yesOrNo,
    default: false,
  }),
  comments_max: option({
    doc: `Comments in that note at most. ${FREE}`,
    env: 'VIRUSTOTAL_COMMENTS_MAX',
    type: wholeNumber(1, 40),
    default: 10,
  }),
  import_votes: option({
    doc: `Write the votes of the community into that note. ${FREE}`,
    env: 'VIRUSTOTAL_IMPORT_VOTES',
    type: yesOrNo,
    default: false,
  }),
});

/** What becomes of a report beyond what the Python connector makes of it; off unless it only adds text to the Note. */
export const intelligence = { ...verdict, ...labels, ...related, ...knowledge, ...context };
