import { describe, expect, it } from 'vitest';
import { parseExclusion } from './exclusion-entry.js';

describe('parseExclusion', () => {
  it.each([
    ['d41d8cd98f00b204e9800998ecf8427e', 'hash'],
    ['DA39A3EE5E6B4B0D3255BFEF95601890AFD80709', 'hash'],
    ['275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f', 'hash'],
    ['192.0.2.7', 'network'],
    ['10.0.0.0/8', 'network'],
    ['2001:db8::/32', 'network'],
    ['::ffff:10.0.0.0/104', 'network'],
    ['example.com', 'name'],
    ['EXAMPLE.com.', 'name'],
    ['*.gov', 'name'],
    ['_dmarc.bücher.example', 'name'],
    ['https://intranet.example.com', 'url'],
    ['http://10.0.0.1:8080/x', 'url'],
    ['http://[2001:db8::1]/', 'url'],
  ])('reads %s as a %s', (text, kind) => {
    expect(parseExclusion(text)).toMatchObject({ kind });
  });

  it('reads a name as itself and all below it, with a wildcard only as those below it', () => {
    expect(parseExclusion('Bücher.example.')).toEqual({
      kind: 'name',
      name: 'xn--bcher-kva.example',
      itself: true,
    });
    expect(parseExclusion('*.Example.com')).toEqual({ kind: 'name', name: 'example.com', itself: false });
  });

  it.each([
    ['10.0.0.0/33', 'is not a network', /10\.0\.0\.0\/8/],
    ['10.0.0/8', 'is not a network', /10\.0\.0\.0\/8/],
    ['2001:db8::/129', 'is not a network', /2001:db8::\/32/],
    ['10.0.0.0/255.0.0.0', 'is not a network', /10\.0\.0\.0\/8/],
    ['fe80::1%eth0', 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['10.0.0.1-10.0.0.9', 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['10.0.*', 'has a wildcard elsewhere than in the place of the first label', /\*\.example\.com/],
    ['*example.com', 'has a wildcard elsewhere than in the place of the first label', /\*\.example\.com/],
    ['*', 'has a wildcard elsewhere than in the place of the first label', /\*\.example\.com/],
    ['.example.com', 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['*.', 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['exa mple.com', 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['example.com:8080', 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['ab'.repeat(64), 'is no address, network, domain name, URL or file hash', /^Write addresses/],
    ['intranet', 'is a single name, neither a domain nor a whole hash', /\*\.intranet/],
    ['d41d8cd98f00b204e9800998ecf8427', 'is a single name, neither a domain nor a whole hash', /\*\.d41/],
    ['intranet.example.com/x', 'has no scheme', /https:\/\//],
    ['face/x', 'has no scheme', /https:\/\//],
    ['ftp://example.com/', 'is not an http or https URL', /https:\/\//],
    ['https://me:secret@example.com/', 'holds a user name or a password', /without them/],
    ['https://example.com/#part', 'has a fragment', /from # on/],
    ['https://*.example.com/x', 'is not the beginning of a URL with a whole host', /\*\.example\.com/],
    ['https://', 'is not the beginning of a URL with a whole host', /intranet\.example\.com/],
  ])('refuses %s: it %s', (text, problem, remedy) => {
    const parsed = parseExclusion(text);
    expect(parsed).toMatchObject({ problem });
    expect('remedy' in parsed && parsed.remedy).toMatch(remedy);
  });
});
