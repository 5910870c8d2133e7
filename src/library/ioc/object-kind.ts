import type { VtObject, VtObjectKind } from '../../virustotal/schema.js';
import type { Ioc, IocType } from './ioc.js';

const KINDS: Readonly<Record<IocType, VtObjectKind>> = {
  md5: 'file',
  sha1: 'file',
  sha256: 'file',
  domain: 'domain',
  hostname: 'domain',
  url: 'url',
  ipv4: 'ip_address',
  ipv6: 'ip_address',
};

/** What VirusTotal takes an IOC for. */
export function objectKind(type: IocType): VtObjectKind {
  return KINDS[type];
}

/**
 * What to ask VirusTotal for. Only for an IOC without caveat (`normalise.ts`): asking for another costs quota in vain.
 */
export function virusTotalObject({ type, value }: Ioc): VtObject {
  const kind = objectKind(type);
  switch (kind) {
    case 'file':
      return { kind, hash: value };
    case 'ip_address':
      return { kind, address: value };
    case 'domain':
      return { kind, name: value };
    case 'url':
      return { kind, url: value };
  }
}
