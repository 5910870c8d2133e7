import { BlockList, isIP } from 'node:net';

const unrouted = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  unrouted.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['::ffff:0:0', 96],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  unrouted.addSubnet(network, prefix, 'ipv6');
}

/** The address as the API spells it (IPv6 compressed, lower case), or `undefined` when it is none. */
export function canonicalIpAddress(text: string): string | undefined {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 4) return text;
  // The URL standard prints IPv6 hosts compressed and in lower case (https://url.spec.whatwg.org/#host-serializing).
  return version === 6 ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : undefined;
}

/** Whether a canonical address is private, reserved or otherwise not announced: the API knows no AS for it. */
export function isUnroutedAddress(address: string): boolean {
  return unrouted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
