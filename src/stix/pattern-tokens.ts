/**
 * A token of a STIX pattern (STIX 2.1 §9).
 *
 * - `path`: an object path, `file:hashes.'SHA-256'`: the object type in lower case and the steps behind the colon.
 * - `text`: a string literal, unescaped.
 * - `word`: a keyword, a number, the prefix of a typed literal.
 * - `symbol`: one of `[ ] ( ) ,`, or an operator; `==` is given as `=`, and what has no meaning as itself.
 */
export type Token =
  | { readonly kind: 'path'; readonly objectType: string; readonly steps: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'symbol'; readonly symbol: string };

const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*(?:[^]*?\*\/|[^]*)/y;
const OPERATOR = /==|!=|<>|<=|>=|[^]/y;
const WORD = /[\w.+-]+/y;
const OBJECT_TYPE = /[A-Za-z][\w-]*:/y;
const STEP = /[\w-]+/y;
const INDEX = /\[(?:\d+|\*)\]/y;

/**
 * Reads any text as a STIX pattern; it never throws, and takes time in proportion to the length. A string that
 * does not end is left out with all that follows it.
 */
export function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  const reader = new Reader(pattern);
  while (!reader.atEnd) {
    if (reader.take(SPACE) !== undefined || reader.take(COMMENT) !== undefined) continue;
    if (reader.peek === "'") {
      const text = reader.takeQuoted();
      if (text === undefined) break;
      tokens.push({ kind: 'text', text });
      continue;
    }
    const objectType = reader.take(OBJECT_TYPE);
    if (objectType !== undefined) {
      tokens.push({
        kind: 'path',
        objectType: objectType.slice(0, -1).toLowerCase(),
        steps: takeSteps(reader),
      });
      continue;
    }
    const word = reader.take(WORD);
    if (word !== undefined) {
      tokens.push({ kind: 'word', word });
      continue;
    }
    const symbol = reader.take(OPERATOR) ?? '';
    tokens.push({ kind: 'symbol', symbol: symbol === '==' ? '=' : symbol });
  }
  return tokens;
}

/** `a.b`, `a.'b-c'`, `a[0].b`; an index is a step of its own, so that such a path is never taken for a plain one. */
function takeSteps(reader: Reader): string[] {
  const steps: string[] = [];
  for (;;) {
    const step = reader.peek === "'" || reader.peek === '"' ? reader.takeQuoted() : reader.take(STEP);
    if (step === undefined) return steps;
    steps.push(step);
    for (let index = reader.take(INDEX); index !== undefined; index = reader.take(INDEX)) steps.push(index);
    if (reader.peek !== '.') return steps;
    reader.skip();
  }
}

/** A position in a text. */
class Reader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  get peek(): string | undefined {
    return this.#text[this.#position];
  }

  skip(): void {
    this.#position += 1;
  }

  /** What the sticky expression matches here, if it does. */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#position;
    const match = expression.exec(this.#text)?.[0];
    if (match !== undefined) this.#position += match.length;
    return match;
  }

  /**
   * A quoted text, unescaped: a backslash makes the quote or the backslash behind it plain; before anything else
   * it stands for itself. `undefined` when the end is missing; nothing is taken then.
   */
  takeQuoted(): string | undefined {
    const quote = this.peek;
    let text = '';
    for (let at = this.#position + 1; at < this.#text.length; at += 1) {
      const character = this.#text[at] ?? '';
      if (character === quote) {
        this.#position = at + 1;
        return text;
      }
      const next = this.#text[at + 1] ?? '';
      if (character === '\\' && (next === '\\' || next === quote)) {
        text += next;
        at += 1;
      } else {
        text += character;
      }
    }
    return undefined;
  }
}
