import type { JsonObject } from '../../../shared/json.js';
import { canonicalUrl, urlId } from '../canonical-url.js';
import type { Catalog, ObjectRef, RelatedObject } from '../catalog.js';
import { epochSeconds, type FileIdentity } from '../report-skeletons.js';
import { sampleBehaviourTrees } from './behaviours.js';
import { demoCatalog } from './demo-catalog.js';
import { macroDocument, maliciousDomain, maliciousIp, maliciousUrl } from './demo-values.js';
import { identityOf, sampleFile, sampleIp, sampleMoment } from './reports.js';
import { sampleYaraMatches } from './rulesets.js';

/** A file about which VirusTotal knows something in every respect. */
export const loader: FileIdentity = identityOf('demonstration: loader', 'invoice-demo.exe');
/** An address of the other family with the same. */
export const maliciousIpv6 = '2606:4700::1111';

/** Sigma rules that match {@link loader}. */
export const sigmaRuleIds: readonly string[] = ['5a'.repeat(32), '5b'.repeat(32)];

const DAY = 86_400;

/**
 * The catalogue of the demonstration with objects about which there is everything that an option can ask for: related
 * objects, behaviour, rules, comments, associations, WHOIS. Everything in it is invented.
 *
 * @param at - When everything was analysed; the same moment gives the same catalogue.
 */
export function intelligenceCatalog(at: Date = sampleMoment): Catalog {
  const catalog = demoCatalog(at);
  addLoader(catalog, at);
  addHosts(catalog, at);
  const url = { type: 'url', id: urlId(canonicalUrl(maliciousUrl) ?? maliciousUrl) };
  catalog.update(url, { favicon: { raw_md5: 'fa'.repeat(16), dhash: '8e9696aeb2968ee0' } });
  catalog.relate(url, 'downloaded_files', [{ type: 'file', id: loader.sha256 }]);
  const bait = 'http://mail.evil.example.com/open';
  catalog.relate(url, 'redirecting_urls', [
    { type: 'url', id: urlId(bait), contextAttributes: { url: bait } },
  ]);
  const subjects: readonly ObjectRef[] = [
    { type: 'file', id: loader.sha256 },
    { type: 'ip_address', id: maliciousIp },
    { type: 'ip_address', id: maliciousIpv6 },
    { type: 'domain', id: maliciousDomain },
    url,
  ];
  for (const subject of subjects) {
    catalog.relate(subject, 'comments', [comment(subject, at)]);
    catalog.relate(subject, 'associations', associations(at));
  }
  return catalog;
}

function addLoader(catalog: Catalog, at: Date): void {
  const file = { type: 'file', id: loader.sha256 };
  catalog.addFile(
    sampleFile(loader, {
      at,
      verdicts: { malicious: 47, suspicious: 1, timeout: 1, 'type-unsupported': 4 },
      detections: ['Trojan.GenericKD.7001', 'Win32/DemoLoader.A', 'Trojan:Win32/DemoLoader'],
      attributes: {
        names: ['invoice-demo.exe', 'setup.exe'],
        type_description: 'Win32 EXE',
        type_tag: 'peexe',
        magic: 'PE32 executable (GUI) Intel 80386, for MS Windows',
        tags: ['peexe', 'overlay', 'detect-debug-environment'],
        size: 214_016,
        reputation: -58,
        total_votes: { harmless: 0, malicious: 12 },
        popular_threat_classification: {
          suggested_threat_label: 'trojan.demoloader/genkd',
          popular_threat_category: [
            { value: 'trojan', count: 31 },
            { value: 'downloader', count: 6 },
          ],
          popular_threat_name: [
            { value: 'demoloader', count: 24 },
            { value: 'generickd', count: 9 },
          ],
        },
        crowdsourced_yara_results: sampleYaraMatches(at),
        sandbox_verdicts: {
          'Example Sandbox': {
            category: 'malicious',
            sandbox_name: 'Example Sandbox',
            confidence: 92,
            malware_classification: ['MALWARE', 'TROJAN'],
            malware_names: ['DemoLoader'],
          },
        },
        sigma_analysis_results: sigmaRuleIds.map((rule_id, index) => ({
          rule_id,
          rule_title: SIGMA_TITLES[index],
          rule_level: 'high',
          rule_source: 'Example Rules',
        })),
        crowdsourced_ids_results: [
          {
            rule_id: '1:9000001',
            rule_msg: 'DEMO MALWARE DemoLoader check-in',
            rule_category: 'A Network Trojan was detected',
            rule_source: 'Example Open Rules',
            rule_url: 'https://rules.example.com/9000001',
            rule_raw:
              'alert http $HOME_NET any -> $EXTERNAL_NET any (msg:"DEMO MALWARE DemoLoader check-in"; ' +
              'http.uri; content:"/payload?a="; sid:9000001; rev:1;)',
            alert_severity: 'high',
          },
        ],
      },
    }),
  );
  sigmaRuleIds.forEach((id, index) => {
    catalog.put({ type: 'sigma_rule', id, attributes: sigmaRule(SIGMA_TITLES[index] ?? '') });
  });
  catalog.setBehaviourTrees(loader.sha256, sampleBehaviourTrees());
  const url = urlId(canonicalUrl(maliciousUrl) ?? maliciousUrl);
  const related: Readonly<Record<string, readonly RelatedObject[]>> = {
    contacted_domains: [
      { type: 'domain', id: maliciousDomain },
      { type: 'domain', id: 'time.windows.com' },
    ],
    contacted_ips: [
      { type: 'ip_address', id: maliciousIp },
      { type: 'ip_address', id: '10.0.0.7' },
    ],
    contacted_urls: [{ type: 'url', id: url, contextAttributes: { url: maliciousUrl } }],
    dropped_files: [{ type: 'file', id: '0d'.repeat(32), contextAttributes: { filename: 'update.dll' } }],
    bundled_files: [{ type: 'file', id: '0b'.repeat(32), contextAttributes: { filename: 'config.json' } }],
    execution_parents: [{ type: 'file', id: macroDocument.sha256 }],
  };
  for (const [name, elements] of Object.entries(related)) catalog.relate(file, name, elements);
}

const SIGMA_TITLES = ['Demo: Office application starts a shell', 'Demo: new run key'];

function sigmaRule(title: string): JsonObject {
  return {
    title,
    description: 'Invented for demonstration.',
    level: 'high',
    author: 'Example Author',
    source: 'https://github.com/example/demo-sigma',
    log_source: { product: 'windows', category: 'process_creation' },
    detection: { condition: 'selection', details: { selection: '{"CommandLine":"*demo*"}' } },
  };
}

function addHosts(catalog: Catalog, at: Date): void {
  catalog.addIp(
    maliciousIpv6,
    sampleIp(maliciousIpv6, {
      at,
      verdicts: { malicious: 11, harmless: 50 },
      attributes: {
        network: '2606:4700::/32',
        reputation: -9,
        whois:
          'inet6num: 2606:4700::/32\nnetname: EXAMPLE-NET-6\norg-name: Example Demonstration Hosting\ncountry: NL\n',
      },
    }),
  );
  catalog.update(
    { type: 'ip_address', id: maliciousIp },
    {
      whois:
        'NetRange: 1.2.3.0 - 1.2.3.255\nNetName: EXAMPLE-NET\nOrgName: Example Demonstration Hosting\nCountry: NL\n' +
        'OrgAbuseEmail: abuse@hosting.example.com\n',
    },
  );
  catalog.update(
    { type: 'domain', id: maliciousDomain },
    {
      favicon: { raw_md5: 'fa'.repeat(16), dhash: '8e9696aeb2968ee0' },
      whois:
        `Domain Name: ${maliciousDomain}\nRegistrar: Example Registrar, Inc.\nCreation Date: 2024-04-27T09:00:00Z\n` +
        'Registrant Organization: Evil Demonstrations\nRegistrant Email: owner@demo-mail.example.org\n' +
        'Name Server: ns1.demo-hosting.example.org\nName Server: ada.ns.cloudflare.com\n',
    },
  );
  const domain = { type: 'domain', id: maliciousDomain };
  catalog.relate(domain, 'siblings', [{ type: 'domain', id: 'worse.example.com' }]);
  catalog.relate(domain, 'referrer_files', [{ type: 'file', id: macroDocument.sha256 }]);
  const resolution = {
    type: 'resolution',
    id: `${maliciousIpv6}${maliciousDomain}`,
    attributes: {
      ip_address: maliciousIpv6,
      host_name: maliciousDomain,
      date: epochSeconds(at) - 40 * DAY,
      resolver: 'VirusTotal',
    },
  };
  catalog.put(resolution);
  catalog.relate({ type: 'ip_address', id: maliciousIpv6 }, 'resolutions', [resolution]);
  catalog.relate(domain, 'resolutions', [resolution]);
}

function comment({ type, id }: ObjectRef, at: Date): RelatedObject {
  return {
    type: 'comment',
    id: `${type.charAt(0)}-${id}-0000000a`,
    attributes: {
      text: 'Seen in the demonstration campaign.\nC2 is http://evil.example.com/payload #demoloader',
      date: epochSeconds(at) - 2 * DAY,
      tags: ['demoloader'],
      votes: { positive: 3, negative: 0, abuse: 0 },
    },
    relationships: { author: { data: { type: 'user', id: 'demo_analyst' } } },
  };
}

function associations(at: Date): RelatedObject[] {
  const seconds = epochSeconds(at);
  const collection = (type: string, id: string, name: string, more: JsonObject = {}): RelatedObject => ({
    type: 'collection',
    id,
    attributes: {
      collection_type: type,
      name,
      creation_date: seconds - 300 * DAY,
      last_modification_date: seconds - 5 * DAY,
      ...more,
    },
  });
  const first = [{ value: new Date((seconds - 400 * DAY) * 1000).toISOString() }];
  return [
    collection('malware-family', 'malware--demo-1', 'DEMOLOADER', { first_seen_details: first }),
    collection('software-toolkit', 'malware--demo-2', 'Demo Toolkit'),
    collection('threat-actor', 'threat-actor--demo-1', 'UNC0000', {
      description: 'Invented for demonstration.',
      first_seen_details: first,
      alt_names_details: [{ value: 'Example Bear (Example)', confidence: 'confirmed' }],
    }),
    collection('campaign', 'campaign--demo-1', 'Demonstration Invoices'),
    collection('vulnerability', 'vulnerability--cve-2017-11882', 'CVE-2017-11882'),
    collection('report', 'report--demo-1', 'Invoices that load DEMOLOADER', {
      executive_summary: 'Invented for demonstration.',
      link: 'https://blog.example.org/demoloader',
    }),
  ];
}
