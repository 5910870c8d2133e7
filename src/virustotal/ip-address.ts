import { isIPv4, isIPv6 } from 'node:net';

import ipaddr from 'ipaddr.js';

/** A checked value, or the reason why it cannot be asked for, made to follow the value in a sentence. */
export type Checked = { readonly value: string } | { readonly reason: string };

/**
 * Why nobody outside can have seen these addresses, by the ranges of the IANA special-purpose registries (RFC 6890)
 * as `ipaddr.js` names them. Ranges that are not listed are routed.
 */
const unroutedRanges: Readonly<Record<string, string>> = {
  unspecified: 'is an address of "this network" (RFC 1122), not of a machine',
  broadcast: 'is the broadcast address',
  multicast: 'is a multicast address',
  linkLocal: 'is a link-local address',
  loopback: 'is a loopback address',
  carrierGradeNat: 'is a shared address of a carrier (RFC 6598)',
  private: 'is a private address',
  reserved: 'is in a reserved range',
  uniqueLocal: 'is a private address (unique local)',
  deprecatedSiteLocal: 'is a private address (site-local)',
  discard: 'is in the range for discarded traffic',
  rfc6145: 'only stands for an IPv4 address',
  rfc6052: 'only stands for an IPv4 address (NAT64)',
  benchmarking: 'is in the range for benchmarks',
  deprecatedOrchid: 'is an identifier, no address (ORCHID)',
  orchid2: 'is an identifier, no address (ORCHID)',
  droneRemoteIdProtocolEntityTags: 'is an identifier, no address (DRIP)',
  segmentRouting: 'is a segment identifier, no address',
};

const documentationNetworks = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20',
].map((network) => ipaddr.parseCIDR(network));
/** All of today's global unicast addresses (RFC 4291, section 2.4; IANA IPv6 address space). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** The address in dotted decimal form. */
export function publicIpv4Address(text: string): Checked {
  // Neither short, octal nor hexadecimal forms: nobody can say for sure which address they mean.
  if (!isIPv4(text))
    return { reason: isNetwork(text) ? 'is a network, not one address' : 'is not an IPv4 address' };
  return routed(ipaddr.IPv4.parse(text));
}

/** The address in the canonical form of RFC 5952, as VirusTotal returns it. */
export function publicIpv6Address(text: string): Checked {
  if (text.includes('%')) return { reason: 'carries a zone, so it is an address of one machine only' };
  if (!isIPv6(text))
    return { reason: isNetwork(text) ? 'is a network, not one address' : 'is not an IPv6 address' };
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    return { reason: `stands for the IPv4 address ${address.toIPv4Address().toString()}; ask for that` };
  }
  return routed(address);
}

function routed(address: ipaddr.IPv4 | ipaddr.IPv6): Checked {
  const isDocumentation = documentationNetworks.some(
    (network) => network[0].kind() === address.kind() && address.match(network),
  );
  if (isDocumentation) return { reason: 'is in a range for documentation, where nobody is reachable' };
  const reason = unroutedRanges[address.range()];
  if (reason !== undefined) return { reason };
  if (address instanceof ipaddr.IPv6 && !address.match(globalUnicast))
    return { reason: 'is in a reserved range' };
  return { value: address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString() };
}

function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}
