import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { recogniseIoc, type Normalised } from './normalise.js';

/** A part of a line, whose surroundings count too. */
export interface Part {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** An address within a part; `isWhole` when nothing else is in the part, so that what follows it belongs to it. */
type AddressPart = Part & { readonly isWhole: boolean };

/** The longest way to write an IPv6 address, with a port of tcpdump behind it. */
const MAX_IPV6_LENGTH = 45 + 6;

/**
 * The IPv6 address in a word, maybe behind a key and a colon (`src:2001:db8::1`), or in front of a port (`2001:db8::1.443`).
 * Names of C++ (`a::b`), times, MAC addresses and fingerprints are none.
 */
export function ipv6In({ text, start, end }: Part): AddressPart | undefined {
  const word = text.slice(start, Math.min(end, start + MAX_IPV6_LENGTH + 40));
  if (end - start > word.length || !/:[\da-f]*:/i.test(word)) return undefined;
  const key = /^[a-z][\w-]{0,30}:(?=[\da-f:]+:)/i.exec(word)?.[0].length ?? 0;
  for (const skipped of key === 0 ? [0] : [0, key]) {
    const rest = word.slice(skipped).replace(/[.:,%+*-]+$/, (tail) => (tail.startsWith('::') ? '::' : ''));
    const address = [rest, rest.replace(/\.\d{1,5}$/, '')].find((candidate) => isIpv6InText(candidate));
    if (address !== undefined)
      return { text, start: start + skipped, end: start + skipped + address.length, isWhole: true };
  }
  return undefined;
}

function isIpv6InText(word: string): boolean {
  if (word.length > MAX_IPV6_LENGTH || word.includes('%') || !isIPv6(word)) return false;
  const groups = word.split(':').filter((group) => group !== '');
  const isFingerprint = groups.length === 8 && groups.every((group) => group.length === 2);
  return /\d/.test(word) && !isFingerprint && (groups.length > 2 || /^(?:::1$|[\da-f]{3,4}:)/i.test(word));
}

/** Words in front of which a number with dots is a version. */
const VERSION_WORD =
  /(?:^|[^a-z])(?:v|ver|version|build|release|rev|revision|firmware|patch|update|sdk|driver|agent)[\s.:=#"'(-]{0,4}$/i;

/** `Chrome/120.0.0.0`, `curl/8.0.0.1`. */
const PRODUCT = /(?:^|[\s(;,"'])(?:[A-Z][\w.-]{1,30}|curl|wget|nginx|okhttp|python[\w-]{0,20})\/$/;

/**
 * The IPv4 addresses in a part that holds digits and dots alone, or two of them as a range (`198.51.100.1-198.51.100.9`);
 * `undefined` when the part is something else. A part with four numbers that is no address is one all the same, so that it
 * is heard about, unless it is a version.
 */
export function addressesIn(part: Part): readonly AddressPart[] | undefined {
  const { text, start, end } = part;
  const word = text.slice(start, Math.min(end, start + 64));
  if (end - start > word.length || !/^[\d.-]+$/.test(word)) return undefined;
  const range = word.split('-');
  if (range.length === 2 && range.every((one) => isIPv4(one))) {
    const middle = start + (range[0]?.length ?? 0);
    return [
      { text, start, end: middle, isWhole: false },
      { text, start: middle + 1, end, isWhole: false },
    ];
  }
  const numbers = word.split('.');
  const ahead = text.slice(Math.max(0, start - 40), start);
  if (numbers.length === 5 && isPacketLine(ahead, text.slice(end, end + 2))) {
    const address = numbers.slice(0, 4).join('.');
    if (isIPv4(address)) return [{ text, start, end: start + address.length, isWhole: false }];
  }
  const looksLikeAddress = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(word);
  if (!looksLikeAddress || isVersion(ahead, text.slice(end, end + 2))) return [];
  return [{ text, start, end, isWhole: true }];
}

function isVersion(ahead: string, behind: string): boolean {
  return VERSION_WORD.test(ahead) || (PRODUCT.test(ahead) && !/^:\d/.test(behind));
}

/** tcpdump writes the port as a fifth number: `IP 10.0.0.1.51234 > 203.0.113.5.443:`. */
function isPacketLine(ahead: string, behind: string): boolean {
  return /(?:^|\s)(?:IP|>) $/.test(ahead) && /^(?::| >)/.test(behind);
}

/**
 * Why an address is a network, when a prefix stands behind it; `undefined` when it is one machine: with all bits, with
 * bits of its own behind the prefix (an interface), or where the number is a port.
 *
 * @param behind - The first five characters behind the address.
 */
export function networkReason(behind: string, address: string): string | undefined {
  const prefix = /^\/(\d{1,3})(?![\w.])/.exec(behind)?.[1];
  if (prefix === undefined || !ipaddr.isValidCIDR(`${address}/${prefix}`)) return undefined;
  const parsed = ipaddr.parse(address);
  const bits = parsed
    .toByteArray()
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const isMachine = Number(prefix) === bits.length || bits.slice(Number(prefix)).includes('1');
  return isMachine ? undefined : 'is a network, not one address';
}

/** The hashes in a part: runs of letters and digits that are as long as a hash and hexadecimal. */
export function hashesIn({ text, start, end }: Part): (Part & { readonly result: Normalised })[] {
  if (end - start < 32) return [];
  const found: (Part & { readonly result: Normalised })[] = [];
  for (const match of text.slice(start, end).matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const run = match[0];
    const from = start + match.index;
    const place = { text, start: from, end: from + run.length };
    if (![32, 40, 64, 128].includes(run.length) || !/^[\da-f]+$/i.test(run)) continue;
    // Zeros stand for a hash that is not known.
    if (/^(.)\1*$/.test(run)) continue;
    found.push({
      ...place,
      result:
        run.length === 128
          ? { reason: 'is a SHA-512 hash, by which VirusTotal does not know files' }
          : recogniseIoc(run),
    });
  }
  return found;
}
