import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextSeal } from './sealed-text.js';

const secret = randomBytes(32);
const key = '0123456789abcdef'.repeat(4);

describe('a sealed text', () => {
  it('is opened by whoever has the secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(new TextSeal(secret, 'key').open(new TextSeal(secret, 'key').seal(text))).toBe(text);
      }),
    );
  });

  it('shows nothing of the text, and is never the same twice', () => {
    const seal = new TextSeal(secret, 'key');
    const [one, other] = [seal.seal(key), seal.seal(key)];
    expect(one).not.toBe(other);
    expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain(key.slice(0, 16));
  });

  it.each([
    ['another secret', new TextSeal(randomBytes(32), 'key')],
    ['another purpose', new TextSeal(secret, 'session')],
  ])('is not opened with %s', (_, other) => {
    expect(other.open(new TextSeal(secret, 'key').seal(key))).toBeUndefined();
  });

  it('is not opened when any part of it was changed', () => {
    const seal = new TextSeal(secret, 'key');
    const parts = seal.seal(key).split('.');
    for (const [index, part] of parts.entries()) {
      const changed = parts.with(index, part.startsWith('A') ? `B${part.slice(1)}` : `A${part.slice(1)}`);
      expect(seal.open(changed.join('.'))).toBeUndefined();
      expect(seal.open(parts.toSpliced(index, 1).join('.'))).toBeUndefined();
      expect(seal.open(parts.with(index, '').join('.'))).toBeUndefined();
    }
  });

  it('is not opened when it is anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(new TextSeal(secret, 'key').open(text)).toBeUndefined();
      }),
    );
  });

  it('needs a secret that keeps it', () => {
    expect(() => new TextSeal(randomBytes(16), 'key')).toThrow('at least 32 bytes');
  });
});
