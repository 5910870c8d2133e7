import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.js';

describe('plainText', () => {
  it('turns line breaks and runs of white space into one blank', () => {
    expect(plainText('  a\r\n\tb\u2028c\u0085d  ', 100)).toBe('a b c d');
  });

  it('drops control characters, bidirectional marks, zero-width characters and lone surrogates', () => {
    expect(plainText('in\u0000vo\u202Eice\u200B\uD800.exe\u001B[0m', 100)).toBe('invoice.exe[0m');
  });

  it('keeps letters of every script and whole emoji', () => {
    expect(plainText('Отчёт 報告 😀', 100)).toBe('Отчёт 報告 😀');
  });

  it('cuts long text and says so', () => {
    expect(plainText('abcdefghij', 5)).toBe('abcd…');
  });

  it('never cuts a surrogate pair in two', () => {
    expect(plainText('abc😀def', 5)).toBe('abc…');
  });

  it('gives one clean line of at most the wanted length for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const line = plainText(text, 50);
        expect(line.length).toBeLessThanOrEqual(50);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(line).toBe(line.trim());
      }),
    );
  });

  it('looks at the beginning of a long text only, and says that it is cut', () => {
    expect(plainText(`a${' '.repeat(1_000_000)}b`, 10)).toBe('a…');
  });

  it('does to any text what the expressions say', () => {
    const said = (text: string): string =>
      text
        .replace(/[\s\u0085]+/gu, ' ')
        .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
        .replace(/ {2,}/gu, ' ')
        .trim();
    const odd = fc.constantFrom(
      '\u202e',
      '\0',
      '\ud800',
      '\udc00',
      '\u{1f4a3}',
      '\u{e0041}',
      ' ',
      '\u2028',
      '\ufeff',
      '\u0085',
    );
    const character = fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 1 }), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(character), (characters) => {
        const text = characters.join('');
        expect(plainText(text, 1000)).toBe(said(text));
      }),
    );
  });

  it('cuts a long text as if all of it had been looked at', () => {
    const text = fc.array(fc.constantFrom('\u202e', 'a', ' ', '\u{1f4a3}', '\ud800', '\n\n'), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (characters, maxLength) => {
        const whole = characters.join('');
        const line = plainText(whole, whole.length + 1);
        const shown = `${line.slice(0, maxLength - 1).replace(/\p{Cs}$/u, '')}…`;
        expect(plainText(whole, maxLength)).toBe(line.length > maxLength ? shown : line);
      }),
    );
  });
});
