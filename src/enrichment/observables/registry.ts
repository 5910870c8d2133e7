import type { ObservableDefinition } from './definition.js';
import { domainName, hostname } from './domain-name.js';
import { artifact, stixFile } from './file.js';
import { ipv4Address, ipv6Address } from './ip-address.js';
import { url } from './url.js';

/** Every type of observable that can be enriched. */
export const observableDefinitions: readonly ObservableDefinition[] = [
  stixFile,
  artifact,
  ipv4Address,
  ipv6Address,
  domainName,
  hostname,
  url,
];

/** The definition of an OpenCTI type; the case does not matter (the platform compares scopes that way). */
export function definitionOf(type: string): ObservableDefinition | undefined {
  const wanted = type.toLowerCase();
  return observableDefinitions.find((definition) => definition.type.toLowerCase() === wanted);
}
