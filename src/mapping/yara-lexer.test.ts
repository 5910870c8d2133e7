import { describe, expect, it } from 'vitest';

import { YaraLexer, type Token } from './yara-lexer.js';

function tokensOf(source: string): Token[] {
  const lexer = new YaraLexer(source);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) tokens.push(token);
  return tokens;
}

/** Kind and value of each token. */
function shapesOf(source: string): string[] {
  return tokensOf(source).map(({ kind, value }) => (value === '' ? kind : `${kind} ${value}`));
}

describe('YaraLexer', () => {
  it.each([
    ['rule a_1', ['word rule', 'word a_1']],
    ['12 0x1F 1MB', ['number 12', 'number 0x1F', 'number 1MB']],
    ['1.5 1..2', ['number 1', 'sign .', 'number 5', 'number 1', 'range', 'number 2']],
    ['$a #a @a !a $', ['other', 'other', 'other', 'other', 'sign $']],
    ['= == != <= >= < !', ['sign =', 'other', 'other', 'other', 'other', 'sign <', 'sign !']],
    ['"a // b" "c\\"d" "\\\\"', ['text a // b', 'text c\\"d', 'text \\\\']],
    ['""', ['text']],
    ['"""a\nb \\" c""" d', ['broken', 'word d']],
    ['"""a"b"', ['text', 'text a', 'word b', 'broken']],
    ['/a\\/b"{/is /c/', ['other', 'other']],
    ['a // b\nc /* d\n */ e', ['word a', 'word c', 'word e']],
    ['a\r\n\tb', ['word a', 'word b']],
    ['\uFEFFa\u00A0b\fcé', ['broken', 'word a', 'broken', 'word b', 'broken', 'word c', 'broken']],
  ])('reads %j', (source, shapes) => {
    expect(shapesOf(source)).toEqual(shapes);
  });

  it.each([
    ['a text', '"a\nb', ['broken', 'word b']],
    ['a text behind a backslash', '"a\\\nb', ['broken', 'word b']],
    ['a regular expression', '/a\nb', ['broken', 'word b']],
    ['a text at the end', '"a\\', ['broken']],
    ['a comment', 'a /* b', ['word a', 'broken']],
  ])('goes on where it notices that %s is never closed', (_, source, shapes) => {
    expect(shapesOf(source)).toEqual(shapes);
  });

  it('says where each token begins', () => {
    expect(tokensOf(' a "b" /* c */ {').map((token) => token.start)).toEqual([1, 3, 15]);
  });

  it.each([
    ['00 ?F ~1? [2-4] ( 01 | 02 ) } rest', true, 'rest'],
    ['00 /* } */ 01 // }\n 02 } rest', true, 'rest'],
    ['00 zz } rest', false, 'zz'],
    ['00 ', false, ''],
    ['00 /* } rest', false, ''],
  ])('skips the hex string %j as far as it is one', (source, whole, next) => {
    const lexer = new YaraLexer(source);
    expect(lexer.skipHexString()).toBe(whole);
    expect(lexer.next().value).toBe(next);
  });
});
