import { asNumber, asText, isJsonObject } from '../shared/json.js';
import { parseCommon, type SentObject } from './parse-common.js';
import { certificate, favicon, fileIntelligence } from './parse-intelligence.js';
import { parseRelated, parseRelatedTotals } from './parse-related.js';
import { parseWhois } from './parse-whois.js';
import {
  asCount,
  asDate,
  asHash,
  asObject,
  readCategories,
  readList,
  readMap,
  readTexts,
} from './report-fields.js';
import type {
  DnsRecord,
  DomainReport,
  FileReport,
  IpAddressReport,
  Report,
  UrlReport,
  VotedValue,
  VtObjectKind,
  YaraMatch,
} from './schema.js';

/** Autonomous system numbers have 32 bits (RFC 6793). */
const MAX_ASN = 0xffff_ffff;

/** The longest ids are domain names (253); the id becomes part of links. */
const MAX_ID_LENGTH = 300;

/**
 * The report in an answer to a look-up, read one field at a time: a field that is not as expected costs only itself.
 *
 * @param body - The parsed JSON of a 2xx answer.
 * @returns `undefined` when the body holds no object of that kind, so is not VirusTotal's answer.
 */
export function parseReport(kind: VtObjectKind, body: unknown): Report | undefined {
  const data = asObject(asObject(body).data);
  const id = asText(data.id);
  const type = asText(data.type);
  if (id === undefined || id.length > MAX_ID_LENGTH || (type !== undefined && type !== kind))
    return undefined;
  // Some objects carry an `error` in place of their attributes: known, but without a report.
  return reportOf(kind, {
    id,
    attributes: asObject(data.attributes),
    related: parseRelated(data.relationships),
    relatedTotals: parseRelatedTotals(data.relationships),
  });
}

function reportOf(kind: VtObjectKind, sent: SentObject): Report {
  switch (kind) {
    case 'file':
      return fileReport(sent);
    case 'ip_address':
      return ipAddressReport(sent);
    case 'domain':
      return domainReport(sent);
    case 'url':
      return urlReport(sent);
  }
}

function fileReport(sent: SentObject): FileReport {
  const { attributes } = sent;
  const classification = asObject(attributes.popular_threat_classification);
  return {
    kind: 'file',
    ...parseCommon(sent),
    md5: asHash(attributes.md5, 32),
    sha1: asHash(attributes.sha1, 40),
    sha256: asHash(attributes.sha256, 64) ?? asHash(sent.id, 64),
    size: asCount(attributes.size),
    meaningfulName: asText(attributes.meaningful_name),
    names: readTexts(attributes.names),
    typeDescription: asText(attributes.type_description),
    typeTag: asText(attributes.type_tag),
    magic: asText(attributes.magic),
    ssdeep: asText(attributes.ssdeep),
    tlsh: asText(attributes.tlsh),
    firstSubmissionDate: asDate(attributes.first_submission_date),
    lastSubmissionDate: asDate(attributes.last_submission_date),
    creationDate: asDate(attributes.creation_date),
    timesSubmitted: asCount(attributes.times_submitted),
    uniqueSources: asCount(attributes.unique_sources),
    threatLabel: asText(classification.suggested_threat_label),
    threatCategories: readVotedValues(classification.popular_threat_category),
    threatNames: readVotedValues(classification.popular_threat_name),
    yaraMatches: readList(attributes.crowdsourced_yara_results, yaraMatch),
    ...fileIntelligence(attributes),
  };
}

/** In the order sent. */
function readVotedValues(list: unknown): VotedValue[] {
  return readList(list, (entry) => {
    const sent = asObject(entry);
    const value = asText(sent.value);
    return value === undefined ? undefined : { value, count: asCount(sent.count) ?? 0 };
  });
}

function yaraMatch(entry: unknown): YaraMatch | undefined {
  const match = asObject(entry);
  const ruleName = asText(match.rule_name);
  const rulesetId = asText(match.ruleset_id);
  if (ruleName === undefined || rulesetId === undefined) return undefined;
  return {
    ruleName,
    rulesetId,
    rulesetName: asText(match.ruleset_name),
    source: asText(match.source),
    author: asText(match.author),
    description: asText(match.description),
    matchDate: asDate(match.match_date),
  };
}

function ipAddressReport(sent: SentObject): IpAddressReport {
  const { attributes } = sent;
  const asn = asCount(attributes.asn);
  return {
    kind: 'ip_address',
    ...parseCommon(sent),
    asn: asn !== undefined && asn >= 1 && asn <= MAX_ASN ? asn : undefined,
    asOwner: asText(attributes.as_owner),
    network: asText(attributes.network),
    country: asText(attributes.country),
    continent: asText(attributes.continent),
    registry: asText(attributes.regional_internet_registry),
    jarm: asText(attributes.jarm),
    whois: parseWhois(attributes.whois),
    whoisDate: asDate(attributes.whois_date),
    certificate: certificate(attributes.last_https_certificate, attributes.last_https_certificate_date),
  };
}

function domainReport(sent: SentObject): DomainReport {
  const { attributes } = sent;
  return {
    kind: 'domain',
    ...parseCommon(sent),
    categories: readCategories(attributes.categories),
    registrar: asText(attributes.registrar),
    creationDate: asDate(attributes.creation_date),
    lastUpdateDate: asDate(attributes.last_update_date),
    expirationDate: asDate(attributes.expiration_date),
    dnsRecords: readList(attributes.last_dns_records, dnsRecord),
    dnsRecordsDate: asDate(attributes.last_dns_records_date),
    popularityRanks: readMap(attributes.popularity_ranks, (source, entry) => {
      const rank = isJsonObject(entry) ? asNumber(entry.rank) : undefined;
      return rank === undefined ? undefined : { source, rank };
    }),
    jarm: asText(attributes.jarm),
    whois: parseWhois(attributes.whois),
    whoisDate: asDate(attributes.whois_date),
    certificate: certificate(attributes.last_https_certificate, attributes.last_https_certificate_date),
    favicon: favicon(attributes.favicon),
  };
}

function dnsRecord(entry: unknown): DnsRecord | undefined {
  const record = asObject(entry);
  const type = asText(record.type);
  const value = asText(record.value);
  if (type === undefined || value === undefined) return undefined;
  return { type, value, ttlSeconds: asCount(record.ttl) };
}

function urlReport(sent: SentObject): UrlReport {
  const { attributes } = sent;
  return {
    kind: 'url',
    ...parseCommon(sent),
    url: asText(attributes.url),
    finalUrl: asText(attributes.last_final_url),
    title: asText(attributes.title),
    categories: readCategories(attributes.categories),
    threatNames: readTexts(attributes.threat_names),
    firstSubmissionDate: asDate(attributes.first_submission_date),
    lastSubmissionDate: asDate(attributes.last_submission_date),
    timesSubmitted: asCount(attributes.times_submitted),
    responseCode: asCount(attributes.last_http_response_code),
    responseBytes: asCount(attributes.last_http_response_content_length),
    responseSha256: asHash(attributes.last_http_response_content_sha256, 64),
    redirectionChain: readTexts(attributes.redirection_chain),
    favicon: favicon(attributes.favicon),
  };
}
