import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../shared/connector-error.js';
import { vtObject, type LookUpType } from '../virustotal/object-id.js';
import type { VtObject } from '../virustotal/schema.js';
import { compileExclusions } from './exclusions.js';

const eicar = {
  MD5: '44d88612fea8a8f36de82e1278abb02f',
  'SHA-1': '3395856ce81f2b7382dee72602f798b642f14140',
  'SHA-256': '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
};

function objectOf(type: LookUpType, value: string): VtObject {
  const answer = vtObject(type, value);
  if ('invalid' in answer) throw new Error(answer.invalid);
  return answer.object;
}

function excludes(entries: readonly string[], type: LookUpType, value: string): boolean {
  return compileExclusions(entries).excludes(objectOf(type, value));
}

describe('an excluded name', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'intranet.EXAMPLE.com.', true],
    ['example.com', 'a.b.c.example.com', true],
    ['Example.COM.', 'example.com', true],
    ['example.com', 'notexample.com', false],
    ['example.com', 'example.com.au', false],
    ['example.com', 'example.org', false],
    ['*.example.com', 'intranet.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'notexample.com', false],
    ['*.gov', 'agency.gov', true],
    ['bücher.de', 'www.xn--bcher-kva.de', true],
    ['xn--bcher-kva.de', 'BÜCHER.de', true],
    ['a.example.com', 'example.com', false],
  ])('%s and %s: %s', (entry, name, expected) => {
    expect(excludes([entry], 'Domain-Name', name)).toBe(expected);
    expect(excludes([entry], 'Hostname', name)).toBe(expected);
    expect(excludes([entry], 'Url', `https://me@${name}:8443/x`)).toBe(expected);
  });

  it('and its wildcard do not weaken each other', () => {
    for (const entries of [
      ['example.com', '*.example.com'],
      ['*.example.com', 'example.com'],
    ]) {
      expect(excludes(entries, 'Domain-Name', 'example.com')).toBe(true);
      expect(excludes(entries, 'Domain-Name', 'www.example.com')).toBe(true);
    }
  });
});

describe('an excluded address or network', () => {
  it.each([
    ['8.8.8.8', 'IPv4-Addr', '8.8.8.8', true],
    ['8.8.8.8', 'IPv4-Addr', '8.8.4.4', false],
    ['8.8.0.0/16', 'IPv4-Addr', '8.8.4.4', true],
    ['8.8.0.0/16', 'IPv4-Addr', '8.9.0.1', false],
    ['::ffff:8.8.0.0/112', 'IPv4-Addr', '8.8.4.4', true],
    ['2606:4700::/32', 'IPv6-Addr', '2606:4700::1111', true],
    ['2606:4700::/32', 'IPv6-Addr', '2606:4701::1111', false],
    ['2606:4700:0:0::1111', 'IPv6-Addr', '2606:4700::1111', true],
    ['8.8.8.8', 'Url', 'http://8.8.8.8/x', true],
    ['8.8.8.8', 'Url', 'http://0x08080808/x', true],
    ['8.8.8.8', 'Url', 'http://8.8.8.80/x', false],
    ['2606:4700::/32', 'Url', 'http://[2606:4700::1111]:8080/', true],
    ['2606:4700::/32', 'Url', 'http://[2606:4701::1111]/', false],
  ] as const)('%s and the %s %s: %s', (entry, type, value, expected) => {
    expect(excludes([entry], type, value)).toBe(expected);
  });
});

describe('an excluded IPv4 address', () => {
  it.each([
    ['93.184.216.34', '2002:5db8:d822::1', true],
    ['93.184.216.0/24', '2002:5db8:d822:1:2:3:4:5', true],
    ['93.184.216.34', '64:ff9b::5db8:d822', true],
    ['93.184.216.34', '64:ff9b::93.184.216.34', true],
    ['93.184.216.34', '2002:5db8:d823::1', false],
    ['93.184.216.34', '64:ff9b::5db8:d823', false],
    ['93.184.216.34', '64:ff9b:1::5db8:d822', false],
    ['93.184.216.34', '2001:5db8:d822::1', false],
    ['2002::/16', '2002:5db8:d822::1', true],
    ['http://93.184.216.34/x', '2002:5db8:d822::1', false],
  ])('%s and the IPv6 address %s that leads to it: %s', (entry, address, expected) => {
    expect(compileExclusions([entry]).excludes({ kind: 'ip_address', address })).toBe(expected);
    expect(compileExclusions([entry]).excludes({ kind: 'url', url: `http://[${address}]:8080/` })).toBe(
      expected,
    );
  });

  it('is excluded in a URL that names it so, with what is behind it', () => {
    const exclusions = compileExclusions(['http://93.184.216.34:8080/x']);
    const excludes = (url: string): boolean => exclusions.excludes({ kind: 'url', url });
    expect(excludes('http://[2002:5db8:d822::1]:8080/x/y')).toBe(true);
    expect(excludes('http://[64:ff9b::5db8:d822]:8080/x')).toBe(true);
    expect(excludes('http://[64:ff9b::5db8:d822]:8080/y')).toBe(false);
    expect(excludes('http://[64:ff9b::5db8:d822]/x')).toBe(false);
  });
});

describe('an excluded name with letters that IDNA2003 and IDNA2008 read differently', () => {
  it.each([
    ['straße.example.com', 'strasse.example.com'],
    ['straße.example.com', 'xn--strae-oqa.example.com'],
    ['strasse.example.com', 'STRAẞE.example.com'],
    ['xn--strae-oqa.example.com', 'strasse.example.com'],
    ['βόλος.example.com', 'βόλοσ.example.com'],
  ])('%s and %s', (entry, name) => {
    expect(excludes([entry], 'Domain-Name', name)).toBe(true);
    expect(excludes([entry], 'Url', `https://${name}/x`)).toBe(true);
    expect(excludes([`https://${entry}/x`], 'Url', `https://${name}/x`)).toBe(true);
  });
});

describe('an excluded URL', () => {
  it.each([
    ['https://intranet.example.com/x', 'https://intranet.example.com/x', true],
    ['https://intranet.example.com/x', 'https://intranet.example.com/x/y?z=1', true],
    ['https://intranet.example.com/x', 'HTTP://me@Intranet.Example.com./a/../%78y', true],
    ['https://intranet.example.com/x', 'intranet.example.com/x', true],
    ['https://intranet.example.com/x', 'https://intranet.example.com/', false],
    ['https://intranet.example.com/x', 'https://intranet.example.com/X', false],
    ['https://intranet.example.com/x', 'https://intranet.example.com:8443/x', false],
    ['https://intranet.example.com/x', 'https://www.intranet.example.com/x', false],
    ['https://intranet.example.com/x', 'https://example.com/?u=https://intranet.example.com/x', false],
    ['https://intranet.example.com', 'https://intranet.example.com/x', true],
    ['https://intranet.example.com', 'https://intranet.example.com.evil.net/x', false],
    ['https://intranet.example.com:8443/', 'https://intranet.example.com:8443/x', true],
    ['https://example.com/a%2Cb', 'https://example.com/a,b', true],
    ['http://8.8.8.8/x', 'http://0x08080808/x', true],
    ['https://www.example.org/secret', 'http://www.example.org:443/secret', true],
    ['https://www.example.org/secret', 'www.example.org:443/secret', true],
    ['http://www.example.org:443/secret', 'https://www.example.org/secret', true],
    ['https://www.example.org/secret', 'https://www.example.org//secret', true],
    ['https://www.example.org//secret/x', 'https://www.example.org/secret//x', true],
  ])('%s and %s: %s', (entry, url, expected) => {
    expect(excludes([entry], 'Url', url)).toBe(expected);
  });

  it('does not exclude the name of its host', () => {
    expect(excludes(['https://intranet.example.com/x'], 'Domain-Name', 'intranet.example.com')).toBe(false);
  });

  it('may share its host with others', () => {
    const entries = ['https://example.com/a', 'https://example.com/b'];
    expect(excludes(entries, 'Url', 'https://example.com/a')).toBe(true);
    expect(excludes(entries, 'Url', 'https://example.com/b')).toBe(true);
    expect(excludes(entries, 'Url', 'https://example.com/c')).toBe(false);
  });
});

describe('an excluded hash', () => {
  it.each(Object.entries(eicar))(
    'excludes the file by its %s, whichever hash is asked for',
    (_name, hash) => {
      const exclusions = compileExclusions([hash.toUpperCase()]);
      expect(exclusions.excludes({ kind: 'file', hash })).toBe(true);
      expect(exclusions.excludes({ kind: 'file', hash: eicar['SHA-256'] }, eicar)).toBe(true);
      expect(exclusions.excludes({ kind: 'file', hash: '0'.repeat(64) }, { MD5: '0'.repeat(32) })).toBe(
        false,
      );
    },
  );
});

describe('compileExclusions', () => {
  it('excludes nothing without entries', () => {
    expect(excludes([], 'Domain-Name', 'example.com')).toBe(false);
    expect(excludes([], 'Url', 'https://example.com/')).toBe(false);
    expect(excludes([], 'IPv4-Addr', '8.8.8.8')).toBe(false);
    expect(excludes([], 'StixFile', eicar.MD5)).toBe(false);
  });

  it('refuses a bad entry as a fault of the configuration', () => {
    const compile = (): unknown => compileExclusions(['example.com', '10.0.0.0/33']);
    expect(compile).toThrow(ConnectorError);
    expect(compile).toThrow(
      'VIRUSTOTAL_EXCLUDE has "10.0.0.0/33", which is not a network. Write a network as 10.0.0.0/8 or 2001:db8::/32.',
    );
  });
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const topLevelDomain = fc.constantFrom('com', 'net', 'de', 'xn--p1ai');
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), topLevelDomain)
  .map(([labels, last]) => [...labels, last].join('.'));
const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));

describe('whatever is excluded', () => {
  it('a name below an excluded one is excluded, alone and in a URL', () => {
    fc.assert(
      fc.property(domain, fc.array(label, { maxLength: 3 }), fc.array(domain), (parent, labels, others) => {
        const exclusions = compileExclusions([...others, parent]);
        const name = [...labels, parent].join('.');
        expect(exclusions.excludes({ kind: 'domain', name })).toBe(true);
        expect(exclusions.excludes({ kind: 'url', url: `http://${name}/x` })).toBe(true);
      }),
    );
  });

  it('no name is excluded but those that are listed and those below them', () => {
    const entry = fc.tuple(domain, fc.boolean());
    fc.assert(
      fc.property(fc.array(entry), domain, (entries, name) => {
        const expected = entries.some(
          ([excluded, below]) => name.endsWith(`.${excluded}`) || (!below && name === excluded),
        );
        const exclusions = compileExclusions(
          entries.map(([excluded, below]) => (below ? `*.${excluded}` : excluded)),
        );
        expect(exclusions.excludes({ kind: 'domain', name })).toBe(expected);
        expect(exclusions.excludes({ kind: 'url', url: `https://${name}/` })).toBe(expected);
      }),
    );
  });

  it('no address is excluded by another one', () => {
    fc.assert(
      fc.property(fc.array(octets), octets, (excluded, address) => {
        const listed = excluded.map((one) => one.join('.'));
        const exclusions = compileExclusions(listed);
        const text = address.join('.');
        expect(exclusions.excludes({ kind: 'ip_address', address: text })).toBe(listed.includes(text));
      }),
    );
  });

  it('an entry of one kind excludes nothing of another, but for the hosts of URLs', () => {
    const values: readonly (readonly [string, VtObject])[] = [
      ['example.com', { kind: 'domain', name: 'example.com' }],
      ['8.8.8.8', { kind: 'ip_address', address: '8.8.8.8' }],
      ['https://other.net/x', { kind: 'url', url: 'https://other.net/x' }],
      [eicar.MD5, { kind: 'file', hash: eicar.MD5 }],
    ];
    for (const [entry] of values) {
      const excluded = values.filter(([, object]) => compileExclusions([entry]).excludes(object));
      expect(excluded.map(([own]) => own)).toEqual([entry]);
    }
  });

  it('is compiled or refused, and never fails otherwise, whatever the entry and the URL', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl(), fc.ipV4(), fc.ipV6(), fc.domain()),
        fc.oneof(fc.string(), fc.webUrl({ withFragments: true, withQueryParameters: true })),
        (entry, url) => {
          fc.pre(entry.trim() !== '');
          try {
            expect(typeof compileExclusions([entry.trim()]).excludes({ kind: 'url', url })).toBe('boolean');
          } catch (error) {
            expect(error).toBeInstanceOf(ConnectorError);
          }
        },
      ),
    );
  });

  it('a URL that is listed is excluded with everything behind it', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.stringMatching(/^[a-z0-9/]{0,8}$/), (url, rest) => {
        expect(compileExclusions([url]).excludes({ kind: 'url', url: `${url}/${rest}` })).toBe(true);
      }),
    );
  });
});
