import { isIPv4, isIPv6 } from 'node:net';

import ipaddr from 'ipaddr.js';

import { unroutableReason } from '../shared/ip-range.js';

/** A checked value, or the reason why it cannot be asked for, made to follow the value in a sentence. */
export type Checked = { readonly value: string } | { readonly reason: string };

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
  const reason = unroutableReason(address);
  if (reason !== undefined) return { reason };
  return { value: address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString() };
}

/** The one form of an address, whether or not it is public; `undefined` for what is no address. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv6(text)) return ipaddr.IPv6.parse(text).toRFC5952String();
  return isIPv4(text) ? text : undefined;
}

function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}
