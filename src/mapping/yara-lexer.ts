/**
 * What a token is to the parser; `range` is `..`, `broken` a text, regular expression or comment that is never closed,
 * or what libyara does not read: characters beyond ASCII outside of texts, and the multi-line texts of YARA-X.
 */
export type TokenKind = 'word' | 'number' | 'text' | 'range' | 'sign' | 'other' | 'broken' | 'end';

/** A piece of YARA source. */
export interface Token {
  readonly kind: TokenKind;
  /** The word, number or sign itself; the content of a text; else empty. */
  readonly value: string;
  readonly start: number;
}

/** Splits YARA source into what matters here; comments and blanks vanish. Accepts no more than libyara's own lexer. */
export class YaraLexer {
  position = 0;

  constructor(readonly source: string) {}

  next(): Token {
    if (!this.skipBlanks()) return this.fault(this.source.length);
    const start = this.position;
    const character = this.source.charAt(start);
    if (character === '') return { kind: 'end', value: '', start };
    if (character === '"') return this.text(start);
    if (character === '/') return this.regularExpression(start);
    if (isWordCharacter(character)) {
      this.skipWord(start + 1);
      return this.token(isDigit(character) ? 'number' : 'word', start, this.position);
    }
    this.position = start + 1;
    if (character < ' ' || character > '~') return this.fault(start);
    if (character === '.' && this.source.charAt(this.position) === '.') {
      this.position += 1;
      return this.token('range', start);
    }
    if ('$#@!'.includes(character) && isWordCharacter(this.source.charAt(this.position))) {
      this.skipWord(this.position);
      return this.token('other', start);
    }
    // `==`, `!=`, `<=` and `>=` are one token, so that a single `=` is told apart.
    if ('=!<>'.includes(character) && this.source.charAt(this.position) === '=') {
      this.position += 1;
      return this.token('other', start);
    }
    return this.token('sign', start, this.position);
  }

  /** Goes on behind the `}` of a hex string, from behind its `{`; `false` when it is not one. */
  skipHexString(): boolean {
    for (;;) {
      if (!this.skipBlanks()) return false;
      const character = this.source.charAt(this.position);
      if (character === '' || !hexStringCharacters.includes(character)) return false;
      this.position += 1;
      if (character === '}') return true;
    }
  }

  private token(kind: TokenKind, start: number, end = start): Token {
    return { kind, value: this.source.slice(start, end), start };
  }

  /** The fault was noticed at the current position, where the scan goes on. */
  private fault(start: number): Token {
    return { kind: 'broken', value: '', start };
  }

  private text(start: number): Token {
    if (this.source.startsWith('"""', start)) {
      const close = this.endOfMultilineText(start + 3);
      this.position = close ?? start + 2;
      return close === undefined ? { kind: 'text', value: '', start } : this.fault(start);
    }
    if (!this.quoted(start, '"')) return this.fault(start);
    return { kind: 'text', value: this.source.slice(start + 1, this.position - 1), start };
  }

  /**
   * Where YARA-X's `"""` text ends whose content begins here: it holds no bare quote. `undefined` when it is none:
   * then the first two quotes are an empty text.
   */
  private endOfMultilineText(from: number): number | undefined {
    let position = from;
    for (; position < this.source.length; position += 1) {
      const character = this.source.charAt(position);
      if (character === '\\') position += 1;
      else if (character === '"')
        return this.source.startsWith('""', position + 1) ? position + 3 : undefined;
    }
    return undefined;
  }

  private regularExpression(start: number): Token {
    if (!this.quoted(start, '/')) return this.fault(start);
    while ('is'.includes(this.source.charAt(this.position) || '-')) this.position += 1;
    return this.token('other', start);
  }

  /** Goes on behind the closing quote of a text or regular expression; `false` at the end of the line. */
  private quoted(start: number, quote: string): boolean {
    const end = quote.charCodeAt(0);
    this.position = start + 1;
    for (; this.position < this.source.length; this.position += 1) {
      const code = this.source.charCodeAt(this.position);
      if (code === NEWLINE) return false;
      if (code === BACKSLASH && this.source.charCodeAt(this.position + 1) !== NEWLINE) this.position += 1;
      else if (code === end) {
        this.position += 1;
        return true;
      }
    }
    this.position = this.source.length;
    return false;
  }

  private skipWord(from: number): void {
    this.position = from;
    while (isWordCharacter(this.source.charAt(this.position))) this.position += 1;
  }

  /** Skips white space and comments; `false` when a comment is never closed. */
  private skipBlanks(): boolean {
    for (;;) {
      const code = this.source.charCodeAt(this.position);
      if (code === SPACE || code === TAB || code === NEWLINE || code === RETURN) this.position += 1;
      else if (code !== SLASH) return true;
      else if (this.source.startsWith('//', this.position)) {
        const newline = this.source.indexOf('\n', this.position);
        this.position = newline === -1 ? this.source.length : newline + 1;
      } else if (this.source.startsWith('/*', this.position)) {
        const close = this.source.indexOf('*/', this.position + 2);
        this.position = close === -1 ? this.source.length : close + 2;
        if (close === -1) return false;
      } else return true;
    }
  }
}

const [SPACE, TAB, NEWLINE, RETURN, SLASH, BACKSLASH] = [0x20, 0x09, 0x0a, 0x0d, 0x2f, 0x5c];
const hexStringCharacters = '0123456789abcdefABCDEF?~-|[]()}';

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function isWordCharacter(character: string): boolean {
  return (
    (character >= 'a' && character <= 'z') ||
    (character >= 'A' && character <= 'Z') ||
    isDigit(character) ||
    character === '_'
  );
}
