/** How the platform treats a type: standard observables, its own observables (new-sco), everything else. */
export type StixFamily = 'observable' | 'custom-observable' | 'domain-object' | 'relationship' | 'sighting';

const OBSERVABLES: Record<string, string> = {
  'IPv4-Addr': 'ipv4-addr',
  'IPv6-Addr': 'ipv6-addr',
  'Domain-Name': 'domain-name',
  Url: 'url',
  StixFile: 'file',
  Artifact: 'artifact',
  'Autonomous-System': 'autonomous-system',
  'X509-Certificate': 'x509-certificate',
  'Email-Addr': 'email-addr',
  'Email-Message': 'email-message',
  'Mac-Addr': 'mac-addr',
  Mutex: 'mutex',
  Software: 'software',
  Process: 'process',
  Directory: 'directory',
  'Network-Traffic': 'network-traffic',
  'User-Account': 'user-account',
  'Windows-Registry-Key': 'windows-registry-key',
};

const CUSTOM_OBSERVABLES: Record<string, string> = {
  Hostname: 'hostname',
  Text: 'text',
  'User-Agent': 'user-agent',
  'Cryptocurrency-Wallet': 'cryptocurrency-wallet',
  'Cryptographic-Key': 'cryptographic-key',
  'Phone-Number': 'phone-number',
  'Bank-Account': 'bank-account',
};

/** Domain objects whose STIX type is not their lower-cased platform type. */
const SHARED_STIX_TYPES: Record<string, string> = {
  Country: 'location',
  City: 'location',
  Region: 'location',
  'Administrative-Area': 'location',
  Position: 'location',
  Organization: 'identity',
  Individual: 'identity',
  Sector: 'identity',
  System: 'identity',
  'Threat-Actor-Group': 'threat-actor',
  'Threat-Actor-Individual': 'threat-actor',
};

/** Domain objects the simulator stores. */
export const DOMAIN_OBJECT_TYPES = [
  ...Object.keys(SHARED_STIX_TYPES),
  'Indicator',
  'Malware',
  'Malware-Analysis',
  'Tool',
  'Intrusion-Set',
  'Campaign',
  'Attack-Pattern',
  'Vulnerability',
  'Infrastructure',
  'Incident',
  'Narrative',
  'Report',
  'Note',
  'Opinion',
  'Course-Of-Action',
] as const;

/** Identity types with their STIX class. */
export const IDENTITY_CLASSES: Record<string, string> = {
  Organization: 'organization',
  Individual: 'individual',
  Sector: 'class',
  System: 'system',
};

/** Location types. */
export const LOCATION_TYPES = ['Country', 'City', 'Region', 'Administrative-Area', 'Position'];

/** Observable types, the platform's own included. */
export const OBSERVABLE_TYPES: readonly string[] = [
  ...Object.keys(OBSERVABLES),
  ...Object.keys(CUSTOM_OBSERVABLES),
];

/** The STIX type of a platform type (`StixFile` → `file`, `Country` → `location`). */
export function stixTypeOf(entityType: string): string {
  return (
    OBSERVABLES[entityType] ??
    CUSTOM_OBSERVABLES[entityType] ??
    SHARED_STIX_TYPES[entityType] ??
    entityType.toLowerCase()
  );
}

/** The observable type of a STIX type, or `undefined`; the prefixed spelling of custom observables is understood. */
export function observableTypeOf(stixType: string): string | undefined {
  const plain = stixType.replace(/^x-opencti-/, '');
  const entry = [...Object.entries(OBSERVABLES), ...Object.entries(CUSTOM_OBSERVABLES)].find(
    ([, type]) => type === plain,
  );
  return entry?.[0];
}

/** The family of a platform type. */
export function familyOf(entityType: string, stixType: string): StixFamily {
  if (stixType === 'relationship') return 'relationship';
  if (stixType === 'sighting') return 'sighting';
  if (entityType in OBSERVABLES) return 'observable';
  return entityType in CUSTOM_OBSERVABLES ? 'custom-observable' : 'domain-object';
}

/** Types from the general to the particular, as the platform's `parent_types`. */
export function parentTypesOf(entityType: string): string[] {
  const common = ['Basic-Object', 'Stix-Object', 'Stix-Core-Object'];
  if (OBSERVABLE_TYPES.includes(entityType)) return [...common, 'Stix-Cyber-Observable'];
  const parents = [...common, 'Stix-Domain-Object'];
  if (entityType in IDENTITY_CLASSES) return [...parents, 'Identity'];
  if (LOCATION_TYPES.includes(entityType)) return [...parents, 'Location'];
  return parents;
}
