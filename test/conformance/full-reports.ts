import type { JsonObject } from '../../src/shared/json.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';

/**
 * One answer of VirusTotal for each kind of object, with every attribute that the API reference names (§3.3 to §3.10
 * and §6). Everything in them is invented.
 */

const MOMENT = 1_750_000_000;
const DAY = 86_400;
const DIGEST = '0123456789abcdef'.repeat(4);

export const fullFileBody: JsonObject = body('file', eicar.sha256, {
  ...common({
    Acronis: engine('Acronis', 'malicious', 'Demo.Test'),
    Bkav: engine('Bkav', 'undetected', null),
  }),
  last_analysis_stats: {
    malicious: 44,
    suspicious: 1,
    undetected: 28,
    harmless: 0,
    timeout: 1,
    'confirmed-timeout': 1,
    failure: 1,
    'type-unsupported': 4,
  },
  tags: ['peexe', 'overlay'],
  md5: eicar.md5,
  sha1: eicar.sha1,
  sha256: eicar.sha256,
  size: 68,
  ssdeep: '3:a+JraNvsgzsVqSwHq9:tJuOgzsko',
  tlsh: `T1${'AB'.repeat(35)}`,
  vhash: '0460d6655d55557575157az28!z',
  authentihash: DIGEST,
  permhash: DIGEST,
  symhash: DIGEST.slice(0, 32),
  telfhash: DIGEST,
  names: ['eicar.com', '/tmp/demo/eicar.txt'],
  meaningful_name: 'eicar.com',
  type_description: 'Win32 EXE',
  type_tag: 'peexe',
  type_extension: 'exe',
  type_tags: ['executable', 'windows'],
  magic: 'PE32 executable (GUI) Intel 80386, for MS Windows',
  magika: 'PEBIN',
  trid: [{ file_type: 'Win64 Executable (generic)', probability: 48.7 }],
  first_submission_date: MOMENT - 900 * DAY,
  last_submission_date: MOMENT - DAY,
  times_submitted: 12,
  unique_sources: 7,
  creation_date: MOMENT - 1000 * DAY,
  downloadable: true,
  exiftool: { TimeStamp: '0000:00:00 00:00:00', MachineType: 'AMD AMD64' },
  popular_threat_classification: {
    suggested_threat_label: 'ransomware.demo/test',
    popular_threat_category: [{ value: 'ransomware', count: 14 }],
    popular_threat_name: [{ value: 'demo', count: 8 }],
  },
  sandbox_verdicts: {
    'Example Sandbox': {
      category: 'malicious',
      sandbox_name: 'Example Sandbox',
      confidence: 80,
      malware_classification: ['MALWARE'],
      malware_names: ['Demo'],
    },
  },
  crowdsourced_yara_results: [
    {
      rule_name: 'demo_eicar_digest',
      ruleset_id: '00dec00001',
      ruleset_name: 'demo_antivirus_test',
      ruleset_version: '00dec00001|0123456789abcdef',
      source: 'https://github.com/example/demo-rules',
      author: 'Example Author',
      description: 'The EICAR test file, by digest',
      match_in_subfile: true,
      match_date: MOMENT - 3 * DAY,
    },
    {
      rule_name: 'demo_printable_start',
      ruleset_id: '00dec00002',
      ruleset_name: 'demo_generic',
      source: 'demo',
    },
  ],
  sigma_analysis_stats: { critical: 0, high: 1, medium: 2, low: 3 },
  sigma_analysis_summary: { 'Example Rules': { critical: 0, high: 1, medium: 2, low: 3 } },
  sigma_analysis_results: [
    {
      rule_title: 'Demo',
      rule_id: DIGEST,
      rule_level: 'high',
      rule_source: 'Example Rules',
      rule_author: 'Example Author',
      rule_description: 'Invented',
      match_context: [{ values: { EventID: '13', TargetObject: 'HKLM\\Demo' } }],
    },
  ],
  crowdsourced_ids_stats: { high: 1, medium: 0, low: 0, info: 2 },
  crowdsourced_ids_results: [
    {
      rule_id: '1:2036289',
      rule_msg: 'Demo',
      rule_category: 'misc',
      rule_source: 'Example',
      rule_url: 'https://example.com/rule',
      rule_raw: 'alert tcp any any -> any any (msg:"demo";)',
      alert_severity: 'high',
      alert_context: [{ dest_ip: '198.51.100.3', dest_port: 443, hostname: 'example.com', protocol: 'TCP' }],
    },
  ],
  crowdsourced_ai_results: [
    { id: 'demo', source: 'demo', analysis: 'Invented', category: 'code_insight', verdict: 'benign' },
  ],
  signature_info: {
    verified: 'Signed',
    'signing date': '06:48 AM 08/24/2022',
    signers: 'Example Ltd; Example CA',
    'signers details': [{ name: 'Example Ltd', 'valid from': '2022-01-01', thumbprint: DIGEST.slice(0, 40) }],
    x509: [{ thumbprint_md5: DIGEST.slice(0, 32), thumbprint_sha256: DIGEST }],
    'file version': '1.0',
    product: 'Demo',
  },
  malware_config: { families: [{ family: 'demo', configs: [{ c2: 'example.com' }] }] },
  capabilities_tags: ['demo'],
  known_distributors: {
    distributors: ['Example'],
    filenames: ['demo.exe'],
    products: ['Demo'],
    data_sources: ['Example'],
  },
  detectiteasy: {
    filetype: 'PE64',
    values: [{ type: 'Compiler', name: 'Go', version: '1.15', info: 'demo' }],
  },
  packers: { PEiD: 'Demo' },
  main_icon: { raw_md5: DIGEST.slice(0, 32), dhash: '0000000000000000' },
  filecondis: { raw_md5: DIGEST.slice(0, 32), dhash: '0000000000000000' },
  available_tools: ['capa'],
  password_info: { password: 'infected' },
  bundle_info: { num_children: 1, uncompressed_size: 3.33e21, type: 'ZIP' },
  pe_info: {
    imphash: DIGEST.slice(0, 32),
    machine_type: 332,
    entry_point: 4096,
    timestamp: 0,
    sections: [{ name: '.text', md5: DIGEST.slice(0, 32), virtual_address: 4096, entropy: 6.3, flags: 'rx' }],
    import_list: [{ library_name: 'KERNEL32.dll', imported_functions: ['ExitProcess'] }],
    overlay: { md5: DIGEST.slice(0, 32), size: 1, offset: 2, entropy: 0.1 },
  },
});

export const fullIpAddressBody: JsonObject = body('ip_address', '1.2.3.4', {
  ...common(netEngines()),
  asn: 64496,
  as_owner: 'EXAMPLE-NET',
  network: '1.2.3.0/24',
  country: 'NL',
  continent: 'EU',
  regional_internet_registry: 'RIPE NCC',
  jarm: '29d3fd'.repeat(10),
  ...certificate(),
  whois: 'NetName: EXAMPLE-NET\nDescr: invented\n',
  whois_date: MOMENT - 7 * DAY,
  rdap: {
    object_class_name: 'ip network',
    handle: 'NET-1-2-3-0-1',
    start_address: '1.2.3.0',
    end_address: '1.2.3.255',
    ip_version: 'v4',
    status: ['active'],
    links: [{ href: 'https://example.com/rdap', rel: 'self' }],
    entities: [{ handle: 'EXAMPLE', roles: ['registrant'] }],
    events: [{ event_action: 'registration', event_date: '2014-03-14T16:52:05-04:00' }],
    cidr0_cidrs: [{ v4prefix: '1.2.3.0', length: 24 }],
  },
});

export const fullDomainBody: JsonObject = body('domain', 'evil.example.com', {
  ...common(netEngines()),
  categories: {
    Sophos: 'malware repository',
    'alphaMountain.ai': 'Malicious, Suspicious (alphaMountain.ai)',
  },
  creation_date: MOMENT - 400 * DAY,
  last_update_date: MOMENT - 35 * DAY,
  expiration_date: MOMENT + 330 * DAY,
  registrar: 'Example Registrar, Inc.',
  tld: 'com',
  last_dns_records: [
    { type: 'A', ttl: 300, value: '1.2.3.4' },
    { type: 'AAAA', ttl: 300, value: '2606:4700:0:0::1111' },
    { type: 'MX', ttl: 3600, value: 'mail.example.com', priority: 10 },
    {
      type: 'SOA',
      ttl: 900,
      value: 'ns1.example.com',
      rname: 'hostmaster.example.com',
      serial: 1,
      refresh: 7200,
    },
    { type: 'CAA', ttl: 900, value: 'ca.example.com', flag: 0, tag: 'issue' },
    { type: 'TXT', value: '"v=spf1 -all"' },
  ],
  last_dns_records_date: MOMENT - 60,
  jarm: '27d40d'.repeat(10),
  ...certificate(),
  popularity_ranks: { 'Cisco Umbrella': { rank: 5, timestamp: MOMENT - DAY } },
  favicon: { raw_md5: DIGEST.slice(0, 32), dhash: '0000000000000000' },
  whois: 'Domain Name: example.com\nRegistrar: Example Registrar, Inc.\n',
  whois_date: MOMENT - 7 * DAY,
  rdap: { object_class_name: 'domain', handle: 'EXAMPLE', status: ['active'] },
});

export const fullUrlBody: JsonObject = body(
  'url',
  '0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7',
  {
    ...common(netEngines()),
    url: 'http://evil.example.com/payload?a=1',
    last_final_url: 'https://evil.example.com/final',
    title: 'Example page',
    tld: 'com',
    categories: { Sophos: 'malware repository' },
    threat_names: ['Mal/Demo-A'],
    has_content: true,
    first_submission_date: MOMENT - 10 * DAY,
    last_submission_date: MOMENT - 3600,
    times_submitted: 5,
    last_http_response_code: 200,
    last_http_response_content_length: 1256,
    last_http_response_content_sha256: DIGEST,
    last_http_response_headers: { 'Content-Type': 'text/html', server: 'example' },
    last_http_response_cookies: { session: 'demo' },
    redirection_chain: ['http://evil.example.com/payload?a=1', 'https://evil.example.com/next'],
    outgoing_links: ['https://www.example.com/about'],
    html_meta: { 'og:image': ['https://www.example.com/a.png'], single: 'text' },
    favicon: { raw_md5: DIGEST.slice(0, 32), dhash: '0000000000000000' },
    trackers: { Demo: [{ id: 'UA-1', url: 'https://www.example.com/t.js', timestamp: MOMENT }] },
    targeted_brand: { Demo: 'Example' },
  },
  { last_serving_ip_address: { data: { type: 'ip_address', id: '198.51.100.3' } } },
);

function body(type: string, id: string, attributes: JsonObject, relationships?: JsonObject): JsonObject {
  const links = { self: `https://www.virustotal.com/api/v3/${type}/${id}` };
  return {
    data: { type, id, links, attributes, ...(relationships === undefined ? {} : { relationships }) },
  };
}

/** Reference §3.3, §3.8 and §3.9. */
function common(results: JsonObject): JsonObject {
  return {
    last_analysis_date: MOMENT,
    last_analysis_stats: { malicious: 14, suspicious: 2, undetected: 33, harmless: 45, timeout: 1 },
    last_analysis_results: results,
    last_modification_date: MOMENT + 600,
    reputation: -24,
    total_votes: { harmless: 1, malicious: 19 },
    tags: ['self-signed'],
    threat_severity: {
      version: 'I3',
      threat_severity_level: 'SEVERITY_HIGH',
      threat_severity_data: { num_detections: 14, domain_rank: '5', belongs_to_threat_actor: true },
      last_analysis_date: String(MOMENT),
      level_description: 'Invented',
    },
    gti_assessment: {
      verdict: { value: 'VERDICT_MALICIOUS' },
      severity: { value: 'SEVERITY_HIGH' },
      threat_score: { value: 80 },
      contributing_factors: {
        normalised_categories: ['malware', 'malware'],
        gti_confidence_score: 80,
        mandiant_osint: true,
      },
      description: 'Invented.',
    },
    mandiant_ic_score: 80,
    first_seen_itw_date: 1,
    last_seen_itw_date: MOMENT - DAY,
    crowdsourced_context: [
      { timestamp: MOMENT, title: 'Demo', details: 'Invented', severity: 'high', source: 'Example Feed' },
    ],
  };
}

function engine(name: string, category: string, result: string | null): JsonObject {
  return {
    method: 'blacklist',
    engine_name: name,
    engine_version: '1.2.3',
    engine_update: '20250512',
    category,
    result,
  };
}

function netEngines(): JsonObject {
  return {
    '0xSI_f33d': { method: 'blacklist', engine_name: '0xSI_f33d', category: 'undetected', result: 'unrated' },
    'AICC (MONITORAPP)': {
      method: 'blacklist',
      engine_name: 'AICC (MONITORAPP)',
      category: 'malicious',
      result: 'phishing',
    },
  };
}

/** Reference §3.10. */
function certificate(): JsonObject {
  return {
    last_https_certificate_date: MOMENT - 60,
    last_https_certificate: {
      version: 'V3',
      size: 1461,
      serial_number: DIGEST.slice(0, 32),
      thumbprint: DIGEST.slice(0, 40),
      thumbprint_sha256: DIGEST,
      validity: { not_before: '2025-07-07 08:35:58', not_after: '2025-09-29 08:35:57' },
      subject: { CN: 'example.com' },
      issuer: { C: 'ZZ', O: 'Example CA', CN: ['a', 'b'] },
      public_key: { algorithm: 'RSA', rsa: { modulus: '00', exponent: '10001', key_size: 2048 } },
      cert_signature: { signature_algorithm: 'sha256RSA', signature: '00' },
      extensions: {
        key_usage: ['digitalSignature'],
        CA: false,
        subject_alternative_name: ['example.com', '198.51.100.3'],
        ca_information_access: { OCSP: 'http://ocsp.example.com' },
        '1.3.6.1.4.1.11129.2.4.2': '0481f1',
      },
    },
  };
}
