import { describe, expect, it } from 'vitest';
import { matchesAny } from './wildcard.js';

describe('patterns', () => {
  it.each([
    ['peexe', 'peexe', true],
    ['peexe', 'PEEXE', true],
    ['peexe', 'pe', false],
    ['cve-2017-11882', 'cve-*', true],
    ['cve', 'cve-*', false],
    ['runtime-modules', '*-modules', true],
    ['detect-debug-environment', 'detect-*-environment', true],
    ['detect-environment', 'detect-*-environment', false],
    ['aba', 'ab*ba', false],
    ['abba', 'ab*ba', true],
    ['abcabc', '*b*c', true],
    ['abcabd', '*b*c', false],
    ['a.b', 'a?b', false],
    ['anything', '*', true],
    ['', '*', true],
    ['', '', true],
    ['aab', 'a**b', true],
  ])('%j against %j: %s', (text, pattern, expected) => {
    expect(matchesAny(text, ['no-such', pattern])).toBe(expected);
  });

  it('match nothing when there are none', () => {
    expect(matchesAny('peexe', [])).toBe(false);
  });
});
