import { addressText, parseAddress } from '../shared/network-set.js';
import { parseUrl } from '../shared/parse-url.js';
import { mergedName } from './domain-name.js';

/** Where a URL points, in a form in which two spellings of one place are the same text. */
export interface UrlForm {
  /** A name as `mergedName` writes it, or an address without brackets; IPv4-mapped IPv6 as IPv4. */
  readonly host: string;
  /**
   * Host, port and everything behind it up to the fragment: `example.com:8443/x?y`. Neither the scheme nor user and
   * password are in it, nor the ports 80 and 443, with which the scheme is often written wrong. Slashes in a row are one,
   * since most servers take them so.
   */
  readonly place: string;
}

/** The scheme in lower case; `undefined` when there is none, as in `example.com:8080/x`. */
export function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(text)?.[1]?.toLowerCase();
}

/** The form of a URL; without a scheme http is assumed, as VirusTotal does. `undefined` when it is no URL. */
export function urlForm(text: string): UrlForm | undefined {
  const absolute = schemeOf(text) === undefined ? `http://${text}` : text;
  const url = readUrl(absolute);
  if (url === undefined || url.hostname === '') return undefined;
  const host = hostForm(url.hostname);
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const port = ['', '80', '443'].includes(url.port) ? '' : `:${url.port}`;
  const path = url.pathname.replace(/\/{2,}/g, '/');
  return { host, place: bracketed + port + plainEscapes(path + url.search) };
}

interface ReadUrl {
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
}

/** An absolute URL as the WHATWG URL standard reads it. */
export function readUrl(url: string): ReadUrl | undefined {
  const plain = parseUrl(url);
  if (plain !== undefined) return plain;
  // The standard refuses `xn--` labels that decode to nothing, which the DNS has all the same.
  const undecoded = parseUrl(url.replace(/xn--/gi, 'xn__'));
  if (undecoded === undefined) return undefined;
  const { hostname, port, pathname, search } = undecoded;
  const restored = (part: string): string => part.replaceAll('xn__', 'xn--');
  return { hostname: restored(hostname), port, pathname: restored(pathname), search: restored(search) };
}

function hostForm(hostname: string): string {
  const text = hostname.replace(/^\[(.*)\]$/, '$1');
  const address = parseAddress(text);
  return address === undefined ? mergedName(text) : addressText(address);
}

/**
 * Escapes in upper case, and none where the character itself may stand (RFC 3986, section 6.2.2). A comma is always
 * escaped: in a list that commas separate it cannot be written otherwise.
 */
function plainEscapes(text: string): string {
  const plain = text.replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
  return plain.replaceAll(',', '%2C');
}
