import ipaddr from 'ipaddr.js';

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
  ipv4Mapped: 'only stands for an IPv4 address',
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

/**
 * Why an address is not one machine on the public Internet, made to follow the address in a sentence; `undefined`
 * when it is publicly routable.
 */
export function unroutableReason(address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  const isDocumentation = documentationNetworks.some(
    (network) => network[0].kind() === address.kind() && address.match(network),
  );
  if (isDocumentation) return 'is in a range for documentation, where nobody is reachable';
  const reason = unroutedRanges[address.range()];
  if (reason !== undefined) return reason;
  const isReserved = address instanceof ipaddr.IPv6 && !address.match(globalUnicast);
  return isReserved ? 'is in a reserved range' : undefined;
}
