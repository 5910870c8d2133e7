import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';

import type { Checked } from './ip-address.js';

/**
 * Names that the public DNS does not answer: RFC 6761 and 6762, RFC 9476 (alt), ICANN's reservation
 * of `internal`, and those that ICANN never delegates because private networks use them (`corp`, `home`). `example`
 * is meant as a top-level domain; `example.com` exists. `onion` (RFC 7686) is not in the DNS either, but known to
 * VirusTotal.
 */
const privateTopLevelDomains: ReadonlySet<string> = new Set(
  'alt arpa corp example home internal intranet invalid lan local localdomain localhost test'.split(' '),
);

const MAX_NAME_LENGTH = 253;
const labelPattern = /^[a-z0-9_-]{1,63}$/;

/**
 * The name in lower case and punycode, without the trailing dot. Labels may hold underscores, and hyphens at their
 * edges, as host names in the wild do.
 *
 * @param text - A domain name, or the host of a URL.
 */
export function publicDomainName(text: string): Checked {
  if (isIP(text) !== 0) return { reason: 'is an IP address, not a domain name' };
  if (text.startsWith('*.')) return { reason: 'is a wildcard, not one name' };
  const name = asciiName(text);
  const labels = name.split('.');
  if (name.length > MAX_NAME_LENGTH || !labels.every((label) => labelPattern.test(label))) {
    return { reason: 'is not a domain name' };
  }
  const reason = privateNameReason(labels);
  if (reason !== undefined) return { reason };
  if (!/^[a-z][a-z0-9-]+$/.test(labels.at(-1) ?? '')) return { reason: 'does not end in a top-level domain' };
  return { value: name };
}

/** Why nobody outside can know the name, or `undefined` when it may be public. */
function privateNameReason(labels: readonly string[]): string | undefined {
  const topLevelDomain = labels.at(-1) ?? '';
  if (labels.length < 2) return 'is a single name without a domain, known inside one network only';
  if (privateTopLevelDomains.has(topLevelDomain))
    return `ends in .${topLevelDomain}, which the public DNS does not serve`;
  return undefined;
}

/** Lower case, punycode, no trailing dot; the empty string when the name cannot be written so. */
export function asciiName(text: string): string {
  const name = text.replace(/\.$/, '');
  // ASCII never goes through `domainToASCII`: it would read `0x7f.1` as an address and refuse old `xn--` labels.
  return /^[\x00-\x7F]*$/.test(name) ? name.toLowerCase() : domainToASCII(name);
}

/**
 * The ASCII form in which two names are one that IDNA2003 took for the same and IDNA2008 tells apart: `straße` and
 * `strasse` (UTS #46, section 4, transitional processing). Nobody knows by which of them a name is read elsewhere.
 */
export function mergedName(text: string): string {
  const name = asciiName(text);
  if (!name.includes('xn--')) return name;
  const merged = domainToUnicode(name)
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replace(/[\u200C\u200D]/g, '');
  return asciiName(merged) || name;
}
