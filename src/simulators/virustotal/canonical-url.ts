import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { canonicalDomain } from './domain-name.js';
import { canonicalIpAddress } from './ip-address.js';

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * The URL under which VirusTotal files a URL. Follows the published canonicalisation of Google Safe Browsing
 * (https://developers.google.com/safe-browsing/v4/urls-hashing), with which every known id agrees; VirusTotal's
 * own code is not public.
 *
 * @returns `undefined` when there is no canonical form: other scheme, bad host or bad port.
 */
export function canonicalUrl(text: string): string | undefined {
  const cleaned = text.replace(/[\t\r\n]/g, '').trim();
  const [withoutFragment = ''] = cleaned.split('#', 1);
  const parts = splitUrl(withoutFragment);
  if (parts === undefined) return undefined;
  const authority = canonicalAuthority(parts.authority, parts.scheme);
  if (authority === undefined) return undefined;
  const queryStart = parts.rest.indexOf('?');
  const path = queryStart < 0 ? parts.rest : parts.rest.slice(0, queryStart);
  const query = queryStart < 0 ? '' : parts.rest.slice(queryStart);
  return `${parts.scheme}://${authority}${escapeBytes(resolvePath(unescapeBytes(path)))}${escapeBytes(unescapeBytes(query))}`;
}

/** Id of a URL object: SHA-256 (hex) of the canonical URL in UTF-8. */
export function urlId(canonical: string): string {
  return createHash('sha256').update(canonical, 'utf8').digest('hex');
}

function splitUrl(url: string): { scheme: 'http' | 'https'; authority: string; rest: string } | undefined {
  const explicit = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url);
  // `mailto:someone` names a scheme; `example.com:8080` and `localhost:8080` name a port.
  if (explicit === null && /^[a-z][a-z0-9+-]*:(?!\d)/i.test(url)) return undefined;
  const scheme = explicit?.[1]?.toLowerCase() ?? 'http';
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  const remainder = explicit === null ? url : url.slice(explicit[0].length);
  const end = /[/?]/.exec(remainder)?.index ?? remainder.length;
  return { scheme, authority: remainder.slice(0, end), rest: remainder.slice(end) };
}

function canonicalAuthority(authority: string, scheme: string): string | undefined {
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(hostAndPort);
  const host = canonicalHost(match?.[1] ?? '');
  if (match === null || host === undefined) return undefined;
  const port = (match[2] ?? '').replace(/^0+(?=\d)/, '');
  if (Number(port) > 65_535) return undefined;
  return port === '' || port === defaultPorts[scheme] ? host : `${host}:${port}`;
}

function canonicalHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const address = canonicalIpAddress(text.slice(1, -1));
    return address?.includes(':') === true ? `[${address}]` : undefined;
  }
  const unescaped = Buffer.from(unescapeBytes(text), 'latin1').toString('utf8');
  // What would end the host must not be smuggled in by an escape.
  if (/[/\\?#@:]/.test(unescaped)) return undefined;
  const dotted = unescaped.replace(/\.{2,}/g, '.').replace(/^\.|\.$/g, '');
  // Also turns hexadecimal, octal and shortened IPv4 spellings into dotted decimals.
  const ascii = domainToASCII(dotted);
  return canonicalIpAddress(ascii) ?? canonicalDomain(ascii);
}

/** Decodes percent escapes until none is left. Works on bytes: one character of the result is one byte. */
function unescapeBytes(text: string): string {
  let current = Buffer.from(text, 'utf8').toString('latin1');
  for (;;) {
    const next = current.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
    if (next === current) return current;
    current = next;
  }
}

/** Escapes every byte up to space, every byte from DEL on, `#` and `%`, and nothing else. */
function escapeBytes(bytes: string): string {
  return bytes.replace(
    /[\x00-\x20\x7f-\xff#%]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Resolves `.` and `..` and joins runs of slashes. */
function resolvePath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const isDirectory = /\/\.{0,2}$/.test(path);
  return kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`;
}
