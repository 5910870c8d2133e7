import ipaddr from 'ipaddr.js';
import { unroutableReason } from '../../shared/ip-range.js';
import { createRelationship, createValueObservable } from '../../stix/create.js';
import type { StixObject } from '../../stix/objects.js';
import type { IpAddressReport } from '../../virustotal/schema.js';
import { autonomousSystemOf } from '../autonomous-system.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { codeSpan } from '../note-markdown.js';
import { relate } from '../relationships.js';

/**
 * The network of an address as an IPv4-Addr or IPv6-Addr with its CIDR as value, which STIX 2.1 §6.9 and §6.10 and the
 * platform both take. The address is `related-to` it, as no other relationship says it (protocol reference §7.3); the
 * network belongs to its autonomous system.
 */
export const network: Part<IpAddressReport> = ({ report, context }) => {
  if (!context.options.ip.addNetwork || report.network === undefined) return undefined;
  const shown = codeSpan(report.network)?.markdown;
  const prefix = prefixOf(report.network, context.observable.value);
  return {
    objects: prefix === undefined ? [] : networkObjects(prefix, report, context),
    sections: [{ title: 'Network', lines: shown === undefined ? [] : [`- **Prefix:** ${shown}`] }],
  };
};

interface Prefix {
  readonly type: 'ipv4-addr' | 'ipv6-addr';
  readonly cidr: string;
}

function networkObjects(
  { type, cidr }: Prefix,
  report: IpAddressReport,
  context: MappingContext,
): readonly StixObject[] {
  const target = createValueObservable(type, cidr, context);
  const system = context.options.ip.addRelationships ? autonomousSystemOf(report, context) : undefined;
  const belongs =
    system === undefined ? [] : [system, createRelationship('belongs-to', target.id, system.id, context)];
  return [
    ...relate([{ type: 'related-to', target, description: 'Network of the address' }], context),
    ...belongs,
  ];
}

/**
 * The network in its one form, without bits of a host. `undefined` for what is no network around this address, is the
 * address alone, or is everything.
 */
function prefixOf(text: string, address: string): Prefix | undefined {
  const isIpv6 = ipaddr.IPv6.isValid(address);
  if (!(isIpv6 ? ipaddr.IPv6.isValidCIDR(text) : ipaddr.IPv4.isValidCIDRFourPartDecimal(text)))
    return undefined;
  const range = ipaddr.parseCIDR(text);
  const [, bits] = range;
  if (bits === 0 || bits === (isIpv6 ? 128 : 32) || !ipaddr.parse(address).match(range)) return undefined;
  const first = isIpv6 ? ipaddr.IPv6.networkAddressFromCIDR(text) : ipaddr.IPv4.networkAddressFromCIDR(text);
  if (unroutableReason(first) !== undefined) return undefined;
  const written = first instanceof ipaddr.IPv6 ? first.toRFC5952String() : first.toString();
  return { type: isIpv6 ? 'ipv6-addr' : 'ipv4-addr', cidr: `${written}/${bits}` };
}
