import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText, NetworkSet, parseAddress, parseNetwork, type Network } from './network-set.js';

function networks(...texts: string[]): NetworkSet {
  return new NetworkSet(texts.map((text): Network => parseNetwork(text)!));
}

function has(set: NetworkSet, address: string): boolean {
  return set.has(parseAddress(address)!);
}

describe('NetworkSet', () => {
  it('holds the addresses of its networks, first and last among them, and no neighbour', () => {
    const set = networks('10.0.0.0/8', '192.0.2.16/28', '2001:db8::/33', '8.8.8.8');
    for (const inside of [
      '10.0.0.0',
      '10.255.255.255',
      '192.0.2.16',
      '192.0.2.31',
      '8.8.8.8',
      '2001:db8::1',
    ]) {
      expect(has(set, inside), inside).toBe(true);
    }
    for (const outside of [
      '9.255.255.255',
      '11.0.0.0',
      '192.0.2.15',
      '192.0.2.32',
      '8.8.8.9',
      '2001:db8:8000::',
    ]) {
      expect(has(set, outside), outside).toBe(false);
    }
  });

  it('takes an IPv4-mapped address for the IPv4 address, in networks as well', () => {
    expect(has(networks('10.0.0.0/8'), '::ffff:10.1.2.3')).toBe(true);
    expect(has(networks('::ffff:10.0.0.0/104'), '10.1.2.3')).toBe(true);
    expect(has(networks('::ffff:10.0.0.0/104'), '11.1.2.3')).toBe(false);
  });

  it('does not mind the bits behind the prefix', () => {
    expect(has(networks('10.9.9.9/8'), '10.0.0.1')).toBe(true);
  });

  it('keeps the families apart', () => {
    expect(has(networks('0.0.0.0/0'), '2001:db8::1')).toBe(false);
    expect(has(networks('::/0'), '8.8.8.8')).toBe(false);
    expect(has(networks('0.0.0.0/0'), '8.8.8.8')).toBe(true);
  });

  it('holds an address exactly when its first bits are those of the network', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    const bits = (address: readonly number[]): string =>
      address.map((octet) => octet.toString(2).padStart(8, '0')).join('');
    fc.assert(
      fc.property(octets, octets, fc.nat(32), (network, address, prefixBits) => {
        const expected = bits(network).slice(0, prefixBits) === bits(address).slice(0, prefixBits);
        expect(has(networks(`${network.join('.')}/${prefixBits}`), address.join('.'))).toBe(expected);
      }),
    );
  });
});

describe('parseNetwork', () => {
  it.each([
    '10.0.0.0/33',
    '2001:db8::/129',
    '::ffff:10.0.0.0/95',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '010.0.0.1',
    '0x7f.1',
    'fe80::1%eth0',
    'example.com',
    '',
    '/8',
  ])('does not take %j for a network', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it('reads an address alone as a network of one', () => {
    expect(parseNetwork('192.0.2.7')?.prefixBits).toBe(32);
    expect(parseNetwork('::ffff:192.0.2.7')?.prefixBits).toBe(32);
    expect(parseNetwork('2001:db8::7')?.prefixBits).toBe(128);
  });
});

it('writes an address in one form', () => {
  expect(addressText(parseAddress('2001:DB8:0:0:0:0:0:1')!)).toBe('2001:db8::1');
  expect(addressText(parseAddress('::ffff:c000:0207')!)).toBe('192.0.2.7');
});
