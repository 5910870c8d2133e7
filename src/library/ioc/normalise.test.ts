import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IOC_TYPES, type IocType } from './ioc.js';
import { normaliseIoc, recogniseIoc } from './normalise.js';

const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

describe('normaliseIoc', () => {
  it.each<[IocType, string, string]>([
    ['md5', ` ${MD5.toUpperCase()}\n`, `md5 ${MD5}`],
    ['domain', 'Example.COM.', 'domain example.com'],
    ['hostname', 'example.com', 'domain example.com'],
    ['domain', 'www.example.com', 'hostname www.example.com'],
    ['domain', 'example.co.uk', 'domain example.co.uk'],
    ['domain', 'www.example.co.uk', 'hostname www.example.co.uk'],
    ['domain', 'co.uk', 'domain co.uk'],
    ['domain', 'example.com.br', 'domain example.com.br'],
    ['domain', 'com.example.com', 'hostname com.example.com'],
    ['domain', 'bücher.example', 'domain xn--bcher-kva.example'],
    ['domain', 'evil[.]com', 'domain evil.com'],
    ['domain', '_dmarc.example.com', 'hostname _dmarc.example.com'],
    ['ipv4', '198[.]51[.]100[.]3', 'ipv4 198.51.100.3'],
    ['ipv4', '198.51.100.3/32', 'ipv4 198.51.100.3'],
    ['ipv6', '[2001:0DB8:0:0::1]', 'ipv6 2001:db8::1'],
    ['ipv6', '2001:db8::1/128', 'ipv6 2001:db8::1'],
    ['url', 'HTTPS://Example.COM:443/Path?Query=A#F', 'url https://example.com/Path?Query=A#F'],
    ['url', 'example.com/x', 'url http://example.com/x'],
    ['url', 'example.com:8080/x', 'url http://example.com:8080/x'],
    ['url', 'http://bücher.com/ü', 'url http://xn--bcher-kva.com/%C3%BC'],
    ['url', 'hxxp://0x7f.1/', 'url http://127.0.0.1/'],
    ['url', 'http://example.com/?a=1&amp;amp;b=2', 'url http://example.com/?a=1&b=2'],
  ])('%s %j is %s', (type, text, expected) => {
    const { ioc } = normaliseIoc(type, text);
    expect(ioc && `${ioc.type} ${ioc.value}`).toBe(expected);
  });

  it.each<[IocType, string, string]>([
    ['md5', SHA256, 'is not an MD5 hash, which has 32 hexadecimal digits'],
    ['sha256', MD5, 'is not a SHA-256 hash, which has 64 hexadecimal digits'],
    ['ipv4', '010.0.0.1', 'has leading zeros, which some programs read as octal; write it without them'],
    ['ipv4', '10.0.0.0/8', 'is a network, not one address'],
    ['ipv4', '0x7f.1', 'is not an IPv4 address'],
    ['ipv6', '::ffff:198.51.100.3', 'stands for the IPv4 address 198.51.100.3; write that'],
    ['ipv6', 'fe80::1%eth0', 'carries a zone, so it is an address of one machine only'],
    ['ipv6', '2001:db8::/32', 'is a network, not one address'],
    ['domain', '198.51.100.3', 'is an IP address, not a domain name'],
    ['domain', '*.example.com', 'is a wildcard, not one name'],
    ['domain', 'localhost', 'is a single name without a domain'],
    ['domain', 'example.123', 'does not end in a top-level domain'],
    ['domain', 'exa mple.com', 'is not a domain name'],
    ['domain', 'example.com/x', 'is not a domain name'],
    ['domain', `${'a'.repeat(64)}.com`, 'is not a domain name'],
    ['url', 'ftp://example.com/', 'is a ftp URL; only those of http and https can be looked up'],
    ['url', 'http://exa!mple.com/', 'does not point at a host'],
    ['url', `http://example.com/${'ü'.repeat(500)}`, 'is longer than 2048 characters'],
    ['url', 'http://', 'is not a URL'],
    ['url', 'http://www.xn--0.com/', 'is not a URL, as its host is no valid punycode'],
    ['url', 'http://xn--mnchen-3ya.de:99999/', 'is not a URL'],
    ['url', 'http://example.com/[<(.)>]', 'holds what looks defanged in a way that cannot be undone'],
    ['url', ' ', 'is empty'],
  ])('%s %j %s', (type, text, reason) => {
    expect(normaliseIoc(type, text)).toEqual({ reason });
  });

  it.each<[IocType, string, string]>([
    ['ipv4', '10.0.0.1', '"10.0.0.1" is a private address.'],
    ['ipv4', '198.51.100.3', '"198.51.100.3" is in a range for documentation, where nobody is reachable.'],
    ['ipv6', '::1', '"::1" is a loopback address.'],
    ['domain', 'nas.local', '"nas.local" ends in .local, which the public DNS does not serve.'],
    ['domain', 'evil.bit', '"evil.bit" ends in .bit, which is not a known top-level domain.'],
    ['url', 'http://10.0.0.1/x', '"http://10.0.0.1/x" points at 10.0.0.1, which is a private address.'],
  ])('keeps %s %s and says why it is no use to ask for it', (type, text, caveat) => {
    expect(normaliseIoc(type, text)).toEqual({ ioc: { type, value: text }, caveat });
  });

  it('says nothing about what can be looked up', () => {
    expect(normaliseIoc('domain', 'example.com')).toEqual({ ioc: { type: 'domain', value: 'example.com' } });
  });

  it('gives a value that normalises to itself, whatever the text, and never throws', () => {
    const piece = fc.constantFrom(
      ...[
        'http://',
        'hxxp://',
        '[.]',
        '(dot)',
        '.',
        '/',
        ':',
        '@',
        '[',
        ']',
        '(',
        ')',
        '{',
        '}',
        '<',
        '>',
        '\\',
        '%',
      ],
      ...[
        '2e',
        'a',
        'evil',
        'com',
        'xn--',
        'ü',
        '。',
        '1',
        '10',
        '0x7f',
        '::',
        'ffff',
        '#',
        '?',
        '&amp;',
        ' ',
        '\u200b',
        '\ud800',
      ],
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
      fc.webUrl(),
      fc.domain(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...IOC_TYPES), text, (type, written) => {
        const { ioc } = normaliseIoc(type, written);
        if (ioc !== undefined) expect(normaliseIoc(ioc.type, ioc.value).ioc).toEqual(ioc);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('recogniseIoc', () => {
  it.each([
    [MD5, 'md5'],
    [SHA256.toUpperCase(), 'sha256'],
    ['198.51.100.3', 'ipv4'],
    ['[2001:db8::1]', 'ipv6'],
    ['hxxp://evil[.]com/', 'url'],
    ['evil.com/x', 'url'],
    ['evil.com:8080', 'url'],
    ['evil[.]com', 'domain'],
    ['www.evil.com', 'hostname'],
  ])('takes %s for a %s', (text, type) => {
    expect(recogniseIoc(text).ioc?.type).toBe(type);
  });

  it.each(['', 'evil', '198.51.100', 'a b', '::ffff:198.51.100.3', 'z'.repeat(32)])(
    'takes %j for none',
    (text) => {
      expect(recogniseIoc(text).ioc).toBeUndefined();
    },
  );
});
