import type { KeyKind } from './keys.js';

/** Who may read a relationship: any key, premium keys, keys with the threat landscape. */
type Audience = 'everyone' | 'enterprise' | 'gti';

interface Rules {
  readonly everyone: readonly string[];
  readonly enterprise: readonly string[];
  readonly gti: readonly string[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const landscapeOfHosts = words(
  `associations campaigns malware_families related_references related_reports related_threat_actors reports
   software_toolkits vulnerabilities`,
);

/** The relationships by type (https://docs.virustotal.com/reference/files and its siblings). */
const rulesByType: Readonly<Record<string, Rules>> = {
  file: {
    everyone: words(
      `behaviours bundled_files collections comments contacted_domains contacted_ips contacted_urls dropped_files
       execution_parents graphs pe_resource_children pe_resource_parents sigma_analysis votes user_votes`,
    ),
    enterprise: words(
      `analyses carbonblack_children carbonblack_parents ciphered_bundled_files ciphered_parents compressed_parents
       email_attachments email_parents embedded_domains embedded_ips embedded_urls itw_domains itw_ips itw_urls
       memory_pattern_domains memory_pattern_ips memory_pattern_urls overlay_children overlay_parents pcap_children
       pcap_parents screenshots similar_files submissions urls_for_embedded_js`,
    ),
    gti: words(
      `associations attack_techniques campaigns malware_families related_attack_techniques related_references
       related_reports related_threat_actors reports software_toolkits vulnerabilities`,
    ),
  },
  ip_address: {
    everyone: words(
      `collections comments communicating_files graphs historical_ssl_certificates historical_whois referrer_files
       related_comments resolutions votes user_votes`,
    ),
    enterprise: words('downloaded_files urls'),
    gti: [...landscapeOfHosts, 'memory_pattern_parents'],
  },
  domain: {
    everyone: words(
      `collections comments communicating_files graphs historical_ssl_certificates historical_whois immediate_parent
       parent referrer_files related_comments resolutions siblings subdomains votes user_votes`,
    ),
    enterprise: words('caa_records cname_records mx_records ns_records soa_records downloaded_files urls'),
    gti: landscapeOfHosts,
  },
  url: {
    everyone: words(
      'collections comments graphs last_serving_ip_address network_location related_comments votes user_votes',
    ),
    enterprise: words(
      `analyses communicating_files contacted_domains contacted_ips downloaded_files embedded_js_files
       http_response_contents parent_resource_urls redirecting_urls redirects_to referrer_files referrer_urls
       submissions urls_related_by_tracker_id`,
    ),
    gti: landscapeOfHosts,
  },
};

const toOne = new Set([
  'sigma_analysis',
  'immediate_parent',
  'parent',
  'last_serving_ip_address',
  'network_location',
]);

const audiencesOf: Readonly<Record<KeyKind, readonly Audience[]>> = {
  inactive: [],
  public: ['everyone'],
  premium: ['everyone', 'enterprise'],
  gti: ['everyone', 'enterprise', 'gti'],
};

/** Whether the relationship exists and whether a key of this kind may read it. */
export function relationshipAccess(
  type: string,
  relationship: string,
  kind: KeyKind,
): 'granted' | 'forbidden' | 'unknown' {
  const rules = rulesByType[type];
  if (rules === undefined) return 'unknown';
  if (audiencesOf[kind].some((audience) => rules[audience].includes(relationship))) return 'granted';
  return [rules.everyone, rules.enterprise, rules.gti].some((names) => names.includes(relationship))
    ? 'forbidden'
    : 'unknown';
}

/** Whether the relationship leads to one object instead of a list. */
export function isToOne(relationship: string): boolean {
  return toOne.has(relationship);
}

/** Names of all relationships by type, as `GET /metadata` lists them. */
export function relationshipNames(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(rulesByType).map(([type, { everyone, enterprise, gti }]) => [
      type,
      [...everyone, ...enterprise, ...gti].sort(),
    ]),
  );
}
