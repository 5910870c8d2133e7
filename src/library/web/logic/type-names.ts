import type { IocType } from '../api.js';

export const TYPE_NAMES: Readonly<Record<IocType, string>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  domain: 'Domain',
  hostname: 'Hostname',
  url: 'URL',
  ipv4: 'IPv4',
  ipv6: 'IPv6',
};
