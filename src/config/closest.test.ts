import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest, editDistance } from './closest.js';

describe('closest', () => {
  it.each([
    ['max_tpl', 'max_tlp'],
    ['VIRUSTOTAL_TOKN', 'VIRUSTOTAL_TOKEN'],
    ['tokne', 'token'],
  ])('finds for %s the name %s', (word, name) => {
    expect(closest(word, ['scope', 'token', 'max_tlp', 'VIRUSTOTAL_TOKEN'])).toBe(name);
  });

  it('suggests nothing for a word that resembles none', () => {
    expect(closest('colour', ['scope', 'token'])).toBeUndefined();
  });

  it('ignores upper and lower case', () => {
    expect(closest('IPV4-ADDR', ['Url', 'IPv4-Addr'])).toBe('IPv4-Addr');
  });
});

describe('editDistance', () => {
  it.each([
    ['', 'abc', 3],
    ['token', 'tokne', 1],
    ['kitten', 'sitting', 3],
  ])('from %j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is symmetric, and zero only for equal words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
