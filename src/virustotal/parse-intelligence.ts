import { asNumber, asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { asDate, asHash, asObject, readList, readMap, readTexts } from './report-fields.js';
import type {
  Certificate,
  ContextEntry,
  Favicon,
  GtiFactors,
  IdsMatch,
  SandboxVerdict,
  SigmaMatch,
  ThreatSeverity,
} from './schema-intelligence.js';

/** Texts of a certificate that are worth keeping; some carry kilobytes. */
const MAX_NAME_LENGTH = 1000;

export function sandboxVerdicts(value: unknown): SandboxVerdict[] {
  return readMap(value, (key, entry) => {
    const verdict = asObject(entry);
    const sandbox = asText(verdict.sandbox_name) ?? asText(key);
    const category = asText(verdict.category);
    if (sandbox === undefined || category === undefined) return undefined;
    return {
      sandbox,
      category,
      confidence: percentage(verdict.confidence),
      classifications: readTexts(verdict.malware_classification),
      malwareNames: readTexts(verdict.malware_names),
    };
  });
}

/** The same rule matches in several sandboxes: each once. */
export function sigmaMatches(value: unknown): SigmaMatch[] {
  const matches = readList(value, (entry) => {
    const match = asObject(entry);
    const ruleId = asHash(match.rule_id, 64);
    if (ruleId === undefined) return undefined;
    return {
      ruleId,
      title: asText(match.rule_title),
      level: asText(match.rule_level),
      source: asText(match.rule_source),
      author: asText(match.rule_author),
      description: asText(match.rule_description),
    };
  });
  return [...new Map(matches.map((match) => [match.ruleId, match])).values()];
}

export function idsMatches(value: unknown): IdsMatch[] {
  return readList(value, (entry) => {
    const match = asObject(entry);
    const ruleId = asText(match.rule_id);
    if (ruleId === undefined) return undefined;
    return {
      ruleId,
      message: asText(match.rule_msg),
      category: asText(match.rule_category),
      source: asText(match.rule_source),
      url: asText(match.rule_url),
      raw: asText(match.rule_raw),
      severity: asText(match.alert_severity),
    };
  });
}

/** @param seenAt - `last_https_certificate_date`. */
export function certificate(value: unknown, seenAt: unknown): Certificate | undefined {
  const sent = asObject(value);
  const sha256 = asHash(sent.thumbprint_sha256, 64);
  const sha1 = asHash(sent.thumbprint, 40);
  if (sha256 === undefined && sha1 === undefined) return undefined;
  const validity = asObject(sent.validity);
  const key = asObject(sent.public_key);
  const rsa = asObject(key.rsa);
  return {
    sha256,
    sha1,
    serialNumber: asText(sent.serial_number),
    version: asText(sent.version),
    subject: distinguishedName(sent.subject),
    issuer: distinguishedName(sent.issuer),
    notBefore: moment(validity.not_before),
    notAfter: moment(validity.not_after),
    signatureAlgorithm: asText(asObject(sent.cert_signature).signature_algorithm),
    keyAlgorithm: asText(key.algorithm),
    keyModulus: asText(rsa.modulus),
    keyExponent: hexNumber(rsa.exponent),
    alternativeNames: readTexts(asObject(sent.extensions).subject_alternative_name),
    seenAt: asDate(seenAt),
  };
}

export function favicon(value: unknown): Favicon | undefined {
  const { raw_md5, dhash } = asObject(value);
  const found = { md5: asHash(raw_md5, 32), dhash: asText(dhash) };
  return found.md5 === undefined && found.dhash === undefined ? undefined : found;
}

/** @param assessment - `gti_assessment`. */
export function gtiFactors(assessment: unknown): GtiFactors | undefined {
  const sent = asObject(assessment).contributing_factors;
  if (!isJsonObject(sent)) return undefined;
  const factors = {
    raised: readMap(sent, (name, flag) => (flag === true ? name : undefined)),
    categories: [...new Set(readTexts(sent.normalised_categories))],
    confidence: percentage(sent.gti_confidence_score),
  };
  const isEmpty = factors.raised.length + factors.categories.length === 0;
  return isEmpty && factors.confidence === undefined ? undefined : factors;
}

export function threatSeverity(value: unknown): ThreatSeverity | undefined {
  const sent = asObject(value);
  const severity = { level: asText(sent.threat_severity_level), description: asText(sent.level_description) };
  return severity.level === undefined && severity.description === undefined ? undefined : severity;
}

export function contextEntries(value: unknown): ContextEntry[] {
  return readList(value, (entry) => {
    const sent = asObject(entry);
    const title = asText(sent.title);
    const details = asText(sent.details);
    if (title === undefined && details === undefined) return undefined;
    const { severity, source, timestamp } = sent;
    return { title, details, severity: asText(severity), source: asText(source), date: asDate(timestamp) };
  });
}

function percentage(value: unknown): number | undefined {
  const number = asNumber(value);
  return number !== undefined && number >= 0 && number <= 100 ? number : undefined;
}

/** `{ CN: 'example.com', O: ['a', 'b'] }` as `CN=example.com, O=a, O=b`. */
function distinguishedName(value: unknown): string | undefined {
  const parts = readMap(value, (key, entry) => {
    const texts = Array.isArray(entry) ? readTexts(entry) : readTexts([entry]);
    return texts.length === 0 ? undefined : texts.map((text) => `${key}=${text}`).join(', ');
  });
  return parts.length === 0 ? undefined : parts.join(', ').slice(0, MAX_NAME_LENGTH);
}

/** `2025-07-07 08:35:58`, in UTC without saying so. */
function moment(value: unknown): Date | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)Z?$/.exec(asText(value) ?? '');
  if (match === null) return undefined;
  const date = new Date(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** `10001` is 65537. */
function hexNumber(value: unknown): number | undefined {
  const text = asText(value) ?? '';
  return /^[0-9a-f]{1,12}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** Attributes that file reports add to the verdict. */
export function fileIntelligence(attributes: JsonObject): {
  sandboxVerdicts: SandboxVerdict[];
  sigmaMatches: SigmaMatch[];
  idsMatches: IdsMatch[];
} {
  return {
    sandboxVerdicts: sandboxVerdicts(attributes.sandbox_verdicts),
    sigmaMatches: sigmaMatches(attributes.sigma_analysis_results),
    idsMatches: idsMatches(attributes.crowdsourced_ids_results),
  };
}
