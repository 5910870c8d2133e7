import { vtObject, type LookUpType, type VtObjectOrInvalid } from '../../virustotal/object-id.js';
import type { Ioc, IocType } from './ioc.js';

const LOOK_UP_TYPES: Readonly<Record<IocType, LookUpType>> = {
  md5: 'StixFile',
  sha1: 'StixFile',
  sha256: 'StixFile',
  domain: 'Domain-Name',
  hostname: 'Hostname',
  url: 'Url',
  ipv4: 'IPv4-Addr',
  ipv6: 'IPv6-Addr',
};

/** What VirusTotal is asked for about an IOC in normal form, or one sentence that says why asking would be in vain. */
export function lookUpObject({ type, value }: Ioc): VtObjectOrInvalid {
  return vtObject(LOOK_UP_TYPES[type], value);
}
