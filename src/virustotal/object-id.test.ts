import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { objectPath, parseHash, urlLookUpId, vtObject, type LookUpType } from './object-id.js';

const md5 = '44d88612fea8a8f36de82e1278abb02f';
const sha1 = '3395856ce81f2b7382dee72602f798b642f14140';
const sha256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

describe('vtObject for files', () => {
  it('takes the strongest hash', () => {
    expect(vtObject('StixFile', { MD5: md5, 'SHA-1': sha1, 'SHA-256': sha256 })).toEqual({
      object: { kind: 'file', hash: sha256 },
    });
    expect(vtObject('Artifact', { MD5: md5, 'SHA-1': sha1 })).toEqual({
      object: { kind: 'file', hash: sha1 },
    });
  });

  it('accepts any spelling of the names and upper-case values', () => {
    expect(vtObject('StixFile', { sha_256: ` ${sha256.toUpperCase()} `, md5 })).toEqual({
      object: { kind: 'file', hash: sha256 },
    });
  });

  it('falls back to a weaker hash when the stronger one is malformed', () => {
    expect(vtObject('StixFile', { 'SHA-256': md5, 'SHA-1': 'nonsense', MD5: md5, 'SHA-512': 7 })).toEqual({
      object: { kind: 'file', hash: md5 },
    });
  });

  it('takes a bare hash', () => {
    expect(vtObject('StixFile', sha1)).toEqual({ object: { kind: 'file', hash: sha1 } });
  });

  it('says what is wrong when no hash can be asked for', () => {
    expect(vtObject('StixFile', { 'SHA-512': 'ab'.repeat(64), SSDEEP: '3:a:b' })).toEqual({
      invalid: 'This file has no well-formed MD5, SHA-1 or SHA-256 hash, by which VirusTotal knows files.',
    });
    expect(vtObject('StixFile', 'xyz')).toEqual({ invalid: '"xyz" is not an MD5, SHA-1 or SHA-256 hash.' });
  });
});

describe('parseHash', () => {
  it.each(['', 'abc', `${md5}0`, `${sha256}g`, `0x${md5}`, 'g'.repeat(32)])('refuses %j', (text) => {
    expect(parseHash(text)).toBeUndefined();
  });
});

describe('vtObject for addresses', () => {
  it.each([
    ['8.8.8.8', '8.8.8.8'],
    [' 1.1.1.1\n', '1.1.1.1'],
    ['172.32.0.1', '172.32.0.1'],
    ['100.128.0.1', '100.128.0.1'],
    ['192.175.48.1', '192.175.48.1'],
    ['\u200B1.1.\uFEFF1.1\u2060', '1.1.1.1'],
  ])('asks for the routed IPv4 address %j', (text, address) => {
    expect(vtObject('IPv4-Addr', text)).toEqual({ object: { kind: 'ip_address', address } });
  });

  it.each([
    ['2A00:1450:4009:080A:0:0:0:2001', '2a00:1450:4009:80a::2001'],
    ['2606:4700:4700::1111', '2606:4700:4700::1111'],
    ['2002:808:808::1', '2002:808:808::1'],
    [' 2606:4700:\u200B0:0::1111\u200B', '2606:4700::1111'],
  ])('asks for the routed IPv6 address %j in its canonical form', (text, address) => {
    expect(vtObject('IPv6-Addr', text)).toEqual({ object: { kind: 'ip_address', address } });
  });

  it.each([
    ['10.1.2.3', '"10.1.2.3" is a private address.'],
    ['172.16.0.1', '"172.16.0.1" is a private address.'],
    ['192.168.0.1', '"192.168.0.1" is a private address.'],
    ['127.0.0.1', '"127.0.0.1" is a loopback address.'],
    ['169.254.1.1', '"169.254.1.1" is a link-local address.'],
    ['100.64.0.1', '"100.64.0.1" is a shared address of a carrier (RFC 6598).'],
    ['224.0.0.251', '"224.0.0.251" is a multicast address.'],
    ['239.255.255.250', '"239.255.255.250" is a multicast address.'],
    ['255.255.255.255', '"255.255.255.255" is the broadcast address.'],
    ['0.0.0.0', '"0.0.0.0" is an address of "this network" (RFC 1122), not of a machine.'],
    ['240.0.0.1', '"240.0.0.1" is in a reserved range.'],
    ['198.18.0.1', '"198.18.0.1" is in a reserved range.'],
    ['192.0.2.1', '"192.0.2.1" is in a range for documentation, where nobody is reachable.'],
    ['198.51.100.1', '"198.51.100.1" is in a range for documentation, where nobody is reachable.'],
    ['203.0.113.1', '"203.0.113.1" is in a range for documentation, where nobody is reachable.'],
    ['66.0.543.66', '"66.0.543.66" is not an IPv4 address.'],
    ['010.8.8.8', '"010.8.8.8" is not an IPv4 address.'],
    ['0x8.8.8.8', '"0x8.8.8.8" is not an IPv4 address.'],
    ['8.8', '"8.8" is not an IPv4 address.'],
    ['134744072', '"134744072" is not an IPv4 address.'],
    ['8.8.8.0/24', '"8.8.8.0/24" is a network, not one address.'],
    ['8.8.8[.]8', '"8.8.8[.]8" is defanged; write it as it is.'],
    ['2606:4700::1', '"2606:4700::1" is not an IPv4 address.'],
    ['', 'This IPv4-Addr has an empty value.'],
  ])('refuses the IPv4 value %j with a reason', (text, sentence) => {
    expect(vtObject('IPv4-Addr', text)).toEqual({ invalid: sentence });
  });

  it.each([
    ['::', '"::" is an address of "this network" (RFC 1122), not of a machine.'],
    ['::1', '"::1" is a loopback address.'],
    ['fe80::1', '"fe80::1" is a link-local address.'],
    ['fe80::1%eth0', '"fe80::1%eth0" carries a zone, so it is an address of one machine only.'],
    ['fd00::1', '"fd00::1" is a private address (unique local).'],
    ['ff02::1', '"ff02::1" is a multicast address.'],
    ['2001:db8::1', '"2001:db8::1" is in a range for documentation, where nobody is reachable.'],
    ['3fff::1', '"3fff::1" is in a range for documentation, where nobody is reachable.'],
    ['::ffff:8.8.8.8', '"::ffff:8.8.8.8" stands for the IPv4 address 8.8.8.8; ask for that.'],
    ['64:ff9b::808:808', '"64:ff9b::808:808" only stands for an IPv4 address (NAT64).'],
    ['::8.8.8.8', '"::8.8.8.8" stands for the IPv4 address 8.8.8.8; ask for that.'],
    ['4000::1', '"4000::1" is in a reserved range.'],
    ['2606:4700::/32', '"2606:4700::/32" is a network, not one address.'],
    ['2606:4700', '"2606:4700" is not an IPv6 address.'],
    ['8.8.8.8', '"8.8.8.8" is not an IPv6 address.'],
  ])('refuses the IPv6 value %j with a reason', (text, sentence) => {
    expect(vtObject('IPv6-Addr', text)).toEqual({ invalid: sentence });
  });
});

describe('vtObject for domain names and host names', () => {
  it.each([
    ['Example.COM.', 'example.com'],
    ['files.api.example.com', 'files.api.example.com'],
    ['bücher.example.com', 'xn--bcher-kva.example.com'],
    ['xn--bcher-kva.example.com', 'xn--bcher-kva.example.com'],
    ['例え.xn--p1ai', 'xn--r8jz45g.xn--p1ai'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['my_host-1.example.com', 'my_host-1.example.com'],
    ['1.2.3.4.example.com', '1.2.3.4.example.com'],
    ['foo-.example.com', 'foo-.example.com'],
    ['-foo.example.com', '-foo.example.com'],
    ['xn--a.com', 'xn--a.com'],
    ['ABCdef234567.onion', 'abcdef234567.onion'],
    ['\u200B Exa\u200Bmple.\u00ADcom.\uFEFF', 'example.com'],
    [`${'a'.repeat(63)}.example.com`, `${'a'.repeat(63)}.example.com`],
  ])('asks for %j', (text, name) => {
    expect(vtObject('Domain-Name', text)).toEqual({ object: { kind: 'domain', name } });
    expect(vtObject('Hostname', text)).toEqual({ object: { kind: 'domain', name } });
  });

  it.each([
    ['localhost', '"localhost" is a single name without a domain, known inside one network only.'],
    ['com', '"com" is a single name without a domain, known inside one network only.'],
    ['printer.local', '"printer.local" ends in .local, which the public DNS does not serve.'],
    ['db.INTERNAL.', '"db.INTERNAL." ends in .internal, which the public DNS does not serve.'],
    ['host.test', '"host.test" ends in .test, which the public DNS does not serve.'],
    ['host.example', '"host.example" ends in .example, which the public DNS does not serve.'],
    ['4.3.2.1.in-addr.arpa', '"4.3.2.1.in-addr.arpa" ends in .arpa, which the public DNS does not serve.'],
    ['8.8.8.8', '"8.8.8.8" is an IP address, not a domain name.'],
    ['2606:4700::1', '"2606:4700::1" is an IP address, not a domain name.'],
    ['*.example.com', '"*.example.com" is a wildcard, not one name.'],
    ['example..com', '"example..com" is not a domain name.'],
    ['exa mple.com', '"exa mple.com" is not a domain name.'],
    ['http://example.com', '"http://example.com" is not a domain name.'],
    ['example.com:80', '"example.com:80" is not a domain name.'],
    ['a/../b.example.com', '"a/../b.example.com" is not a domain name.'],
    ['example.123', '"example.123" does not end in a top-level domain.'],
    ['example.com_', '"example.com_" does not end in a top-level domain.'],
    ['0x7f.1', '"0x7f.1" does not end in a top-level domain.'],
    ['example[.]com', '"example[.]com" is defanged; write it as it is.'],
    [`${'a'.repeat(64)}.com`, `"${'a'.repeat(64)}.com" is not a domain name.`],
    [`${'a.'.repeat(130)}com`, `"${'a.'.repeat(50)}…" is not a domain name.`],
  ])('refuses %j with a reason', (text, sentence) => {
    expect(vtObject('Domain-Name', text)).toEqual({ invalid: sentence });
  });
});

describe('vtObject for URLs', () => {
  it.each([
    'https://example.com/?q=a>b?c~~',
    'http://Example.com',
    'http://8.8.8.8:46088/i',
    'http://[2606:4700:4700::1111]/',
    'http://user:secret@example.com/#part',
    'http://-odd_host.example.com/',
    'http://bücher.example.com/ö',
    'example.com/path',
    'example.com:8080/path',
    'HTTPS://example.com/',
    'http://foo-.example.com/',
    'http://xn--a.com/path?q=xn--a',
    'http://user@XN--A.com:8080/',
    'http://abcdef234567.onion/',
    'http://example.com./',
    'http://example.com/a\u200Bb',
    `http://example.com/${'a'.repeat(4481)}`,
  ])('asks for %j as it is given', (url) => {
    expect(vtObject('Url', ` \u200B${url}\uFEFF\n`)).toEqual({ object: { kind: 'url', url } });
  });

  it.each([
    ['ftp://example.com/', '"ftp://example.com/" is not an http or https URL.'],
    ['mailto:a@example.com', '"mailto:a@example.com" is not an http or https URL.'],
    ['javascript:alert(1)', '"javascript:alert(1)" is not an http or https URL.'],
    ['http://', '"http://" is not a URL.'],
    ['http://exa mple.com/', '"http://exa mple.com/" is not a URL.'],
    ['http://10.0.0.1/a', '"http://10.0.0.1/a" points at 10.0.0.1, which is a private address.'],
    ['http://0x7f.1/', '"http://0x7f.1/" points at 127.0.0.1, which is a loopback address.'],
    ['http://[::1]/', '"http://[::1]/" points at [::1], which is a loopback address.'],
    [
      'http://192.0.2.1/',
      '"http://192.0.2.1/" points at 192.0.2.1, which is in a range for documentation, where nobody is reachable.',
    ],
    [
      'http://localhost:3000/',
      '"http://localhost:3000/" points at localhost, which is a single name without a domain, known inside one network only.',
    ],
    [
      'https://wiki.corp/',
      '"https://wiki.corp/" points at wiki.corp, which ends in .corp, which the public DNS does not serve.',
    ],
    ['hxxp://example.com/', '"hxxp://example.com/" is defanged; write it as it is.'],
    ['http://example[.]com/', '"http://example[.]com/" is defanged; write it as it is.'],
    [
      `http://example.com/${'a'.repeat(4482)}`,
      `"http://example.com/${'a'.repeat(81)}…" is too long for a look-up: more than 4500 bytes.`,
    ],
    [
      `http://example.com/${'ä'.repeat(2241)}`,
      `"http://example.com/${'ä'.repeat(81)}…" is too long for a look-up: more than 4500 bytes.`,
    ],
    ['http://exa!mple.com/', '"http://exa!mple.com/" points at exa!mple.com, which is not a domain name.'],
    [
      'http://*.example.com/',
      '"http://*.example.com/" points at *.example.com, which is a wildcard, not one name.',
    ],
    [
      'http://a..example.com/',
      '"http://a..example.com/" points at a..example.com, which is not a domain name.',
    ],
    [
      'http://xn--a.local/',
      '"http://xn--a.local/" points at xn--a.local, which ends in .local, which the public DNS does not serve.',
    ],
  ])('refuses %j with a reason', (text, sentence) => {
    expect(vtObject('Url', text)).toEqual({ invalid: sentence });
  });
});

describe('vtObject for the host of a URL', () => {
  it.each(['foo-.example.com', 'xn--a.com', 'a_b.example.com', 'abc.onion', 'Example.COM.'])(
    'takes %j as it takes the domain name',
    (name) => {
      expect(vtObject('Domain-Name', name)).toHaveProperty('object');
      expect(vtObject('Url', `https://${name}/`)).toHaveProperty('object');
    },
  );

  it.each([
    'localhost',
    'host.test',
    'exa!mple.com',
    'a..example.com',
    'example.com_',
    `${'a'.repeat(64)}.com`,
  ])('refuses %j as it refuses the domain name', (name) => {
    expect(vtObject('Domain-Name', name)).toHaveProperty('invalid');
    expect(vtObject('Url', `https://${name}/`)).toHaveProperty('invalid');
  });
});

describe('objectPath', () => {
  it('has one collection for each kind', () => {
    expect(objectPath({ kind: 'file', hash: md5 })).toBe(`/files/${md5}`);
    expect(objectPath({ kind: 'ip_address', address: '2606:4700::1111' })).toBe(
      '/ip_addresses/2606:4700::1111',
    );
    expect(objectPath({ kind: 'domain', name: 'example.com' })).toBe('/domains/example.com');
    expect(objectPath({ kind: 'url', url: 'https://example.com/?q=a>b?c~~' })).toBe(
      '/urls/aHR0cHM6Ly9leGFtcGxlLmNvbS8_cT1hPmI_Y35-',
    );
  });

  it('encodes URLs without padding, in UTF-8', () => {
    expect(urlLookUpId('http://www.google.com/')).toBe('aHR0cDovL3d3dy5nb29nbGUuY29tLw');
    expect(urlLookUpId('http://example.com/ö')).toBe('aHR0cDovL2V4YW1wbGUuY29tL8O2');
  });
});

describe('vtObject with hostile values', () => {
  const types = fc.constantFrom<LookUpType>(
    'StixFile',
    'IPv4-Addr',
    'IPv6-Addr',
    'Domain-Name',
    'Hostname',
    'Url',
  );
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom('.', '/', ':', '[', ']', 'http://', '%', '@', '..', 'com', '10', '\uD800', '\0'),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 12 },
  );

  it('never throws, and gives either a path of two segments or one sentence in one line', () => {
    fc.assert(
      fc.property(types, pieces, (type, parts) => {
        const result = vtObject(type, parts.join(''));
        if ('object' in result) expect(objectPath(result.object)).toMatch(/^\/[a-z_]+\/[\w.~:%-]+$/);
        else expect(result.invalid).toMatch(/^[^\n\r\0]{5,400}\.$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads a million blanks in linear time', () => {
    expect(vtObject('Url', `a${' '.repeat(1_000_000)}b`)).toEqual({
      invalid: '"a " is too long for a look-up: more than 4500 bytes.',
    });
  });

  it('never throws over hashes of any shape', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (hashes) => {
        expect(vtObject('StixFile', hashes)).toHaveProperty('invalid');
      }),
    );
  });
});
