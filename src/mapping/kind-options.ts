import type { Report } from '../virustotal/schema.js';
import type { IndicatorPolicy, MappingOptions } from './options.js';

/** The options that each kind of object has for itself. */
export function kindOptions(
  kind: Report['kind'],
  { file, ip, domain, url }: MappingOptions,
): { readonly labelTags: boolean; readonly indicator: IndicatorPolicy } {
  return { file, ip_address: ip, domain, url }[kind];
}
