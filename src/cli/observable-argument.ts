import { isIP, isIPv4 } from 'node:net';
import type { ObservableType } from '../mapping/context.js';
import { ConnectorError } from '../shared/connector-error.js';
import type { JsonObject } from '../shared/json.js';
import { fileId, valueObservableId, type ValueObservableType } from '../stix/ids.js';

/** An entity as the platform would send it, made from a value typed by a person. */
export interface TypedEntity {
  readonly entityType: ObservableType;
  readonly entity: JsonObject;
}

const HASH_NAMES = new Map([
  [32, 'MD5'],
  [40, 'SHA-1'],
  [64, 'SHA-256'],
]);

/**
 * Recognises what a value is (hash, address, URL, domain name); defanged spellings such as `hxxp://evil[.]com` are
 * understood.
 *
 * @throws ConnectorError (`invalid`) when it is none of these.
 */
export function entityFromValue(argument: string): TypedEntity {
  const value = refang(argument.trim());
  const hashName = /^[0-9a-f]+$/i.test(value) ? HASH_NAMES.get(value.length) : undefined;
  if (hashName !== undefined) {
    const hashes = { [hashName]: value.toLowerCase() };
    return {
      entityType: 'StixFile',
      entity: { type: 'file', id: fileId(hashes), spec_version: '2.1', hashes },
    };
  }
  if (isIP(value) !== 0) {
    return isIPv4(value)
      ? valueEntity('IPv4-Addr', 'ipv4-addr', value)
      : valueEntity('IPv6-Addr', 'ipv6-addr', value.toLowerCase());
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return valueEntity('Url', 'url', value);
  if (/^[^\s/:@]+\.[^\s/:@]+$/.test(value))
    return valueEntity('Domain-Name', 'domain-name', value.toLowerCase());
  throw new ConnectorError(
    `"${argument}" is not a file hash (MD5, SHA-1, SHA-256), an IP address, a URL or a domain name.`,
    'invalid',
  );
}

function valueEntity(entityType: ObservableType, type: ValueObservableType, value: string): TypedEntity {
  return { entityType, entity: { type, id: valueObservableId(type, value), spec_version: '2.1', value } };
}

/** Undoes the usual ways of making an indicator harmless to click on. */
function refang(text: string): string {
  return text
    .replace(/^hxxp/i, 'http')
    .replace(/\[(:\/\/|:)\]/g, '$1')
    .replace(/[[({](?:\.|dot)[\])}]/gi, '.');
}
