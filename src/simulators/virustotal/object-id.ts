import type { Behaviour } from './behaviour.js';
import { canonicalUrl, urlId } from './canonical-url.js';
import { canonicalDomain } from './domain-name.js';
import { invalidArgument, unknownObject } from './envelope.js';
import { canonicalIpAddress } from './ip-address.js';

/** Types of the four kinds of report, by path segment. */
export const reportTypes = {
  files: 'file',
  ip_addresses: 'ip_address',
  domains: 'domain',
  urls: 'url',
} as const;

export type ReportCollection = keyof typeof reportTypes;
export type ReportType = (typeof reportTypes)[ReportCollection];

/**
 * The id under which the catalogue files what a path segment asks for.
 *
 * @throws {@link ApiError} 400 or 404, as the API answers a malformed id of this type.
 */
export function readObjectId(type: ReportType, asked: string, behaviour: Behaviour): string {
  switch (type) {
    case 'file':
      return readFileId(asked, behaviour);
    case 'ip_address': {
      const address = canonicalIpAddress(asked);
      if (address === undefined) throw invalidArgument(`IP "${asked}" is not a valid IP address pattern`);
      return address;
    }
    case 'domain': {
      const name = canonicalDomain(asked);
      if (name === undefined) throw invalidArgument(`"${asked}" is not a valid domain pattern`);
      return name;
    }
    case 'url':
      return readUrlId(asked);
  }
}

function readFileId(asked: string, behaviour: Behaviour): string {
  const hash = asked.toLowerCase();
  if (/^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) return hash;
  if (behaviour.invalidFileHash === 'invalid') throw invalidArgument(`"${asked}" is not a valid file hash`);
  throw unknownObject('file', asked);
}

/** SHA-256, or unpadded URL-safe base64 (RFC 4648 section 5) of a URL that need not be canonical. */
function readUrlId(asked: string): string {
  if (/^[0-9a-f]{64}$/i.test(asked)) return asked.toLowerCase();
  const bytes = Buffer.from(asked, 'base64url');
  // Node decodes leniently; only the exact spelling comes back unchanged.
  if (asked === '' || bytes.toString('base64url') !== asked) throw unknownObject('url', asked);
  const canonical = canonicalUrl(bytes.toString('utf8'));
  if (canonical === undefined) throw invalidArgument('Unable to canonicalize url');
  return urlId(canonical);
}
