import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defang } from './defang.js';

describe('a defanged value', () => {
  it.each([
    ['domain', 'evil.example.com', 'evil[.]example[.]com'],
    ['ipv4', '198.51.100.7', '198[.]51[.]100[.]7'],
    ['ipv6', '2001:db8::1', '2001[:]db8[:][:]1'],
    ['url', 'https://evil.example/a.b?c=d.e', 'hxxps://evil[.]example/a.b?c=d.e'],
    ['url', 'evil.example/a.b', 'evil[.]example/a.b'],
    ['md5', 'd41d8cd98f00b204e9800998ecf8427e', 'd41d8cd98f00b204e9800998ecf8427e'],
  ] as const)('of the %s %s is %s', (type, value, expected) => {
    expect(defang(type, value)).toBe(expected);
  });

  it('of any URL is no link any more', () => {
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        const safe = defang('url', url);
        expect(safe).toMatch(/^hxxps?:\/\//);
        expect(safe.split('/')[2]).not.toMatch(/[^[]\./);
      }),
    );
  });
});
