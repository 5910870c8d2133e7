import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { guiLink } from './gui-link.js';

describe('guiLink', () => {
  it('links a file by its SHA-256', () => {
    expect(guiLink('file', '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f')).toBe(
      'https://www.virustotal.com/gui/file/275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
    );
  });

  it('writes ip-address with a hyphen, unlike the API', () => {
    expect(guiLink('ip_address', '192.0.2.7')).toBe('https://www.virustotal.com/gui/ip-address/192.0.2.7');
  });

  it('keeps the colons of an IPv6 address readable', () => {
    expect(guiLink('ip_address', '2001:db8::7')).toBe(
      'https://www.virustotal.com/gui/ip-address/2001:db8::7',
    );
  });

  it('leaves a host alone that contains a word of the API path', () => {
    expect(guiLink('domain', 'files.api.example.com')).toBe(
      'https://www.virustotal.com/gui/domain/files.api.example.com',
    );
  });

  it('links a URL by its id', () => {
    expect(guiLink('url', 'bf9f64c701d7f07f0d1d1a82e585fa7c94d4f6784c000bd411075bf0b12eb46e')).toBe(
      'https://www.virustotal.com/gui/url/bf9f64c701d7f07f0d1d1a82e585fa7c94d4f6784c000bd411075bf0b12eb46e',
    );
  });

  it('percent-encodes what would leave the segment', () => {
    expect(guiLink('domain', '../a b?c#d')).toBe('https://www.virustotal.com/gui/domain/..%2Fa%20b%3Fc%23d');
  });

  it('always gives one parsable link under the page of its kind, whatever the id', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom('\uD800', '\uDC00', ''),
        (id, lone) => {
          const link = guiLink('url', id + lone);
          expect(new URL(link).origin).toBe('https://www.virustotal.com');
          expect(link.split('/')).toHaveLength(6);
        },
      ),
    );
  });
});
