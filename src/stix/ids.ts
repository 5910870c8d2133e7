import serialize from 'canonicalize';
import { parse as parseUuid, v5 as uuidV5 } from 'uuid';
import type { StixId } from './objects.js';

/**
 * Namespace of every identifier this product makes: the namespace of STIX 2.1 §2.9 for cyber-observables,
 * which OpenCTI uses for domain objects and relationships too.
 */
export const OPENCTI_NAMESPACE = '00abedb4-aa42-466c-9c01-fed23315a9b7';

/** The namespace as bytes, so that it is not read anew for every id. */
const NAMESPACE_BYTES = parseUuid(OPENCTI_NAMESPACE);

/** Hashes by STIX name (`MD5`, `SHA-1`, `SHA-256`, `SHA-512`; STIX 2.1 §10.6). */
export type Hashes = Readonly<Record<string, string>>;

/** STIX types of observables whose identity is their `value`. */
export type ValueObservableType =
  'ipv4-addr' | 'ipv6-addr' | 'domain-name' | 'hostname' | 'url' | 'email-addr';

/** Which hash identifies a file that has several (STIX 2.1 §2.9). */
const IDENTIFYING_HASHES = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'] as const;

const LONE_SURROGATE = /\p{Cs}/u;

/**
 * The canonical JSON of texts and numbers, which nearly all contributing properties are: there RFC 8785 is JSON with
 * its keys in order. `undefined` when something else is among them.
 */
function plainJson(properties: Readonly<Record<string, unknown>>): string | undefined {
  for (const value of Object.values(properties)) {
    const isPlain =
      typeof value === 'string'
        ? !LONE_SURROGATE.test(value)
        : value === undefined || (typeof value === 'number' && Number.isFinite(value));
    if (!isPlain) return undefined;
  }
  return JSON.stringify(properties, Object.keys(properties).sort());
}

/** Text with lone surrogates replaced by U+FFFD, as UTF-8 encoders do; RFC 8785 refuses to serialise them. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Cs}/gu, '\uFFFD');
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wellFormed(item)]));
  }
  return value;
}

/**
 * `<type>--<uuid v5>` over the RFC 8785 (canonical JSON) form of the properties (STIX 2.1 §2.9).
 *
 * @param type - STIX type.
 * @param properties - The contributing properties; the ones that are `undefined` do not contribute.
 * @throws Error when a number is not finite.
 */
export function deterministicId(type: string, properties: Readonly<Record<string, unknown>>): StixId {
  const text = plainJson(properties) ?? serialize(wellFormed(properties)) ?? '{}';
  // Bytes, because `uuid` turns text into bytes one character at a time, and whole Notes come this way.
  return `${type}--${uuidV5(Buffer.from(text, 'utf8'), NAMESPACE_BYTES)}`;
}

const folded = (text: string): string => text.trim().toLowerCase();

/** Observables whose identity is one value. Domain names are lower-cased, as OpenCTI does from 6.2.5 on. */
export function valueObservableId(type: ValueObservableType, value: string): StixId {
  return deterministicId(type, { value: type === 'domain-name' ? value.toLowerCase() : value });
}

/** An autonomous system is identified by its number alone. */
export function autonomousSystemId(number: number): StixId {
  return deterministicId('autonomous-system', { number });
}

function identifyingHash(hashes: Hashes): Hashes | undefined {
  const algorithm =
    IDENTIFYING_HASHES.find((name) => Boolean(hashes[name])) ??
    Object.keys(hashes).find((name) => Boolean(hashes[name]));
  const hash = algorithm === undefined ? undefined : hashes[algorithm];
  return algorithm === undefined || hash === undefined ? undefined : { [algorithm]: hash };
}

/**
 * A file by OpenCTI's rule: one hash, else the name. (The STIX rule lets the name contribute beside the
 * hash; OpenCTI does not.)
 *
 * @throws TypeError when there is neither a hash nor a name.
 */
export function fileId(hashes: Hashes, name?: string): StixId {
  const hash = identifyingHash(hashes);
  if (hash !== undefined) return deterministicId('file', { hashes: hash });
  if (name) return deterministicId('file', { name });
  throw new TypeError('A file needs a hash or a name to be identified');
}

/**
 * An artifact by OpenCTI's rule: one hash, else the URL.
 *
 * @throws TypeError when there is neither a hash nor a URL.
 */
export function artifactId(hashes: Hashes, url?: string): StixId {
  const hash = identifyingHash(hashes);
  if (hash !== undefined) return deterministicId('artifact', { hashes: hash });
  if (url) return deterministicId('artifact', { url });
  throw new TypeError('An artifact needs a hash or a URL to be identified');
}

/**
 * An X.509 certificate by OpenCTI's rule: one hash, else the serial number.
 *
 * @throws TypeError when there is neither a hash nor a serial number.
 */
export function x509CertificateId(hashes: Hashes, serialNumber?: string): StixId {
  const hash = identifyingHash(hashes);
  if (hash !== undefined) return deterministicId('x509-certificate', { hashes: hash });
  if (serialNumber) return deterministicId('x509-certificate', { serial_number: serialNumber });
  throw new TypeError('A certificate needs a hash or a serial number to be identified');
}

/** An Indicator is identified by its pattern, without surrounding white space. */
export function indicatorId(pattern: string): StixId {
  return deterministicId('indicator', { pattern: pattern.trim() });
}

/** An identity, by name and class, both without regard to case. */
export function identityId(name: string, identityClass: string): StixId {
  return deterministicId('identity', { name: folded(name), identity_class: identityClass.toLowerCase() });
}

/** A location other than a Position. `locationType` is OpenCTI's, e.g. `Country`. */
export function locationId(name: string, locationType: string): StixId {
  return deterministicId('location', { name: folded(name), x_opencti_location_type: locationType });
}

/** A relationship. The stop time contributes only beside a start time. */
export function relationshipId(
  type: string,
  source: StixId,
  target: StixId,
  startTime?: string,
  stopTime?: string,
): StixId {
  return deterministicId('relationship', {
    relationship_type: type,
    source_ref: source,
    target_ref: target,
    start_time: startTime,
    stop_time: startTime === undefined ? undefined : stopTime,
  });
}

/**
 * A Note by this product's own rule: one per subject and kind, whatever its content. Enriching again then
 * updates the Note in place instead of adding one more; OpenCTI keeps this id beside the one it computes.
 *
 * @param kind - Which of our Notes it is, e.g. `report`; never shown to a person.
 */
export function noteId(subjectId: StixId, kind: string): StixId {
  return deterministicId('note', { kind, subject_ref: subjectId });
}

/**
 * A Note by OpenCTI's rule (6.0.6 to 7.x): its content, creation time and, from 7.260416 on, its abstract.
 *
 * @param created - RFC 3339 text, as it stands in the Note.
 */
export function noteContentId(content: string, created?: string, abstract?: string): StixId {
  return deterministicId('note', {
    content: content.trim(),
    created,
    attribute_abstract: abstract?.trim() === '' ? undefined : abstract?.trim(),
  });
}

/** Malware, intrusion sets, campaigns, tools, infrastructures, vulnerabilities: by name, without regard to case. */
export function namedObjectId(
  type: 'malware' | 'intrusion-set' | 'campaign' | 'tool' | 'infrastructure' | 'vulnerability',
  name: string,
): StixId {
  return deterministicId(type, { name: folded(name) });
}

/** An attack pattern, by its MITRE id if it has one (lower-cased: OpenCTI from 7.260529 on), else by name. */
export function attackPatternId(name: string, mitreId?: string): StixId {
  if (mitreId?.trim()) return deterministicId('attack-pattern', { x_mitre_id: folded(mitreId) });
  return deterministicId('attack-pattern', { name: folded(name) });
}

/**
 * A malware analysis, by OpenCTI's rule: product, result name and date of submission. The platform keeps the case of the
 * result name and its Python client does not, so it should be in lower case.
 *
 * @param submitted - RFC 3339 text with milliseconds, as it stands in the object.
 */
export function malwareAnalysisId(product: string, resultName: string, submitted?: string): StixId {
  return deterministicId('malware-analysis', { product, result_name: folded(resultName), submitted });
}

/** A report, by its name without regard to case, and when it was published, as it stands in the report. */
export function reportId(name: string, published: string): StixId {
  return deterministicId('report', { name: folded(name), published });
}

/** The id by which references are compared; `undefined` when OpenCTI would drop the reference. */
export function externalReferenceId(reference: {
  readonly source_name?: unknown;
  readonly url?: unknown;
  readonly external_id?: unknown;
}): StixId | undefined {
  const { source_name, url, external_id } = reference;
  if (typeof url === 'string' && url !== '') return deterministicId('external-reference', { url });
  if (typeof source_name !== 'string' || source_name === '') return undefined;
  if (typeof external_id !== 'string' || external_id === '') return undefined;
  return deterministicId('external-reference', { source_name, external_id });
}

/** A label; the platform lower-cases labels, so this does too. */
export function labelId(value: string): StixId {
  return deterministicId('label', { value: folded(value) });
}

/** A marking that has no static id (the static ones are in `markings.ts`). */
export function markingDefinitionId(definitionType: string, definition: string): StixId {
  return deterministicId('marking-definition', { definition_type: definitionType, definition });
}

/** A phase of a kill chain. */
export function killChainPhaseId(killChainName: string, phaseName: string): StixId {
  return deterministicId('kill-chain-phase', { phase_name: phaseName, kill_chain_name: killChainName });
}
