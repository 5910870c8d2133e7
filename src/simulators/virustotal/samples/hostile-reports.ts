import type { JsonObject } from '../../../shared/json.js';
import { canonicalUrl, urlId } from '../canonical-url.js';
import { identityOf, sampleDomain, sampleFile, sampleIp, sampleMoment, sampleUrl } from './reports.js';
import { epochSeconds } from '../report-skeletons.js';

/** A report of a shape that has been met in the wild and breaks naive readers. */
export interface HostileReport {
  /** What is nasty about it, for the name of a test. */
  readonly about: string;
  readonly type: 'file' | 'ip_address' | 'domain' | 'url';
  readonly id: string;
  /** What to ask for: SHA-256, address, domain or URL. */
  readonly value: string;
  readonly attributes: JsonObject;
}

/** Every character that has broken a table, a log or a terminal. */
export const hostileText =
  'a|b `c` *d* _e_ [f](javascript:alert(1)) <script>alert(1)</script>\r\n# g\n| h |\u202Egnp.exe\u0000\u0007 \u{1F4A3} é';

const manyDays = 86_400 * 365;

/** Reports to put into a catalogue with `catalog.put(report)`. Deterministic. */
export function hostileReports(): readonly HostileReport[] {
  return [...files(), ...addresses(), ...domains(), ...urls()];
}

function files(): HostileReport[] {
  const seconds = epochSeconds(sampleMoment);
  const variants: Readonly<Record<string, JsonObject>> = {
    'engine results of null': {
      last_analysis_results: {
        Acronis: {
          engine_name: 'Acronis',
          category: 'malicious',
          result: null,
          engine_update: null,
          method: null,
        },
        Bkav: null,
        Lionic: 'malicious',
      },
    },
    'markup and control characters in every text': {
      names: [hostileText],
      meaningful_name: hostileText,
      tags: [hostileText],
      type_description: hostileText,
      magic: hostileText,
      popular_threat_classification: {
        suggested_threat_label: hostileText,
        popular_threat_name: [{ value: hostileText, count: 1 }],
        popular_threat_category: [{ value: hostileText, count: 1 }],
      },
      last_analysis_results: {
        [hostileText]: {
          engine_name: hostileText,
          category: 'malicious',
          result: hostileText,
          method: 'blacklist',
        },
      },
      crowdsourced_yara_results: [
        {
          rule_name: hostileText,
          ruleset_id: hostileText,
          ruleset_name: hostileText,
          source: hostileText,
          author: hostileText,
        },
      ],
    },
    'never analysed': withoutVerdicts,
    'all counters zero': {
      last_analysis_stats: { malicious: 0, suspicious: 0, undetected: 0, harmless: 0, timeout: 0 },
      last_analysis_results: {},
    },
    'counters in camel case, zeros left out': {
      last_analysis_stats: { malicious: 3, undetected: 60, typeUnsupported: 5, confirmedTimeout: 1 },
    },
    'an empty assessment': { gti_assessment: {} },
    'a bare number as threat score': {
      gti_assessment: { verdict: 'VERDICT_MALICIOUS', threat_score: 77 },
    },
    'dates of zero, one, before 1970, far ahead and in milliseconds': {
      creation_date: 0,
      first_submission_date: -1,
      last_submission_date: 1,
      last_analysis_date: seconds * 1000,
      last_modification_date: seconds + 5_000 * manyDays,
      first_seen_itw_date: '2025-06-01',
    },
    'thousands of names': {
      meaningful_name: undefined,
      names: [
        '.',
        '',
        'C:\\Users\\demo\\x.exe',
        '/tmp/demo',
        'https://example.com/x',
        'n'.repeat(400),
        ...Array.from({ length: 3_000 }, (_, index) => `demo-${index}.exe`),
      ],
    },
    'no names': { names: [], meaningful_name: undefined },
    'counters of rules that lack levels': {
      crowdsourced_ids_stats: { high: 1, medium: 0, low: 0, info: 2 },
      sigma_analysis_stats: { critical: 1 },
    },
    'sandbox verdicts that say nothing': {
      sandbox_verdicts: {
        A: { category: 'undetected', sandbox_name: 'A', malware_classification: ['UNKNOWN_VERDICT'] },
        B: { category: 'harmless', sandbox_name: 'B', malware_classification: ['CLEAN'] },
        C: null,
      },
    },
    'signature block of an unsigned file': {
      signature_info: { 'file version': '1.0', product: 'Demo', signers: 'A; B; C' },
    },
    'numbers that are no integers': {
      size: 3.33e21,
      times_submitted: 1.5,
      bundle_info: { uncompressed_size: 3.33e21 },
    },
    'every field of the wrong type': wrongTypes,
    'a megabyte of nested data': {
      exiftool: Object.fromEntries(
        Array.from({ length: 5_000 }, (_, index) => [`Key${index}`, 'v'.repeat(200)]),
      ),
    },
    'broken YARA matches': {
      crowdsourced_yara_results: [
        null,
        'text',
        {},
        { rule_name: 'demo_rule' },
        { ruleset_id: '00dec00001' },
        { rule_name: 'demo_eicar_text', ruleset_id: '00dec00001', match_date: 'yesterday' },
        { rule_name: 'demo_eicar_text', ruleset_id: '00dec00001' },
      ],
    },
  };
  return Object.entries(variants).map(([about, attributes]) => {
    const file = identityOf(`hostile report: ${about}`, 'demo.bin');
    const base = sampleFile(file, { verdicts: { malicious: 12 }, detections: ['Demo.Hostile'] });
    return {
      about,
      type: 'file',
      id: file.sha256,
      value: file.sha256,
      attributes: { ...base, ...attributes },
    };
  });
}

function addresses(): HostileReport[] {
  const variants: Readonly<Record<string, JsonObject>> = {
    'an owner without AS number': { asn: undefined, network: undefined, country: undefined },
    'an AS number without owner': { as_owner: undefined },
    'a country that is none and an AS number as text': { country: 'Europe', asn: 'AS64496' },
    'a frightening context around a benign address': {
      last_analysis_stats: { malicious: 0, suspicious: 0, undetected: 30, harmless: 62, timeout: 0 },
      crowdsourced_context: [
        { timestamp: 1, title: hostileText, details: hostileText, severity: 'high', source: hostileText },
      ],
      gti_assessment: {
        verdict: { value: 'VERDICT_BENIGN' },
        threat_score: { value: 0 },
        contributing_factors: { normalised_categories: ['phishing', 'malware', 'phishing'] },
      },
    },
    'a whois text of 50 KB': { whois: `${hostileText}\n`.repeat(500) },
    'a certificate without subject': { last_https_certificate: { subject: {}, issuer: { CN: ['a', 'b'] } } },
    'never analysed': withoutVerdicts,
  };
  return Object.entries(variants).map(([about, attributes], index) => {
    const id = `1.2.4.${index + 1}`;
    const base = sampleIp(id, { verdicts: { malicious: 3, harmless: 50 } });
    return { about, type: 'ip_address', id, value: id, attributes: { ...base, ...attributes } };
  });
}

function domains(): HostileReport[] {
  const variants: Readonly<Record<string, JsonObject>> = {
    'an explosion of categories': {
      categories: {
        'alphaMountain.ai': 'Mixed Content/Potentially Adult, Video/Multimedia (alphaMountain.ai)',
        ...Object.fromEntries(
          Array.from({ length: 40 }, (_, index) => [`Vendor ${index}`, 'malware, phishing']),
        ),
        [hostileText]: hostileText,
        Empty: '',
        Odd: null,
      },
    },
    'DNS records that are no addresses': {
      last_dns_records: [
        { type: 'A', value: '999.1.2.3' },
        { type: 'A', value: 'example.com' },
        { type: 'A' },
        null,
        { type: 'CNAME', value: '*.example.com' },
        { type: 'CNAME', value: '_dmarc.example.com' },
        { type: 'AAAA', value: '::1' },
        { type: 'A', value: '10.0.0.1' },
        { type: 'TXT', value: hostileText },
        ...Array.from({ length: 600 }, (_, index) => ({
          type: 'A',
          ttl: 60,
          value: `1.2.${Math.floor(index / 250) + 10}.${index % 250}`,
        })),
      ],
    },
    'a list where a map is expected': { categories: [], popularity_ranks: [], last_dns_records: {} },
    'two detections on a popular domain': {
      last_analysis_stats: { malicious: 2, suspicious: 0, undetected: 25, harmless: 65, timeout: 0 },
      popularity_ranks: { 'Cisco Umbrella': { rank: 5, timestamp: 1 } },
    },
    'never analysed': withoutVerdicts,
  };
  return Object.entries(variants).map(([about, attributes], index) => {
    const id = `hostile-${index + 1}.example.com`;
    const base = sampleDomain(id, { verdicts: { malicious: 4, harmless: 50 } });
    return { about, type: 'domain', id, value: id, attributes: { ...base, ...attributes } };
  });
}

function urls(): HostileReport[] {
  const emptyBody = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const variants: Readonly<Record<string, JsonObject>> = {
    'never fetched': {
      last_final_url: undefined,
      last_http_response_code: undefined,
      last_http_response_content_length: undefined,
      last_http_response_content_sha256: undefined,
      title: undefined,
    },
    'an empty body': { last_http_response_content_sha256: emptyBody, last_http_response_content_length: 0 },
    'markup in title, meta and trackers': {
      title: hostileText,
      html_meta: { [hostileText]: [hostileText.repeat(100)], single: 'not a list' },
      trackers: { [hostileText]: [{ id: hostileText, url: '', timestamp: 0 }] },
      outgoing_links: ['javascript:alert(1)', hostileText],
      threat_names: [hostileText, null, 7],
    },
    'cookies in either spelling': {
      last_http_response_headers: { 'Set-Cookie': 'session=demo', 'set-cookie': 'session=demo' },
      last_http_response_cookies: { session: 'demo' },
    },
    'never analysed': withoutVerdicts,
  };
  return Object.entries(variants).map(([about, attributes], index) => {
    const value = canonicalUrl(`http://hostile-url-${index + 1}.example.com/a?b=c`) ?? '';
    const base = sampleUrl(value, { verdicts: { malicious: 4, harmless: 50 } });
    return { about, type: 'url', id: urlId(value), value, attributes: { ...base, ...attributes } };
  });
}

/** `undefined` takes an attribute away on the wire. */
const withoutVerdicts: JsonObject = {
  last_analysis_stats: undefined,
  last_analysis_results: undefined,
  last_analysis_date: undefined,
};

const wrongTypes: JsonObject = {
  names: 'demo.exe',
  tags: { a: 1 },
  size: '68',
  reputation: '0',
  total_votes: [],
  last_analysis_stats: [],
  last_analysis_results: 'none',
  popular_threat_classification: [],
  crowdsourced_yara_results: {},
  gti_assessment: 'malicious',
  sandbox_verdicts: [],
  meaningful_name: 7,
  type_tag: null,
};
