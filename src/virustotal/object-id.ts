import { encodePathSegment } from './gui-link.js';
import { publicDomainName } from './domain-name.js';
import { publicIpv4Address, publicIpv6Address, type Checked } from './ip-address.js';
import type { VtObject, VtObjectKind } from './schema.js';
import { readUrl, schemeOf } from './url-form.js';

/** OpenCTI types of the observables that VirusTotal knows. */
export type LookUpType =
  'StixFile' | 'Artifact' | 'IPv4-Addr' | 'IPv6-Addr' | 'Domain-Name' | 'Hostname' | 'Url';

/** What to ask for, or one sentence that says why asking would be in vain. */
export type VtObjectOrInvalid = { readonly object: VtObject } | { readonly invalid: string };

/** Characters of {@link urlLookUpId}. More would not safely fit into the request line that front ends accept (8 KB). */
const MAX_URL_ID_LENGTH = 6000;
const MAX_SHOWN_LENGTH = 100;

/**
 * Validates and normalises a value before anything is asked: a look-up of a value that cannot have a report costs
 * quota all the same.
 *
 * @param value - The address, name, URL or hash; for files also the `hashes` of the STIX object, whose names may be
 *   spelled in any way (`SHA-256`, `sha256`). The strongest well-formed hash is taken: SHA-256, SHA-1, MD5.
 */
export function vtObject(
  type: LookUpType,
  value: string | Readonly<Record<string, unknown>>,
): VtObjectOrInvalid {
  if (type === 'StixFile' || type === 'Artifact') return fileObject(value);
  if (typeof value !== 'string') return { invalid: `This ${type} has no value.` };
  const text = type === 'Url' ? trimmed(value) : visible(trimmed(value));
  if (text === '') return { invalid: `This ${type} has an empty value.` };
  switch (type) {
    case 'IPv4-Addr':
      return objectFrom(text, publicIpv4Address(text), (address) => ({ kind: 'ip_address', address }));
    case 'IPv6-Addr':
      return objectFrom(text, publicIpv6Address(text), (address) => ({ kind: 'ip_address', address }));
    case 'Domain-Name':
    case 'Hostname':
      return objectFrom(text, publicDomainName(text), (name) => ({ kind: 'domain', name }));
    case 'Url':
      return objectFrom(text, publicUrl(text), (url) => ({ kind: 'url', url }));
  }
}

/** Copies from web pages and documents bring blanks and invisible characters along. */
function trimmed(text: string): string {
  let end = text.length;
  // One character at a time: an expression that ends in `$` takes quadratic time over blanks in the middle.
  while (end > 0 && /[\s\p{Cf}]/u.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end).replace(/^[\s\p{Cf}]+/u, '');
}

/** Without invisible characters, but for the joiners, which names in some scripts need (RFC 5892, appendix A). */
function visible(text: string): string {
  return text.replace(/(?![\u200C\u200D])\p{Cf}/gu, '');
}

/** The hash in lower case, or `undefined` when the text is no SHA-256, SHA-1 or MD5. */
export function parseHash(text: string): string | undefined {
  const hash = text.trim().toLowerCase();
  return /^(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})$/.test(hash) ? hash : undefined;
}

/**
 * The id that `/urls/` accepts for a URL in any spelling: unpadded URL-safe base64, which VirusTotal decodes and
 * canonicalises (https://docs.virustotal.com/reference/url). Not the id that its answer carries.
 */
export function urlLookUpId(url: string): string {
  return Buffer.from(url, 'utf8').toString('base64url');
}

/** Path of an object below the base URL, each segment percent-encoded: `/files/…`. */
export function objectPath(object: VtObject): string {
  const collections: Readonly<Record<VtObjectKind, string>> = {
    file: 'files',
    ip_address: 'ip_addresses',
    domain: 'domains',
    url: 'urls',
  };
  return `/${collections[object.kind]}/${encodePathSegment(lookUpId(object))}`;
}

function lookUpId(object: VtObject): string {
  return object.kind === 'url' ? urlLookUpId(object.url) : objectValue(object);
}

/** The value in its normal form: what patterns and derived objects have to match. */
export function objectValue(object: VtObject): string {
  switch (object.kind) {
    case 'file':
      return object.hash;
    case 'ip_address':
      return object.address;
    case 'domain':
      return object.name;
    case 'url':
      return object.url;
  }
}

const hashLengths: readonly (readonly [string, number])[] = [
  ['SHA256', 64],
  ['SHA1', 40],
  ['MD5', 32],
];

function fileObject(value: string | Readonly<Record<string, unknown>>): VtObjectOrInvalid {
  if (typeof value === 'string') {
    const hash = parseHash(value);
    return hash === undefined
      ? { invalid: `"${shown(value)}" is not an MD5, SHA-1 or SHA-256 hash.` }
      : { object: { kind: 'file', hash } };
  }
  const hashes = Object.entries(value).flatMap(([name, text]): [string, string][] => {
    const hash = typeof text === 'string' ? parseHash(text) : undefined;
    return hash === undefined ? [] : [[name.toUpperCase().replace(/[^A-Z0-9]/g, ''), hash]];
  });
  for (const [algorithm, length] of hashLengths) {
    const hash = hashes.find(([name, text]) => name === algorithm && text.length === length)?.[1];
    if (hash !== undefined) return { object: { kind: 'file', hash } };
  }
  return {
    invalid: 'This file has no well-formed MD5, SHA-1 or SHA-256 hash, by which VirusTotal knows files.',
  };
}

/** The URL as given: VirusTotal canonicalises it. Without a scheme it assumes `http`. */
function publicUrl(text: string): Checked {
  if (urlLookUpId(text).length > MAX_URL_ID_LENGTH) {
    return { reason: `is too long for a look-up: more than ${(MAX_URL_ID_LENGTH * 3) / 4} bytes` };
  }
  const scheme = schemeOf(text);
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    return { reason: 'is not an http or https URL' };
  const absolute = scheme === undefined ? `http://${text}` : text;
  const host = readUrl(absolute)?.hostname;
  if (host === undefined) return { reason: 'is not a URL' };
  const checked = publicHost(host);
  return 'value' in checked
    ? { value: text }
    : { reason: `points at ${shown(host)}, which ${checked.reason}` };
}

function publicHost(host: string): Checked {
  if (host.startsWith('[')) return publicIpv6Address(host.slice(1, -1));
  return /^[\d.]+$/.test(host) ? publicIpv4Address(host) : publicDomainName(host);
}

function objectFrom(text: string, checked: Checked, build: (value: string) => VtObject): VtObjectOrInvalid {
  if ('value' in checked) return { object: build(checked.value) };
  if (/\[[.:]|\[dot\]|\(\.\)|^hxxp/i.test(text) && !/^https?:\/\/\[/i.test(text)) {
    return { invalid: `"${shown(text)}" is defanged; write it as it is.` };
  }
  return { invalid: `"${shown(text)}" ${checked.reason}.` };
}

/** The value for a sentence: in one line, without control characters, not endless. */
function shown(text: string): string {
  const line = Array.from(
    text
      .trim()
      .slice(0, 2 * MAX_SHOWN_LENGTH)
      .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' '),
  );
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH).join('')}…` : line.join('');
}
