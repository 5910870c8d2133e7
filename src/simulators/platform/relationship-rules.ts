import { OBSERVABLE_TYPES } from './stix-types.js';

const IP_ADDRESSES = ['IPv4-Addr', 'IPv6-Addr'];
const FILES = ['StixFile', 'Artifact'];
const PLACES = ['Country', 'City', 'Region', 'Administrative-Area', 'Position'];
const THREATS = [
  'Malware',
  'Tool',
  'Intrusion-Set',
  'Campaign',
  'Threat-Actor-Group',
  'Threat-Actor-Individual',
  'Attack-Pattern',
  'Vulnerability',
  'Infrastructure',
  'Incident',
];

interface Rule {
  sources: readonly string[];
  targets: readonly string[];
  types: readonly string[];
}

/** Between which types the platform accepts which relationship; the newest platform, which allows most. */
const RULES: readonly Rule[] = [
  { sources: ['Indicator'], targets: OBSERVABLE_TYPES, types: ['based-on'] },
  { sources: ['Indicator'], targets: THREATS, types: ['indicates'] },
  { sources: ['Indicator'], targets: ['Indicator'], types: ['derived-from'] },
  {
    sources: IP_ADDRESSES,
    targets: ['Autonomous-System', 'Organization', 'Individual'],
    types: ['belongs-to'],
  },
  { sources: IP_ADDRESSES, targets: PLACES, types: ['located-at'] },
  { sources: IP_ADDRESSES, targets: ['Mac-Addr'], types: ['resolves-to'] },
  {
    sources: ['Domain-Name'],
    targets: [...IP_ADDRESSES, 'Domain-Name', 'Hostname'],
    types: ['resolves-to'],
  },
  { sources: ['Hostname'], targets: IP_ADDRESSES, types: ['resolves-to', 'communicates-with'] },
  { sources: ['Hostname'], targets: ['Domain-Name'], types: ['communicates-with', 'resolves-to'] },
  { sources: ['Hostname'], targets: FILES, types: ['drops'] },
  { sources: FILES, targets: [...IP_ADDRESSES, 'Domain-Name'], types: ['communicates-with'] },
  {
    sources: ['StixFile'],
    targets: ['StixFile'],
    types: ['downloads', 'drops', 'derived-from', 'interpreted-by'],
  },
  { sources: FILES, targets: ['Attack-Pattern', 'Narrative'], types: ['uses'] },
  { sources: ['StixFile'], targets: ['Vulnerability'], types: ['targets', 'demonstrates'] },
  { sources: ['Url'], targets: ['Narrative'], types: ['uses'] },
];

/** Relationships among domain objects, which no enrichment of an observable touches, are not judged. */
const JUDGED_SOURCES = new Set([...OBSERVABLE_TYPES, 'Indicator']);

/** Whether the platform accepts such a relationship; `related-to` goes between any two entities. */
export function acceptsRelationship(type: string, source: string, target: string): boolean {
  if (type === 'related-to' || !JUDGED_SOURCES.has(source)) return true;
  return RULES.some(
    (rule) => rule.types.includes(type) && rule.sources.includes(source) && rule.targets.includes(target),
  );
}
