import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../shared/json.js';
import { fileVerdicts, netVerdicts, type VerdictCounts } from '../engine-verdicts.js';
import { epochSeconds, type FileIdentity, newFile, newHost, newUrl } from '../report-skeletons.js';

/** When the sample reports were "analysed", unless stated otherwise. */
export const sampleMoment = new Date('2025-06-01T12:00:00Z');

/** What every sample report is made from. Nothing in a report is true: names, verdicts and numbers are invented. */
export interface SampleOptions {
  /** How many engines say what; the rest finds nothing. */
  readonly verdicts: VerdictCounts;
  /** Attributes that replace or extend the generated ones. */
  readonly attributes?: JsonObject;
  /** Time of the analysis. Default: {@link sampleMoment}. */
  readonly at?: Date;
}

const daySeconds = 86_400;

/** Identity of a file with the given text as its content. */
export function identityOf(content: string, name: string): FileIdentity {
  const digest = (algorithm: string): string => createHash(algorithm).update(content, 'utf8').digest('hex');
  return {
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    size: Buffer.byteLength(content),
    name,
  };
}

/** Attributes of an analysed file. `detections` are the signature names that detecting engines report. */
export function sampleFile(
  file: FileIdentity,
  options: SampleOptions & { readonly detections?: readonly string[] },
): JsonObject {
  const at = options.at ?? sampleMoment;
  const seconds = epochSeconds(at);
  return {
    ...newFile(file, at),
    ssdeep: `3:${file.md5.slice(0, 12)}:${file.md5.slice(12, 20)}`,
    tlsh: `T1${file.sha256.slice(0, 70).toUpperCase().padEnd(70, '0')}`,
    first_submission_date: seconds - 30 * daySeconds,
    last_submission_date: seconds - daySeconds,
    last_modification_date: seconds + 600,
    last_analysis_date: seconds,
    times_submitted: 12,
    unique_sources: 7,
    downloadable: true,
    ...fileVerdicts(file.sha256, options.verdicts, options.detections),
    ...severity(5, options.verdicts, seconds),
    ...assessment(options.verdicts),
    ...options.attributes,
  };
}

/** Attributes of an analysed address. The AS number is one reserved for documentation (RFC 5398). */
export function sampleIp(address: string, options: SampleOptions): JsonObject {
  const at = options.at ?? sampleMoment;
  const seconds = epochSeconds(at);
  return {
    ...newHost(at),
    asn: 64496,
    as_owner: 'EXAMPLE-NET Demonstration Network',
    country: 'NL',
    continent: 'EU',
    regional_internet_registry: 'RIPE NCC',
    jarm: jarm(address),
    whois: 'NetName: EXAMPLE-NET\nDescr: invented for demonstration\nRemarks: no real network\n',
    whois_date: seconds - 7 * daySeconds,
    last_analysis_date: seconds,
    last_modification_date: seconds + 600,
    first_seen_itw_date: seconds - 90 * daySeconds,
    last_seen_itw_date: seconds - daySeconds,
    ...certificate(address, seconds),
    ...netVerdicts(address, options.verdicts),
    ...severity('I3', options.verdicts, seconds),
    ...assessment(options.verdicts),
    ...options.attributes,
  };
}

/** Attributes of an analysed domain or hostname. */
export function sampleDomain(name: string, options: SampleOptions): JsonObject {
  const at = options.at ?? sampleMoment;
  const seconds = epochSeconds(at);
  return {
    ...newHost(at),
    tld: name.split('.').at(-1),
    registrar: 'Example Registrar, Inc.',
    creation_date: seconds - 400 * daySeconds,
    last_update_date: seconds - 35 * daySeconds,
    expiration_date: seconds + 330 * daySeconds,
    categories: {},
    popularity_ranks: {},
    favicon: { raw_md5: '00000000000000000000000000000000', dhash: '0000000000000000' },
    whois: `Domain Name: ${name}\nRegistrar: Example Registrar, Inc.\nDNSSEC: unsigned\n`,
    whois_date: seconds - 7 * daySeconds,
    jarm: jarm(name),
    last_analysis_date: seconds,
    last_modification_date: seconds + 600,
    ...certificate(name, seconds),
    ...netVerdicts(name, options.verdicts),
    ...severity('D3', options.verdicts, seconds),
    ...assessment(options.verdicts),
    ...options.attributes,
  };
}

/** Attributes of an analysed URL, which must be canonical. */
export function sampleUrl(canonical: string, options: SampleOptions): JsonObject {
  const at = options.at ?? sampleMoment;
  const seconds = epochSeconds(at);
  return {
    ...newUrl(canonical, at),
    last_final_url: canonical,
    title: 'Example page',
    has_content: false,
    first_submission_date: seconds - 10 * daySeconds,
    last_submission_date: seconds - 3_600,
    last_analysis_date: seconds,
    last_modification_date: seconds + 600,
    times_submitted: 5,
    last_http_response_code: 200,
    last_http_response_content_length: 1_256,
    last_http_response_content_sha256: createHash('sha256').update(canonical).digest('hex'),
    last_http_response_headers: { 'content-type': 'text/html; charset=utf-8', Server: 'example' },
    last_http_response_cookies: {},
    redirection_chain: [canonical],
    outgoing_links: ['https://www.example.com/about'],
    html_meta: { viewport: ['width=device-width'] },
    trackers: {},
    ...netVerdicts(canonical, options.verdicts),
    ...severity('U3', options.verdicts, seconds),
    ...assessment(options.verdicts),
    ...options.attributes,
  };
}

/** What Google Threat Intelligence adds; the number is invented, but ordered like the real ones. */
function assessment({ malicious = 0, suspicious = 0 }: VerdictCounts): JsonObject {
  const [verdict, level, score] =
    malicious >= 5
      ? ['VERDICT_MALICIOUS', 'SEVERITY_HIGH', 80]
      : malicious + suspicious > 0
        ? ['VERDICT_SUSPICIOUS', 'SEVERITY_LOW', 32]
        : ['VERDICT_UNDETECTED', 'SEVERITY_NONE', 1];
  return {
    mandiant_ic_score: score,
    gti_assessment: {
      verdict: { value: verdict },
      severity: { value: level },
      threat_score: { value: score },
      contributing_factors: { gti_confidence_score: score, pervasive_indicator: false },
      description: 'Invented for demonstration.',
    },
  };
}

/** `version` is a number for files and text for everything else; the date is text. */
function severity(version: number | string, { malicious = 0 }: VerdictCounts, seconds: number): JsonObject {
  return {
    threat_severity: {
      version,
      threat_severity_level: malicious >= 5 ? 'SEVERITY_HIGH' : 'SEVERITY_NONE',
      threat_severity_data: { num_detections: malicious },
      last_analysis_date: String(seconds),
      level_description: 'Invented for demonstration.',
    },
  };
}

function jarm(seed: string): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, 62);
}

/** Dates of certificates are text in UTC without a zone. */
function certificate(name: string, seconds: number): JsonObject {
  const stamp = (epoch: number): string =>
    new Date(epoch * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const digest = (algorithm: string): string =>
    createHash(algorithm).update(`certificate ${name}`).digest('hex');
  return {
    last_https_certificate_date: seconds - 60,
    last_https_certificate: {
      version: 'V3',
      size: 1_024,
      serial_number: digest('md5'),
      thumbprint: digest('sha1'),
      thumbprint_sha256: digest('sha256'),
      validity: { not_before: stamp(seconds - 30 * daySeconds), not_after: stamp(seconds + 60 * daySeconds) },
      subject: { CN: name },
      issuer: { C: 'ZZ', O: 'Example Demonstration CA', CN: 'Example CA 1' },
      public_key: { algorithm: 'RSA', rsa: { modulus: '00', exponent: '10001', key_size: 2_048 } },
      cert_signature: { signature_algorithm: 'sha256RSA', signature: '00' },
      extensions: {
        key_usage: ['digitalSignature', 'keyEncipherment'],
        extended_key_usage: ['serverAuth'],
        CA: false,
        subject_alternative_name: [name, `*.${name}`],
        '1.3.6.1.4.1.11129.2.4.2': '00',
      },
    },
  };
}
