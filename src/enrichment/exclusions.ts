import { ConnectorError } from '../shared/connector-error.js';
import { embeddedIpv4, NetworkSet, parseAddress, type Network } from '../shared/network-set.js';
import { mergedName } from '../virustotal/domain-name.js';
import { parseExclusion } from '../virustotal/exclusion-entry.js';
import { parseHash } from '../virustotal/object-id.js';
import type { VtObject } from '../virustotal/schema.js';
import { urlForm, type UrlForm } from '../virustotal/url-form.js';

/** What the operator never lets out to VirusTotal. */
export interface Exclusions {
  /**
   * Whether VirusTotal must not be asked about an object, or be given it.
   *
   * @param hashes - All hashes that are known of a file: one of them is enough to exclude it.
   */
  excludes(object: VtObject, hashes?: Readonly<Record<string, string>>): boolean;
}

/**
 * Sorts the entries so that a value is found without looking at each of them.
 *
 * @param entries - As {@link parseExclusion} reads them.
 * @throws ConnectorError of kind `configuration` that names the entry which stands for nothing.
 */
export function compileExclusions(entries: readonly string[]): Exclusions {
  const hashes = new Set<string>();
  const networks: Network[] = [];
  /** Names that are excluded themselves, and names below which everything is. */
  const names = new Set<string>();
  const parents = new Set<string>();
  const places = new Map<string, string[]>();
  for (const entry of entries) {
    const exclusion = parseExclusion(entry);
    if ('problem' in exclusion) {
      throw new ConnectorError(
        `VIRUSTOTAL_EXCLUDE has ${JSON.stringify(entry)}, which ${exclusion.problem}. ${exclusion.remedy}`,
        'configuration',
      );
    }
    switch (exclusion.kind) {
      case 'hash':
        hashes.add(exclusion.hash);
        break;
      case 'network':
        networks.push(exclusion.network);
        break;
      case 'name':
        parents.add(exclusion.name);
        if (exclusion.itself) names.add(exclusion.name);
        break;
      case 'url': {
        const beginnings = places.get(exclusion.host) ?? [];
        beginnings.push(exclusion.place);
        places.set(exclusion.host, beginnings);
        break;
      }
    }
  }
  const addresses = new NetworkSet(networks);

  const hasName = (name: string): boolean => {
    if (names.has(name)) return true;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      if (parents.has(name.slice(dot + 1))) return true;
    }
    return false;
  };
  const hasHost = (host: string): boolean => {
    const address = parseAddress(host);
    if (address === undefined) return hasName(host);
    const embedded = embeddedIpv4(address);
    return addresses.has(address) || (embedded !== undefined && addresses.has(embedded));
  };
  const hasUrl = (url: string): boolean => {
    const form = urlForm(url);
    // What cannot be read cannot be told from what is excluded.
    if (form === undefined) return entries.length > 0;
    if (hasHost(form.host)) return true;
    return formsOf(form).some(({ host, place }) =>
      (places.get(host) ?? []).some((beginning) => place.startsWith(beginning)),
    );
  };

  return {
    excludes: (object, known = {}) => {
      switch (object.kind) {
        case 'file':
          return [object.hash, ...Object.values(known)].some((hash) => hashes.has(parseHash(hash) ?? ''));
        case 'ip_address':
          return hasHost(object.address);
        case 'domain':
          return hasName(mergedName(object.name));
        case 'url':
          return hasUrl(object.url);
      }
    },
  };
}

/** The URL's own form, and the one with the IPv4 address to which an IPv6 address leads. */
function formsOf(form: UrlForm): readonly UrlForm[] {
  const address = parseAddress(form.host);
  const host = address === undefined ? undefined : embeddedIpv4(address)?.toString();
  if (host === undefined) return [form];
  return [form, { host, place: host + form.place.slice(`[${form.host}]`.length) }];
}
