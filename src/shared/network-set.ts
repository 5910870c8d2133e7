import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The addresses that share their first bits. */
export interface Network {
  readonly address: Address;
  /** How many bits they share; 32 or 128 for one address alone. */
  readonly prefixBits: number;
}

/** Bits of the prefix `::ffff:0:0/96`, behind which IPv6 writes an IPv4 address (RFC 4291, section 2.5.5.2). */
const MAPPED_PREFIX_BITS = 96;

/**
 * An address without a zone; an IPv4-mapped IPv6 address is the IPv4 address. `undefined` for what is no address, short,
 * octal and hexadecimal forms among it: nobody can say for sure which address they mean.
 */
export function parseAddress(text: string): Address | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.process(text);
}

/** An address, or a network such as `10.0.0.0/8`, whose bits behind the prefix do not matter. */
export function parseNetwork(text: string): Network | undefined {
  const [, left = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(left);
  if (address === undefined) return undefined;
  const isMapped = address instanceof ipaddr.IPv4 && left.includes(':');
  const width = widthOf(address);
  if (digits === undefined) return { address, prefixBits: width };
  const prefixBits = Number(digits) - (isMapped ? MAPPED_PREFIX_BITS : 0);
  return prefixBits < 0 || prefixBits > width ? undefined : { address, prefixBits };
}

/** IPv6 prefixes behind which stands an IPv4 address, and the byte where it begins. */
const embeddingNetworks = [
  // 6to4 (RFC 3056).
  { network: '2002::/16', offset: 2 },
  // NAT64 with the well-known prefix (RFC 6052).
  { network: '64:ff9b::/96', offset: 12 },
].map(({ network, offset }) => ({ network: ipaddr.IPv6.parseCIDR(network), offset }));

/** The IPv4 address to which packets for this IPv6 address go in the end; `undefined` when there is none in it. */
export function embeddedIpv4(address: Address): Address | undefined {
  if (address instanceof ipaddr.IPv4) return undefined;
  const found = embeddingNetworks.find(({ network }) => address.match(network));
  return found === undefined
    ? undefined
    : ipaddr.fromByteArray(address.toByteArray().slice(found.offset, found.offset + 4));
}

/** The one text of an address. */
export function addressText(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Networks, asked whether an address is in one of them; the cost depends on how many lengths of prefix there are. */
export class NetworkSet {
  /** By width of the address and length of the prefix: the prefixes. */
  readonly #prefixes = new Map<number, Map<number, Set<bigint>>>();

  constructor(networks: Iterable<Network>) {
    for (const { address, prefixBits } of networks) {
      const width = widthOf(address);
      const lengths = this.#prefixes.get(width) ?? new Map<number, Set<bigint>>();
      const prefixes = lengths.get(prefixBits) ?? new Set<bigint>();
      prefixes.add(prefixOf(address, prefixBits));
      lengths.set(prefixBits, prefixes);
      this.#prefixes.set(width, lengths);
    }
  }

  has(address: Address): boolean {
    const lengths = this.#prefixes.get(widthOf(address)) ?? new Map<number, Set<bigint>>();
    for (const [prefixBits, prefixes] of lengths) {
      if (prefixes.has(prefixOf(address, prefixBits))) return true;
    }
    return false;
  }
}

function widthOf(address: Address): 32 | 128 {
  return address instanceof ipaddr.IPv4 ? 32 : 128;
}

function prefixOf(address: Address, prefixBits: number): bigint {
  const hex = Buffer.from(address.toByteArray()).toString('hex');
  return BigInt(`0x${hex}`) >> BigInt(widthOf(address) - prefixBits);
}
