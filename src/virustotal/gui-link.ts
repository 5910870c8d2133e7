import type { VtObjectKind } from './schema.js';

const guiSegments: Readonly<Record<VtObjectKind, string>> = {
  file: 'file',
  ip_address: 'ip-address',
  domain: 'domain',
  url: 'url',
};

/**
 * The page of an object on www.virustotal.com, for external references. Built from kind and id, never from
 * `links.self`: rewriting that text breaks hosts such as `files.example.com`.
 *
 * @param id - VirusTotal's own id of the object (for a URL the SHA-256, not the base64 form).
 */
export function guiLink(kind: VtObjectKind, id: string): string {
  return `https://www.virustotal.com/gui/${guiSegments[kind]}/${encodePathSegment(id)}`;
}

/** The page of an object of Google Threat Intelligence (VirusTotal reference §9). */
export function collectionLink(id: string): string {
  return `https://www.virustotal.com/gui/collection/${encodePathSegment(id)}`;
}

/**
 * Percent-encodes one segment of a path. Colons stay, so that IPv6 addresses remain readable (RFC 3986, section 3.3
 * allows them in a segment); lone surrogates become U+FFFD instead of an exception.
 */
export function encodePathSegment(segment: string): string {
  return encodeURIComponent(segment.replace(/\p{Surrogate}/gu, '\uFFFD')).replaceAll('%3A', ':');
}
