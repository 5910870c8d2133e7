import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.js';

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('evil.com, münchen.de')],
    ['UTF-8 with its mark', Buffer.from('\uFEFFevil.com, münchen.de')],
    ['UTF-16 with its mark', Buffer.from('\uFEFFevil.com, münchen.de', 'utf16le')],
    ['UTF-16 without', Buffer.from('evil.com, münchen.de', 'utf16le')],
    ['big-endian UTF-16', Buffer.from('\uFEFFevil.com, münchen.de', 'utf16le').swap16()],
    ['big-endian UTF-16 without its mark', Buffer.from('evil.com, münchen.de', 'utf16le').swap16()],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe('evil.com, münchen.de');
  });

  it('reads an empty file, and one of a single byte', () => {
    expect([decodeText(new Uint8Array()), decodeText(Buffer.from('a'))]).toEqual(['', 'a']);
  });
});
