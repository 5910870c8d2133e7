/**
 * Rules of intrusion detection systems: one line, `action protocol source port -> destination port (options)`. OpenCTI
 * reads each with a parser of its own for Snort 2 and with `parsuricata` for Suricata, and refuses the whole Indicator
 * when that fails; so what would fail there is left out here. Nothing of a rule is carried out or changed.
 */

export type IdsLanguage = 'snort' | 'suricata';

/** In UTF-16 units; the longest rules in use have some thousand. */
const MAX_RULE_LENGTH = 20_000;

/** What OpenCTI's parser for Snort takes (`snort_parser.py` and `snort_dicts.py` of the platform). */
const SNORT_ACTIONS = words('alert log pass activate dynamic drop reject sdrop');
const SNORT_PROTOCOLS = words('tcp udp icmp ip');
const SNORT_NETWORKS = words(
  '$EXTERNAL_NET $HTTP_SERVERS $INTERNAL_NET $SQL_SERVERS $SMTP_SERVERS $DNS_SERVERS $HOME_NET any',
);
const SNORT_OPTIONS = words(
  'msg reference gid sid rev classtype priority metadata content protected_content hash length nocase rawbytes depth ' +
    'offset distance within http_client_body http_cookie http_raw_cookie http_header http_raw_header http_method ' +
    'http_uri http_raw_uri http_stat_code http_stat_msg http_encode fast_pattern uricontent urilen isdataat pcre ' +
    'pkt_data file_data base64_decode base64_data byte_test byte_jump byte_extract byte_math ftpbounce asn1 cvs ' +
    'dce_iface dce_opnum dce_stub_data sip_method sip_stat_code sip_header sip_body gtp_type gtp_info gtp_version ' +
    'ssl_version ssl_state fragoffset ttl tos id ipopts fragbits dsize flags flow flowbits seq ack window itype icode ' +
    'icmp_id icmp_seq rpc ip_proto sameip stream_reassemble stream_size logto session resp react tag replace activates ' +
    'activated_by count detection_filter threshold',
);

const SURICATA_ACTIONS = words('pass drop reject alert');
const SURICATA_NETWORK = /^!?(?:any|\$[a-z_]+|\[[^[\]]*(?:\[[^[\]]*\][^[\]]*)*\]|[\da-f.:/]+)$/i;

interface ParsedRule {
  readonly action: string;
  readonly protocol: string;
  readonly networks: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/**
 * The rule in one line, as the platform accepts it.
 *
 * @returns `undefined` when it is no whole rule of that language, or has no message or number (`sid`).
 */
export function idsText(raw: string, language: IdsLanguage): string | undefined {
  // A backslash at its end continues a line.
  const text = raw.length > MAX_RULE_LENGTH ? '' : raw.trim().replace(/\\\r?\n\s*/g, ' ');
  if (text === '' || /[\p{Cc}\p{Cs}]/u.test(text.replace(/\t/g, ' '))) return undefined;
  const rule = parseRule(text);
  if (rule === undefined) return undefined;
  return (language === 'snort' ? isSnort(rule) : isSuricata(rule)) ? text : undefined;
}

/**
 * The language in which a ruleset is written. Snort's own are named so; those of Emerging Threats come to VirusTotal from
 * Suricata. Everything else is taken for Suricata's, which reads nearly all of Snort's.
 *
 * @param source - `Snort registered user ruleset`, `Proofpoint Emerging Threats Open`.
 */
export function idsLanguage(source: string | undefined): IdsLanguage {
  const name = source?.toLowerCase() ?? '';
  return name.includes('snort') && !name.includes('suricata') ? 'snort' : 'suricata';
}

function parseRule(text: string): ParsedRule | undefined {
  const start = text.indexOf('(');
  if (start === -1 || !/;\s*\)$/.test(text)) return undefined;
  const header = text
    .slice(0, start)
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/ ?(,) ?|(\[) | (\])/g, '$1$2$3')
    .split(' ');
  const [action = '', protocol = '', source = '', , direction = '', destination = ''] = header;
  if (header.length !== 7 || !['->', '<>'].includes(direction)) return undefined;
  const options = parseOptions(text.slice(start + 1, -1));
  if (options === undefined) return undefined;
  if (!/^\d{1,10}$/.test(options.get('sid') ?? '') || !/^"[^"]+"$/.test(options.get('msg') ?? ''))
    return undefined;
  return { action, protocol, networks: [source, destination], options };
}

/** Options end with `;`, which is escaped wherever it means itself. */
function parseOptions(body: string): Map<string, string> | undefined {
  const options = new Map<string, string>();
  for (const option of body
    .trim()
    .slice(0, -1)
    .split(/(?<!\\);/)) {
    const [name = '', ...value] = option.trim().split(':');
    if (!/^[a-z][\w.-]*$/i.test(name)) return undefined;
    options.set(name, value.join(':').trim());
  }
  return options;
}

function isSnort({ action, protocol, networks, options }: ParsedRule): boolean {
  return (
    SNORT_ACTIONS.has(action) &&
    SNORT_PROTOCOLS.has(protocol.toLowerCase()) &&
    networks.every(isSnortNetwork) &&
    [...options.keys()].every((name) => SNORT_OPTIONS.has(name))
  );
}

function isSnortNetwork(network: string): boolean {
  return network
    .replace(/^!?\[|\]$/g, '')
    .split(',')
    .map((part) => part.replace(/^!/, ''))
    .every((part) => SNORT_NETWORKS.has(part) || /^[\da-f.:]+(?:\/\d{1,3})?$/i.test(part));
}

function isSuricata({ action, protocol, networks }: ParsedRule): boolean {
  return (
    SURICATA_ACTIONS.has(action) &&
    /^[a-z][\w-]*$/.test(protocol) &&
    networks.every((network) => SURICATA_NETWORK.test(network))
  );
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
