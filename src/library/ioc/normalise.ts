import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { parseUrl } from '../../shared/parse-url.js';
import { canonicalAddress } from '../../virustotal/ip-address.js';
import { parseHash } from '../../virustotal/object-id.js';
import { hostName, unknownEnding } from './host-name.js';
import { MAX_VALUE_LENGTH, type Ioc, type IocType } from './ioc.js';
import { lookUpObject } from './look-up-object.js';
import { refang } from './refang.js';

/**
 * An IOC in normal form, or why a text is none: a reason is made to follow the text in a sentence. A `caveat` is a sentence
 * about an IOC that is kept all the same: why VirusTotal cannot know it, or that its name ends strangely.
 */
export type Normalised =
  { readonly ioc: Ioc; readonly caveat?: string } | { readonly reason: string; readonly ioc?: never };

/** Longer texts are no IOC, and not worth looking at each character. */
const MAX_TEXT_LENGTH = 8 * MAX_VALUE_LENGTH;

const HASH_TYPES = { 32: 'md5', 40: 'sha1', 64: 'sha256' } as const;
const HASH_NAMES = { md5: 'an MD5', sha1: 'a SHA-1', sha256: 'a SHA-256' } as const;
const HASH_LENGTHS = { md5: 32, sha1: 40, sha256: 64 } as const;

/**
 * The normal form of a value whose type is known. Defanged values are read as they were meant.
 *
 * - Hashes: lower case.
 * - Names: lower case, A-labels, no trailing dot. Whether one is a `domain` or a `hostname` follows from the name
 *   (`host-name.ts`), whatever was given, so that one name is never two IOCs.
 * - Addresses: the one form that RFC 5952 allows; octets with leading zeros and IPv4 inside IPv6 are refused, and so are
 *   networks of more than one address.
 * - URLs: as the WHATWG standard writes them; http where there is no scheme. Path, query and fragment keep their case.
 *
 * What comes out normalises to itself.
 */
export function normaliseIoc(type: IocType, text: string): Normalised {
  const meant = cleaned(text);
  if (meant === '') return { reason: 'is empty' };
  if (meant.length > MAX_TEXT_LENGTH) return { reason: 'is too long' };
  switch (type) {
    case 'md5':
    case 'sha1':
    case 'sha256':
      return hashOf(type, meant);
    case 'domain':
    case 'hostname':
      return nameOf(meant);
    case 'ipv4':
    case 'ipv6':
      return addressOf(type, meant);
    case 'url':
      return urlOf(meant);
  }
}

/** The normal form of a value whose type is told by how it looks: the whole text is one IOC, or none. */
export function recogniseIoc(text: string): Normalised {
  const meant = cleaned(text);
  const hash = parseHash(meant);
  if (hash !== undefined) return { ioc: { type: HASH_TYPES[hash.length as 32 | 40 | 64], value: hash } };
  const address = meant.replace(/^\[(.*)\]$/, '$1');
  if (/^[\d.]+(?:\/\d+)?$/.test(address)) return normaliseIoc('ipv4', address);
  if (/^[\da-f:.]*:[\da-f:.]*:[\da-f:.]*(?:%.*)?(?:\/\d+)?$/i.test(address))
    return normaliseIoc('ipv6', address);
  if (/[/?#]/.test(meant) || /:\d+$/.test(meant)) return normaliseIoc('url', meant);
  return normaliseIoc('domain', meant);
}

function cleaned(text: string): string {
  return text.length > 2 * MAX_TEXT_LENGTH ? text : refang(text).trim();
}

function hashOf(type: 'md5' | 'sha1' | 'sha256', text: string): Normalised {
  const hash = parseHash(text);
  if (hash?.length === HASH_LENGTHS[type]) return { ioc: { type, value: hash } };
  const digits = `${HASH_LENGTHS[type]} hexadecimal digits`;
  return { reason: `is not ${HASH_NAMES[type]} hash, which has ${digits}` };
}

function nameOf(text: string): Normalised {
  const name = hostName(text);
  if ('reason' in name) return name;
  const ending = unknownEnding(name.value);
  return withCaveat(name, ending === undefined ? undefined : `"${name.value}" ${ending}.`);
}

function addressOf(type: 'ipv4' | 'ipv6', text: string): Normalised {
  const bits = type === 'ipv4' ? '32' : '128';
  const [address = '', prefix] = text.replace(/^\[(.*)\]$/, '$1').split('/', 2);
  const reason = addressReason(type, address);
  if (reason !== undefined) return { reason };
  if (prefix !== undefined && prefix !== bits) return { reason: 'is a network, not one address' };
  return withCaveat({ type, value: canonicalAddress(address) ?? address });
}

/** Why nobody can say for sure which address is meant. */
function addressReason(type: 'ipv4' | 'ipv6', address: string): string | undefined {
  if (type === 'ipv4') {
    if (isIPv4(address)) return undefined;
    const hasZeros = /^\d{1,4}(?:\.\d{1,4}){3}$/.test(address) && /(?:^|\.)0\d/.test(address);
    return hasZeros
      ? 'has leading zeros, which some programs read as octal; write it without them'
      : 'is not an IPv4 address';
  }
  if (address.includes('%')) return 'carries a zone, so it is an address of one machine only';
  if (!isIPv6(address)) return 'is not an IPv6 address';
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress()
    ? `stands for the IPv4 address ${parsed.toIPv4Address().toString()}; write that`
    : undefined;
}

function urlOf(text: string): Normalised {
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    return { reason: `is a ${scheme} URL; only those of http and https can be looked up` };
  // Source of a web page or a mail was copied.
  const plain = text.replace(/&(?:amp;)+/gi, '&');
  const absolute = scheme === undefined ? `http://${plain}` : plain;
  const url = parseUrl(absolute);
  if (url === undefined) return { reason: noUrlReason(absolute) };
  const { href, hostname } = url;
  // The standard takes nearly every character for a host's.
  if (!/^(?:[a-z0-9._-]+|\[[\da-f:.]+\])$/.test(hostname)) return { reason: 'does not point at a host' };
  if (href.length > MAX_VALUE_LENGTH) return { reason: `is longer than ${MAX_VALUE_LENGTH} characters` };
  // Brackets within brackets: nobody can say what was defanged and what belongs there.
  if (refang(href) !== href) return { reason: 'holds what looks defanged in a way that cannot be undone' };
  return withCaveat({ type: 'url', value: href });
}

/** Old names in punycode, which the DNS still answers, are names; in a URL the standard knows of no way to write them. */
function noUrlReason(absolute: string): string {
  const host = /^https?:\/{2}(?:[^/?#@]*@)?([^/?#:@]+)/i.exec(absolute)?.[1] ?? '';
  const isBadPunycode = /(?:^|\.)xn--/i.test(host) && domainToASCII(host) === '';
  return isBadPunycode ? 'is not a URL, as its host is no valid punycode' : 'is not a URL';
}

/** What the look-up would say about it; else what is said here. */
function withCaveat(ioc: Ioc, otherwise?: string): Normalised {
  const asked = lookUpObject(ioc);
  const caveat = 'invalid' in asked ? asked.invalid : otherwise;
  const { type, value } = ioc;
  return caveat === undefined ? { ioc: { type, value } } : { ioc: { type, value }, caveat };
}
