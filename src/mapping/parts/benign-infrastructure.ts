import { isIP } from 'node:net';
import { parseUrl } from '../../shared/parse-url.js';
import {
  BENIGN_ADDRESSES,
  BENIGN_DOMAINS,
  BENIGN_FILES,
  BENIGN_HOSTS,
  BENIGN_SITES,
} from './benign-lists.js';
import type { RelatedValue } from './related-value.js';

const hosts: ReadonlySet<string> = new Set(BENIGN_HOSTS);
const sites: ReadonlySet<string> = new Set(BENIGN_SITES);
const domains: ReadonlySet<string> = new Set(BENIGN_DOMAINS);
const addresses: ReadonlySet<string> = new Set(BENIGN_ADDRESSES);
const files: ReadonlySet<string> = new Set(BENIGN_FILES);

/**
 * Whether everything that runs contacts or drops it, so that it says nothing about what it is related to. A URL is judged
 * by its host, where that alone decides what it serves.
 */
export function isBenign({ type, value }: RelatedValue): boolean {
  switch (type) {
    case 'StixFile':
      return files.has(value);
    case 'IPv4-Addr':
    case 'IPv6-Addr':
      return addresses.has(value);
    case 'Domain-Name':
      return isBenignName(value);
    case 'Url':
      return isBenignUrl(value);
  }
}

/** @param name - In lower case and punycode, without a trailing dot. */
function isBenignName(name: string): boolean {
  if (hosts.has(name) || sites.has(name)) return true;
  for (let start = 0; ; start = name.indexOf('.', start) + 1) {
    if (domains.has(name.slice(start))) return true;
    // At a dot only: `notwindowsupdate.com` is another domain.
    if (!name.includes('.', start)) return false;
  }
}

function isBenignUrl(url: string): boolean {
  const absolute = /^https?:\/\//i.test(url) ? url : `http://${url}`;
  // Lower case, punycode, addresses in their one form.
  const parsed = parseUrl(absolute);
  if (parsed === undefined) return false;
  const { hostname, pathname, search } = parsed;
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (isIP(host) !== 0) return addresses.has(host);
  return isBenignName(host) && (!sites.has(host) || `${pathname}${search}` === '/');
}
