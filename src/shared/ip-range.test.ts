import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { unroutableReason } from './ip-range.js';

describe('unroutableReason', () => {
  it.each(['1.2.3.4', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2002:808:808::1'])(
    'has nothing against %s',
    (address) => {
      expect(unroutableReason(ipaddr.parse(address))).toBeUndefined();
    },
  );

  it.each([
    ['0.0.0.0', 'is an address of "this network" (RFC 1122), not of a machine'],
    ['10.1.2.3', 'is a private address'],
    ['100.64.0.1', 'is a shared address of a carrier (RFC 6598)'],
    ['127.0.0.1', 'is a loopback address'],
    ['169.254.1.1', 'is a link-local address'],
    ['192.168.0.1', 'is a private address'],
    ['198.51.100.1', 'is in a range for documentation, where nobody is reachable'],
    ['224.0.0.251', 'is a multicast address'],
    ['255.255.255.255', 'is the broadcast address'],
    ['::', 'is an address of "this network" (RFC 1122), not of a machine'],
    ['::1', 'is a loopback address'],
    ['::ffff:8.8.8.8', 'only stands for an IPv4 address'],
    ['::808:808', 'is in a reserved range'],
    ['64:ff9b::808:808', 'only stands for an IPv4 address (NAT64)'],
    ['2001:db8::1', 'is in a range for documentation, where nobody is reachable'],
    ['4000::1', 'is in a reserved range'],
    ['fc00::1', 'is a private address (unique local)'],
    ['fe80::1', 'is a link-local address'],
  ])('says why nobody can reach %s', (address, reason) => {
    expect(unroutableReason(ipaddr.parse(address))).toBe(reason);
  });
});
