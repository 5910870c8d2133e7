import { Catalog } from '../catalog.js';
import { canonicalUrl, urlId } from '../canonical-url.js';
import { epochSeconds } from '../report-skeletons.js';
import {
  cleanFile,
  eicar,
  macroDocument,
  maliciousDomain,
  maliciousIp,
  maliciousUrl,
  unknownFile,
} from './demo-values.js';
import { sampleDomain, sampleFile, sampleIp, sampleMoment, sampleUrl } from './reports.js';
import { sampleBehaviours, sampleBehaviourTrees } from './behaviours.js';
import { sampleRulesets, sampleYaraMatches } from './rulesets.js';

/**
 * The catalogue of a demonstration: obviously invented reports, realistic in shape and size. What it says about
 * real addresses and names is invented too.
 *
 * @param at - When everything was analysed; the same moment gives the same catalogue.
 */
export function demoCatalog(at: Date = sampleMoment): Catalog {
  const catalog = new Catalog();
  for (const { id, attributes } of sampleRulesets) catalog.addRuleset(id, attributes);
  addFiles(catalog, at);
  addAddresses(catalog, at);
  addDomains(catalog, at);
  addUrls(catalog, at);
  addRelationships(catalog, at);
  return catalog;
}

function addFiles(catalog: Catalog, at: Date): void {
  catalog.addFile(
    sampleFile(eicar, {
      at,
      verdicts: { malicious: 64, timeout: 2, 'type-unsupported': 4 },
      detections: ['EICAR-Test-File (not a virus)', 'Eicar.Test.Signature', 'Virus:DOS/EICAR_Test_File'],
      attributes: {
        names: ['eicar.com', 'eicar.com.txt', 'test file | with pipe.txt'],
        type_description: 'Powershell',
        type_tag: 'powershell',
        type_tags: ['source', 'powershell', 'ps'],
        magic: 'EICAR virus test files',
        magika: 'TXT',
        tags: ['attachment', 'known-distributor', 'via-tor'],
        reputation: 3_500,
        total_votes: { harmless: 4_100, malicious: 520 },
        popular_threat_classification: {
          suggested_threat_label: 'virus.eicar/test',
          popular_threat_category: [{ value: 'virus', count: 18 }],
          popular_threat_name: [
            { value: 'eicar', count: 40 },
            { value: 'test', count: 21 },
          ],
        },
        crowdsourced_yara_results: sampleYaraMatches(at),
        sandbox_verdicts: {
          'Example Sandbox': {
            category: 'malicious',
            sandbox_name: 'Example Sandbox',
            confidence: 80,
            malware_classification: ['MALWARE'],
            malware_names: ['EICAR'],
          },
          'Another Sandbox': {
            category: 'undetected',
            sandbox_name: 'Another Sandbox',
            malware_classification: ['UNKNOWN_VERDICT'],
          },
        },
        sigma_analysis_stats: { critical: 0, high: 1, medium: 0, low: 2 },
      },
    }),
  );
  catalog.addFile(
    sampleFile(cleanFile, {
      at,
      verdicts: { 'type-unsupported': 4 },
      attributes: {
        type_description: 'Win32 EXE',
        type_tag: 'peexe',
        type_extension: 'exe',
        magic: 'PE32 executable (GUI) Intel 80386, for MS Windows',
        tags: ['peexe', 'signed', 'overlay'],
        size: 4_385_462,
        creation_date: 0,
        signature_info: {
          verified: 'Signed',
          'signing date': '06:48 AM 08/24/2024',
          signers: 'Example Software Ltd; Example CA 1',
          'file version': '1.2.3',
          product: 'Demo Setup',
        },
        pe_info: { imphash: '00000000000000000000000000000000', machine_type: 332, entry_point: 4_096 },
      },
    }),
  );
  catalog.addFile(
    sampleFile(macroDocument, {
      at,
      verdicts: { malicious: 7, suspicious: 2, 'type-unsupported': 6 },
      detections: ['VBA/Demo.Downloader', 'HEUR:Demo.Script'],
      attributes: {
        type_description: 'Office Open XML Document',
        type_tag: 'docx',
        magic: 'Microsoft Word 2007+',
        tags: ['docx', 'macros', 'auto-open'],
        size: 48_213,
        popular_threat_classification: { suggested_threat_label: 'downloader.demo' },
      },
    }),
  );
}

function addAddresses(catalog: Catalog, at: Date): void {
  catalog.addIp(
    maliciousIp,
    sampleIp(maliciousIp, {
      at,
      verdicts: { malicious: 14, suspicious: 2, harmless: 42 },
      attributes: {
        network: '1.2.3.0/24',
        reputation: -24,
        total_votes: { harmless: 1, malicious: 19 },
        tags: ['self-signed', 'suspicious-udp'],
        crowdsourced_context: [
          {
            timestamp: epochSeconds(at) - 3_600,
            title: 'Demonstration: control server',
            details: 'Invented for demonstration.',
            severity: 'high',
            source: 'Example Feed',
          },
        ],
      },
    }),
  );
  catalog.addIp(
    '8.8.8.8',
    sampleIp('8.8.8.8', {
      at,
      verdicts: { harmless: 61 },
      attributes: {
        asn: 15169,
        as_owner: 'GOOGLE',
        network: '8.8.8.0/24',
        country: 'US',
        continent: 'NA',
        regional_internet_registry: 'ARIN',
        reputation: 556,
        total_votes: { harmless: 236, malicious: 44 },
      },
    }),
  );
  catalog.addIp(
    '2001:4860:4860::8888',
    sampleIp('2001:4860:4860::8888', {
      at,
      verdicts: { harmless: 58 },
      attributes: {
        asn: 15169,
        as_owner: 'GOOGLE',
        network: '2001:4860::/32',
        country: 'US',
        continent: 'NA',
        regional_internet_registry: 'ARIN',
        jarm: undefined,
        last_https_certificate: undefined,
        last_https_certificate_date: undefined,
      },
    }),
  );
}

function addDomains(catalog: Catalog, at: Date): void {
  const soa = {
    rname: 'hostmaster.example.com',
    serial: 1,
    refresh: 7_200,
    retry: 900,
    expire: 1_209_600,
    minimum: 86_400,
  };
  catalog.addDomain(
    maliciousDomain,
    sampleDomain(maliciousDomain, {
      at,
      verdicts: { malicious: 13, suspicious: 1, harmless: 48 },
      attributes: {
        categories: {
          'alphaMountain.ai': 'Malicious, Suspicious (alphaMountain.ai)',
          BitDefender: 'malware',
          'Forcepoint ThreatSeeker': 'malicious web sites',
          Sophos: 'malware callhome, command and control',
        },
        reputation: -41,
        total_votes: { harmless: 0, malicious: 27 },
        tags: ['dga'],
        last_dns_records_date: epochSeconds(at) - 60,
        last_dns_records: [
          { type: 'A', ttl: 300, value: maliciousIp },
          { type: 'AAAA', ttl: 300, value: '2001:4860:4860::8888' },
          { type: 'MX', ttl: 3_600, value: 'mail.example.com', priority: 10 },
          { type: 'NS', ttl: 86_400, value: 'ns1.example.com' },
          { type: 'TXT', ttl: 3_600, value: '"v=spf1 -all"' },
          { type: 'CAA', ttl: 3_600, value: 'ca.example.com', flag: 0, tag: 'issue' },
          { type: 'SOA', ttl: 900, value: 'ns1.example.com', ...soa },
        ],
      },
    }),
  );
  catalog.addDomain(
    'c2.evil.example.com',
    sampleDomain('c2.evil.example.com', {
      at,
      verdicts: { malicious: 17, harmless: 40 },
      attributes: {
        categories: { Sophos: 'command and control' },
        last_dns_records: [{ type: 'CNAME', ttl: 60, value: maliciousDomain }],
        last_dns_records_date: epochSeconds(at) - 60,
      },
    }),
  );
  catalog.addDomain(
    'example.com',
    sampleDomain('example.com', {
      at,
      verdicts: { harmless: 65 },
      attributes: {
        categories: { BitDefender: 'education', Sophos: 'information technology' },
        popularity_ranks: {
          'Cisco Umbrella': { rank: 5_000, timestamp: epochSeconds(at) - 86_400 },
          Majestic: { rank: 300, timestamp: epochSeconds(at) - 86_400 },
        },
        reputation: 120,
        total_votes: { harmless: 60, malicious: 2 },
      },
    }),
  );
}

function addUrls(catalog: Catalog, at: Date): void {
  catalog.addUrl(
    maliciousUrl,
    sampleUrl(maliciousUrl, {
      at,
      verdicts: { malicious: 12, suspicious: 1, harmless: 60 },
      attributes: {
        title: '',
        categories: { Sophos: 'malware repository', 'Dr.Web': 'known infection source' },
        threat_names: ['Mal/Demo-A', 'C2/Demo-A'],
        tags: ['download', 'external-resources'],
        last_http_response_content_sha256: eicar.sha256,
        last_http_response_content_length: eicar.size,
        reputation: -15,
        total_votes: { harmless: 0, malicious: 8 },
      },
    }),
  );
}

function addRelationships(catalog: Catalog, at: Date): void {
  const file = { type: 'file', id: eicar.sha256 };
  const ip = { type: 'ip_address', id: maliciousIp };
  const domain = { type: 'domain', id: maliciousDomain };
  const url = { type: 'url', id: urlId(canonicalUrl(maliciousUrl) ?? maliciousUrl) };
  const resolution = {
    type: 'resolution',
    // Address and name without a separator, as the real ids are.
    id: `${maliciousIp}${maliciousDomain}`,
    attributes: {
      ip_address: maliciousIp,
      host_name: maliciousDomain,
      date: epochSeconds(at) - 86_400,
      resolver: 'VirusTotal',
    },
  };
  catalog.put(resolution);
  catalog.relate(ip, 'resolutions', [resolution]);
  catalog.relate(domain, 'resolutions', [resolution]);
  catalog.relate(domain, 'subdomains', [{ type: 'domain', id: 'c2.evil.example.com' }]);
  catalog.relate(domain, 'communicating_files', [file]);
  catalog.relate(ip, 'communicating_files', [file, { type: 'file', id: unknownFile.sha256 }]);
  catalog.relate(url, 'last_serving_ip_address', [ip]);
  catalog.relate(url, 'network_location', [domain]);
  catalog.relate(file, 'contacted_ips', [ip]);
  catalog.relate(file, 'contacted_domains', [domain]);
  catalog.relate(file, 'contacted_urls', [{ ...url, contextAttributes: { url: maliciousUrl } }]);
  catalog.relate(file, 'dropped_files', [{ type: 'file', id: macroDocument.sha256 }]);
  catalog.relate(file, 'behaviours', sampleBehaviours(eicar.sha256, at));
  catalog.setBehaviourTrees(eicar.sha256, sampleBehaviourTrees());
}
