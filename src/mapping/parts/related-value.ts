import { objectValue, vtObject } from '../../virustotal/object-id.js';
import type { RelatedObject, VtObject } from '../../virustotal/schema.js';
import { fileName } from '../file-names.js';

/** Types of the observables that related objects become. A name is a Domain-Name, which is what files communicate with. */
export type RelatedType = 'StixFile' | 'IPv4-Addr' | 'IPv6-Addr' | 'Domain-Name' | 'Url';

/** A related object as an observable. */
export interface RelatedValue {
  readonly type: RelatedType;
  /** The address, name (lower case, punycode) or URL; of a file the hash. */
  readonly value: string;
  /** What a file is called where it was found. */
  readonly fileName?: string | undefined;
  /** Since when a name resolves to an address. */
  readonly since?: Date | undefined;
}

/** An object to which others are related, as VirusTotal may write it in their ids. */
export interface Parent {
  readonly kind: VtObject['kind'];
  readonly names: readonly string[];
}

/**
 * Reads a descriptor (VirusTotal reference §5.3). `undefined` for what is no observable that VirusTotal could be asked
 * about: private and reserved addresses, names that the public DNS does not serve, URLs without text.
 */
export function relatedValue(object: RelatedObject, parent: Parent): RelatedValue | undefined {
  switch (object.type) {
    case 'file':
      return withFileName(sha256Of(object.id), object.filename);
    case 'domain':
      return valueOf('Domain-Name', object.id);
    case 'ip_address':
      return addressOf(object.id);
    case 'url':
      return object.url === undefined ? undefined : urlOf(object.url);
    case 'resolution':
      return resolvedValue(object.id, parent);
    default:
      return undefined;
  }
}

/** The address or name at one end of a resolution whose other end is the parent. */
export function resolutionEnd(text: string, parent: Parent['kind']): RelatedValue | undefined {
  return parent === 'domain' ? addressOf(text) : valueOf('Domain-Name', text);
}

/**
 * The id of a resolution is address and name without anything in between (`192.0.2.1example.com`), and
 * `192.0.2.1` + `0.example.com` reads like `192.0.2.10` + `.example.com`: only with one end known is the other certain.
 */
function resolvedValue(id: string, { kind, names }: Parent): RelatedValue | undefined {
  const text = id.toLowerCase();
  for (const name of names) {
    if (name === '' || text.length <= name.length) continue;
    const end = kind === 'domain' ? text.endsWith(name) : text.startsWith(name);
    if (!end) continue;
    const rest = kind === 'domain' ? id.slice(0, -name.length) : id.slice(name.length);
    const value = resolutionEnd(rest, kind);
    if (value !== undefined) return value;
  }
  return undefined;
}

function addressOf(text: string): RelatedValue | undefined {
  return valueOf(text.includes(':') ? 'IPv6-Addr' : 'IPv4-Addr', text);
}

/** VirusTotal's id of a file. */
function sha256Of(id: string): RelatedValue | undefined {
  return id.length === 64 ? valueOf('StixFile', id) : undefined;
}

/** URLs of VirusTotal are canonical: one with blanks, line breaks or invisible characters in it is none. */
function urlOf(text: string): RelatedValue | undefined {
  return /[\p{C}\p{Z}]/u.test(text) ? undefined : valueOf('Url', text);
}

/** The value in the form in which it would be looked up. */
export function valueOf(type: RelatedType, text: string): RelatedValue | undefined {
  const checked = vtObject(type, text);
  return 'object' in checked ? { type, value: objectValue(checked.object) } : undefined;
}

function withFileName(
  value: RelatedValue | undefined,
  submitted: string | undefined,
): RelatedValue | undefined {
  if (value === undefined || submitted === undefined) return value;
  return { ...value, fileName: fileName(submitted) };
}
