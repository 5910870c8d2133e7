import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cell, codeSpan, composeNote, dateText, inlineText, table } from './note-markdown.js';

/** Splits a row as GitHub Flavored Markdown does: a backslash takes the next character along. */
function splitRow(line: string): string[] {
  return line.replace(/\\[^]/gu, '').split('|');
}

/** What a reader sees of escaped text. */
function unescape(markdown: string): string {
  return markdown
    .replace(/\\([!-/:-@[-`{-~])/gu, '$1')
    .replace(/&lt;/gu, '<')
    .replace(/&gt;/gu, '>')
    .replace(/&amp;/gu, '&');
}

describe('inlineText', () => {
  it.each([
    ['pipes', 'a|b', 'a\\|b'],
    ['backslashes before pipes', 'a\\|b', 'a\\\\\\|b'],
    ['backticks', '`rm`', '\\`rm\\`'],
    ['links', '[x](y)', '\\[x\\](y)'],
    ['emphasis', '**a** _b_ ~c~', '\\*\\*a\\*\\* \\_b\\_ \\~c\\~'],
    ['HTML', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['entities', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['line breaks', 'a\nb\r\nc', 'a b c'],
    ['NUL and right-to-left marks', 'a\u0000b\u202Ec', 'abc'],
  ])('escapes %s', (_, text, expected) => {
    expect(inlineText(text)).toBe(expected);
  });

  it('takes links apart, so that nothing harmful is one click away', () => {
    expect(inlineText('see HTTPS://evil.example/a and _WWW.evil.example')).toBe(
      'see HTTPS\\[:\\]//evil.example/a and \\_WWW\\[.\\]evil.example',
    );
  });

  it.each([
    ['mail a.b+c@evil.example.com', 'mail a.b+c\\[@\\]evil.example.com'],
    ['MailTo:a@evil.example.com', 'MailTo\\[:\\]a\\[@\\]evil.example.com'],
    ['xmpp:a@evil.example.com/room', 'xmpp\\[:\\]a\\[@\\]evil.example.com/room'],
    ['a @ b, @c and d@e', 'a @ b, @c and d@e'],
  ])('takes addresses apart, which become links as well: %j', (text, expected) => {
    expect(inlineText(text)).toBe(expected);
  });

  it('cuts a result of 10,000 characters', () => {
    expect(inlineText('x'.repeat(10_000))).toBe(`${'x'.repeat(299)}…`);
  });
});

describe('cell', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['empty text', ''],
    ['text without a visible character', '\u0000\u200B \n'],
    ['an empty list', []],
    ['a list of empty texts', ['', '\u0000']],
    ['an invalid date', new Date('nonsense')],
    ['NaN', NaN],
  ])('shows %s as N/A', (_, value) => {
    expect(cell(value)).toBe('N/A');
  });

  it.each([
    ['0', 0, '0'],
    ['-3', -3, '-3'],
    ['false', false, 'false'],
    ['true', true, 'true'],
    ['the text 0', '0', '0'],
    ['the start of the epoch', new Date(0), '1970-01-01 00:00:00 UTC'],
  ])('shows %s as a value', (_, value, expected) => {
    expect(cell(value)).toBe(expected);
  });

  it('joins lists and leaves out what would make them too long', () => {
    expect(cell(['a|b', '', 'c'])).toBe('a\\|b, c');
    expect(cell(['x'.repeat(300), 'y'.repeat(300), 'z'])).toBe(`${'x'.repeat(300)}, ${'y'.repeat(300)}, …`);
  });

  it('keeps code spans as they are', () => {
    expect(cell(codeSpan('a_b'))).toBe('`a_b`');
  });
});

describe('codeSpan', () => {
  it('percent-encodes what would end the span or the cell', () => {
    expect(codeSpan('https://example.com/`|?q=1')).toEqual({
      markdown: '`https://example.com/%60%7C?q=1`',
      text: 'https://example.com/`|?q=1',
    });
  });

  it.each([undefined, '', '\u0000'])('is nothing for %j', (text) => {
    expect(codeSpan(text)).toBeUndefined();
  });
});

describe('dateText', () => {
  it('is in UTC, to the second', () => {
    expect(dateText(new Date('2025-08-07T07:47:58.123Z'))).toBe('2025-08-07 07:47:58 UTC');
  });
});

describe('table', () => {
  it('writes a heading and one line for each row', () => {
    expect(
      table(
        ['Engine', 'Result'],
        [
          ['A|B', undefined],
          ['C', 0],
        ],
      ),
    ).toEqual(['| Engine | Result |', '| --- | --- |', '| A\\|B | N/A |', '| C | 0 |']);
  });

  it('fills rows that are too short', () => {
    expect(table(['A', 'B'], [['x']])[2]).toBe('| x | N/A |');
  });

  it('keeps its structure whatever text is in any cell', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({
        unit: fc.constantFrom('|', '\\', '`', '\n', '\r', '<', '&', '[', ']', '*', ' ', 'a'),
        maxLength: 60,
      }),
    );
    const value = fc.oneof(
      text,
      text.map((item) => codeSpan(item)),
      fc.array(text, { maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { maxLength: 5 }), (rows) => {
        const lines = table(['a', 'b', 'c'], rows).join('\n').split('\n');
        expect(lines).toHaveLength(rows.length + 2);
        for (const line of lines) expect(splitRow(line)).toHaveLength(5);
      }),
      { numRuns: 300 },
    );
  });

  it('shows printable text unchanged to the reader', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 100 }), (text) => {
        fc.pre(!/:\/\/|www\.|mailto:|xmpp:|@/iu.test(text));
        const visible = text.replace(/ +/gu, ' ').trim();
        expect(unescape(inlineText(text))).toBe(visible);
      }),
    );
  });
});

describe('composeNote', () => {
  it('puts an empty line between blocks and leaves out empty ones', () => {
    expect(composeNote([['a', 'b'], [], ['c']])).toBe('a\nb\n\nc');
  });

  it('cuts a note that is too long between two lines and says so', () => {
    const row = `| ${'x'.repeat(96)} |`;
    const content = composeNote([['head'], Array.from({ length: 2000 }, () => row)]);
    const lines = content.split('\n');
    expect(content.length).toBeLessThan(100_100);
    expect(lines.at(-1)).toBe('*The rest is left out: this note got too long.*');
    expect(lines.at(-2)).toBe('');
    expect(lines.at(-3)).toBe(row);
    expect(lines).toHaveLength(994);
  });
});
