import { isIPv4, isIPv6 } from 'node:net';
import { parseUrl } from '../../src/shared/parse-url.js';
import type { StixObject } from '../../src/stix/objects.js';
import { patternFault } from './stix-validity-pattern.js';
import { isStixId, valueFaults } from './stix-validity-values.js';

const DOMAIN_OBJECT = ['spec_version', 'created', 'modified'];

/** Required properties: STIX 2.1 §4, §5 and §6, and what OpenCTI asks for beyond (protocol reference §6.3). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  identity: [...DOMAIN_OBJECT, 'name', 'identity_class'],
  indicator: [...DOMAIN_OBJECT, 'name', 'pattern', 'pattern_type', 'valid_from'],
  note: [...DOMAIN_OBJECT, 'abstract', 'content', 'object_refs'],
  location: [...DOMAIN_OBJECT, 'name', 'country', 'x_opencti_location_type'],
  relationship: [...DOMAIN_OBJECT, 'relationship_type', 'source_ref', 'target_ref'],
  malware: [...DOMAIN_OBJECT, 'name', 'is_family'],
  'attack-pattern': [...DOMAIN_OBJECT, 'name', 'x_mitre_id', 'external_references'],
  'malware-analysis': [...DOMAIN_OBJECT, 'product', 'result_name', 'result', 'sample_ref'],
  'autonomous-system': ['spec_version', 'number'],
  'ipv4-addr': ['spec_version', 'value'],
  'ipv6-addr': ['spec_version', 'value'],
  'domain-name': ['spec_version', 'value'],
  hostname: ['spec_version', 'value'],
  url: ['spec_version', 'value'],
  file: ['spec_version', 'hashes'],
  artifact: ['spec_version', 'hashes'],
  'x509-certificate': ['spec_version', 'hashes'],
  'email-addr': ['spec_version', 'value'],
  campaign: [...DOMAIN_OBJECT, 'name'],
  'intrusion-set': [...DOMAIN_OBJECT, 'name'],
  tool: [...DOMAIN_OBJECT, 'name'],
  vulnerability: [...DOMAIN_OBJECT, 'name'],
  report: [...DOMAIN_OBJECT, 'name', 'published', 'object_refs'],
};

const MAIN_OBSERVABLE_TYPES = [
  'StixFile',
  'Network-Traffic',
  'Artifact',
  'IPv4-Addr',
  'IPv6-Addr',
  'Domain-Name',
  'Hostname',
  'Url',
];
const PATTERN_TYPES = ['stix', 'yara', 'sigma', 'snort', 'suricata'];

const HASH_LENGTHS: Readonly<Record<string, number>> = {
  MD5: 32,
  'SHA-1': 40,
  'SHA-256': 64,
  'SHA-512': 128,
};

/** UTF-8 bytes of one object as JSON: base64 of it stays far below the 16 MiB that RabbitMQ 4 takes. */
const MAX_OBJECT_BYTES = 4_000_000;

/** One sentence for each fault of an object on its own. */
export function objectFaults(object: StixObject): string[] {
  const required = REQUIRED[object.type];
  if (required === undefined) return [`its type ${object.type} is none that this product emits`];
  return [
    ...idFaults(object),
    ...required.filter((name) => object[name] === undefined).map((name) => `${name} is missing`),
    ...(object.spec_version === '2.1' ? [] : ['spec_version is not 2.1']),
    ...valueFaults({ ...object }, ''),
    ...orderFaults(object),
    ...referenceListFaults(object),
    ...externalReferenceFaults(object.external_references),
    ...labelFaults(object.labels),
    ...typeFaults(object),
    ...sizeFaults(object),
  ];
}

function idFaults({ type, id }: StixObject): string[] {
  if (!isStixId(id)) return [`its id is not a STIX identifier`];
  return id.startsWith(`${type}--`) ? [] : [`its id does not begin with its type ${type}`];
}

function orderFaults({ created, modified, valid_from, valid_until }: StixObject): string[] {
  const faults: string[] = [];
  if (typeof created === 'string' && typeof modified === 'string' && modified < created)
    faults.push('modified lies before created');
  if (typeof valid_from === 'string' && typeof valid_until === 'string' && valid_until <= valid_from)
    faults.push('valid_until does not lie behind valid_from');
  return faults;
}

function referenceListFaults(object: StixObject): string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (name.endsWith('_refs')) {
      if (!Array.isArray(value)) return [`${name} is no list`];
      return value.every(isStixId) ? [] : [`${name} holds something else than STIX identifiers`];
    }
    return name.endsWith('_ref') && !isStixId(value) ? [`${name} is not a STIX identifier`] : [];
  });
}

function externalReferenceFaults(references: unknown): string[] {
  if (references === undefined) return [];
  if (!Array.isArray(references)) return ['external_references is no list'];
  return references.flatMap((reference: Record<string, unknown>, index) => {
    const { source_name, url, external_id } = reference;
    const name = `external_references[${index}]`;
    if (typeof source_name !== 'string') return [`${name} has no source_name`];
    if (url === undefined && external_id === undefined)
      return [`${name} has neither url nor external_id: OpenCTI drops it`];
    if (url !== undefined && !(typeof url === 'string' && isWebAddress(url)))
      return [`${name}.url is no web address`];
    return [];
  });
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^\s<>"]+$/u.test(url) && parseUrl(url) !== undefined;
}

function labelFaults(labels: unknown): string[] {
  if (labels === undefined) return [];
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string'))
    return ['labels is no list of texts'];
  return labels.every((label) => label === label.trim().toLowerCase())
    ? []
    : ['labels are not in lower case'];
}

function typeFaults(object: StixObject): string[] {
  switch (object.type) {
    case 'indicator':
      return indicatorFaults(object);
    case 'identity':
      return object.identity_class === 'organization' ? [] : ['identity_class is not organization'];
    case 'location':
      return countryFaults(object);
    case 'ipv4-addr':
      return isIPv4(addressOf(object, 32)) ? [] : ['value is no IPv4 address'];
    case 'ipv6-addr':
      return isIPv6(addressOf(object, 128)) && !String(object.value).includes('%')
        ? []
        : ['value is no IPv6 address'];
    case 'malware':
      return [
        ...vocabularyFaults(object.malware_types, 'malware_types', MALWARE_TYPES),
        ...threatFaults(object),
      ];
    case 'malware-analysis':
      return vocabularyFaults([object.result], 'result', ANALYSIS_RESULTS);
    case 'attack-pattern':
      return attackPatternFaults(object);
    case 'file':
    case 'artifact':
    case 'x509-certificate':
      return hashFaults(object.hashes);
    case 'campaign':
    case 'intrusion-set':
    case 'tool':
    case 'vulnerability':
    case 'report':
      return threatFaults(object);
    default:
      return [];
  }
}

/** The address of a value that may be a network in CIDR notation, which OpenCTI takes with 0 to 32 or 128 bits. */
function addressOf({ value }: StixObject, bits: number): string {
  const [address = '', length] = String(value).split('/');
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits) ? address : '';
}

function threatFaults({ name, aliases, first_seen, last_seen }: StixObject): string[] {
  const faults: string[] = [];
  if (typeof name === 'string' && name.length < 2) faults.push('name has less than two characters');
  if (Array.isArray(aliases) && aliases.includes(name)) faults.push('aliases hold the name itself');
  if (typeof first_seen === 'string' && typeof last_seen === 'string' && last_seen < first_seen)
    faults.push('last_seen lies before first_seen');
  return faults;
}

function indicatorFaults({
  name,
  pattern,
  pattern_type,
  x_opencti_main_observable_type: mainType,
}: StixObject): string[] {
  const faults: string[] = [];
  if (typeof name === 'string' && name.length < 2) faults.push('name has less than two characters');
  if (!PATTERN_TYPES.includes(pattern_type as string))
    faults.push(`pattern_type is none of ${PATTERN_TYPES.join(', ')}`);
  const fault = pattern_type === 'stix' && typeof pattern === 'string' ? patternFault(pattern) : undefined;
  if (fault !== undefined) faults.push(`pattern ${fault}`);
  if (mainType !== undefined && !MAIN_OBSERVABLE_TYPES.includes(mainType as string))
    faults.push('x_opencti_main_observable_type is no type of observable');
  return faults;
}

function countryFaults({ name, country, x_opencti_location_type }: StixObject): string[] {
  const faults = x_opencti_location_type === 'Country' ? [] : ['x_opencti_location_type is not Country'];
  return typeof country === 'string' && /^[A-Z]{2}$/.test(country) && name === country
    ? faults
    : [...faults, 'country and name are not one code of two capital letters'];
}

/** STIX 2.1 §10.17. */
const MALWARE_TYPES = (
  'adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware remote-access-trojan ' +
  'resource-exploitation rogue-security-software rootkit screen-capture spyware trojan unknown virus webshell wiper worm'
).split(' ');

/** STIX 2.1 §10.16. */
const ANALYSIS_RESULTS = ['malicious', 'suspicious', 'benign', 'unknown'];

function vocabularyFaults(values: unknown, name: string, vocabulary: readonly string[]): string[] {
  if (values === undefined) return [];
  const isKnown = (value: unknown): boolean => typeof value === 'string' && vocabulary.includes(value);
  return Array.isArray(values) && values.every(isKnown)
    ? []
    : [`${name} has a value that is not in its vocabulary`];
}

function attackPatternFaults({ x_mitre_id: id, kill_chain_phases: phases = [] }: StixObject): string[] {
  const faults = /^T\d{4}(\.\d{3})?$/.test(String(id)) ? [] : ['x_mitre_id is no id of a technique'];
  const isPhase = (phase: Record<string, unknown>): boolean =>
    String(phase.kill_chain_name).startsWith('mitre-') && /^[a-z-]+$/.test(String(phase.phase_name));
  return Array.isArray(phases) && (phases as Record<string, unknown>[]).every(isPhase)
    ? faults
    : [...faults, 'kill_chain_phases has a phase that is none of ATT&CK'];
}

function hashFaults(hashes: unknown): string[] {
  if (typeof hashes !== 'object' || hashes === null) return [];
  return Object.entries(hashes).flatMap(([algorithm, hash]) => {
    const length = HASH_LENGTHS[algorithm];
    if (length === undefined) return [`hashes has the unknown algorithm ${algorithm}`];
    const isHash = typeof hash === 'string' && hash.length === length && /^[0-9a-f]+$/.test(hash);
    return isHash ? [] : [`hashes.${algorithm} is no ${algorithm} in lower case`];
  });
}

function sizeFaults(object: StixObject): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(object), 'utf8');
  return bytes > MAX_OBJECT_BYTES ? [`it has ${bytes} bytes, ${MAX_OBJECT_BYTES} at most`] : [];
}
